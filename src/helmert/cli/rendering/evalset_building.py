"""The verbs that build evaluation sets, as lines of plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helmert.cli.rendering.base import lines, table
from helmert.commands.evalset_building import Built
from helmert.commands.evalset_labelling import Agreed, Labelled, NextPairs

_SHOWN = 60


@lines.register
def _(outcome: Built) -> Iterator[str]:
    contents = outcome.contents
    documents = "" if outcome.documents is None else f" and {outcome.documents:,} documents"
    yield (
        f"Wrote {outcome.path}: {contents['queries']:,} queries, {contents['judgements']:,} judgements{documents}, "
        f"digest {outcome.digest}"
    )
    for sentence in outcome.sentences:
        yield f"  {sentence}"


@lines.register
def _(outcome: NextPairs) -> Iterator[str]:
    for prospect in outcome.prospects:
        yield prospect.sentence
    if not outcome.unjudged:
        yield f"Every document above the cut-off of {outcome.measure} is judged."
        return
    if outcome.finished:
        yield "No label can change any of these verdicts."
    yield f"{len(outcome.pairs):,} of {outcome.unjudged:,} unjudged pairs, by how far {outcome.measure} would move:"
    yield from table(
        [
            ("worth", "query", "document", "ranks", "text"),
            *(
                (f"{pair.worth:.4f}", _cut(query), pair.document, _ranks(pair.ranks), _cut(document))
                for pair, (query, document) in zip(outcome.pairs, outcome.texts, strict=True)
            ),
        ]
    )
    if outcome.written:
        yield f"Written to {outcome.written}."


@lines.register
def _(outcome: Labelled) -> Iterator[str]:
    yield (
        f"{outcome.by} judged {outcome.relevant + outcome.not_relevant:,} pairs of {outcome.path}: "
        f"{outcome.relevant:,} relevant, {outcome.not_relevant:,} not; {outcome.skipped:,} passed over, "
        f"{outcome.left:,} left. Digest {outcome.digest}"
    )


@lines.register
def _(outcome: Agreed) -> Iterator[str]:
    for each in outcome.agreements:
        yield each.sentence
    if not outcome.agreements:
        yield "No two people have judged the same pair."


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN - 1]}…"


def _ranks(ranks: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {rank}" for name, rank in ranks.items())
