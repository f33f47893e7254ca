"""What a gate found, as lines of plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from helmert.cli.rendering.base import lines, table
from helmert.commands.comparing import Compared


@lines.register
def _(outcome: Compared) -> Iterator[str]:
    label = f" ({outcome.label})" if outcome.label else ""
    yield f"{outcome.verdict}{label}: {outcome.candidate} against {outcome.baseline} on {outcome.evalset['name']}"
    head = ("measure", "baseline", "candidate", "difference", "interval", "queries")
    rows = [
        (
            str(one.measure),
            f"{one.incumbent_mean:.4f}" if one.n else "none",
            f"{one.candidate_mean:.4f}" if one.n else "none",
            f"{one.difference:+.4f}" if one.n else "none",
            f"[{one.interval.low:+.3f}, {one.interval.high:+.3f}]",
            f"{one.n:,}",
        )
        for one in outcome.comparisons
    ]
    yield from table([head, *rows])
    yield from (f"  {finding.verdict:<12}  {finding.sentence}" for finding in outcome.decision.findings)
    yield from (f"  note          {note}" for note in outcome.notes)
    for change in outcome.worse:
        values = f"{change.incumbent:.3f} to {change.candidate:.3f}"
        yield f"  worse         {outcome.comparisons[0].measure} of query {change.query_id!r}: {values}"
    yield from (f"Written: {path}" for path in outcome.files)


def judgement_lines(judgement: Mapping[str, object]) -> Iterator[str]:
    """Scores, differences and the gate of an evaluation."""
    scores = judgement.get("scores")
    if isinstance(scores, Sequence):
        yield from table([("measure", "index", "mean", "interval", "queries"), *(_score_row(row) for row in scores)])
    decision = judgement.get("decision")
    if isinstance(decision, Mapping):
        yield f"Gate: {decision['verdict']}"
    for kind in ("sentences", "notes"):
        sentences = judgement.get(kind)
        if isinstance(sentences, Sequence):
            yield from (f"  {sentence}" for sentence in sentences)


def _score_row(row: Mapping[str, object]) -> tuple[str, ...]:
    if row["mean"] is None:
        return (str(row["measure"]), str(row["index"]), "none", "none", "0")
    interval = f"[{row['low']:.3f}, {row['high']:.3f}]"
    return (str(row["measure"]), str(row["index"]), f"{row['mean']:.4f}", interval, f"{row['queries']:,}")
