"""What the numbers were made from and how, so that somebody else can make them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from helmert.report import figures
from helmert.selection.scorecard import Scorecard


def facts(card: Scorecard) -> tuple[tuple[str, str], ...]:
    """(label, value) pairs for the top of the page."""
    queries = card.evalset.get("answerable", card.evalset.get("queries"))
    found = list(_winner(card))
    found += [
        ("documents", figures.count(card.documents)),
        ("queries", figures.count(queries) if isinstance(queries, int) else figures.NOTHING),
        ("candidates", figures.count(len(card.rows))),
        ("chosen by", card.primary),
        ("confidence", f"{100 * card.level:g}%"),
        ("evaluation set", str(card.evalset.get("name", figures.NOTHING))),
    ]
    return tuple(found)


def _winner(card: Scorecard) -> Iterator[tuple[str, str]]:
    """What the best showed, and what to expect of it: the winner of many was also lucky."""
    if card.choice is None:
        return
    yield f"{card.primary} of {card.choice.best}", figures.score(card.choice.observed)
    yield "expected on other queries", figures.score(card.choice.expected)
    if card.choice.confirmed is not None:
        yield "confirmed on queries held out", figures.level(card.choice.confirmed)


def origins(card: Scorecard) -> tuple[tuple[str, str], ...]:
    """(what, value) for everything the scorecard was made from: set, corpus, spaces, settings."""
    spaces = [(f"space of {row.name}", row.space) for row in card.rows if row.space]
    return (
        *_flat("evaluation set", card.evalset),
        ("corpus digest", card.corpus_digest),
        ("documents", figures.count(card.documents)),
        *spaces,
        *_flat("", card.settings),
    )


def methods(card: Scorecard) -> tuple[str, ...]:
    """How each number was made, for the numbers that are there."""
    return tuple(_methods(card))


def _methods(card: Scorecard) -> Iterator[str]:
    level = f"{100 * card.level:g}%"
    yield (
        f"Intervals hold the true mean over all such queries in {level} of cases. They are adjusted for small sets "
        "(Agresti and Coull for a mean, Agresti and Min for paired differences), so they are never of zero width."
    )
    if card.contrasts:
        yield (
            "Differences are paired: the same queries for both. p-values are those of the randomisation test that "
            "flips signs. They are adjusted for the number of comparisons: with Holm against the reference, with "
            "Bonferroni against the best, which was picked by the same numbers. The effect is the mean difference over "
            "its standard deviation."
        )
    if any(row.latency for row in card.rows):
        yield (
            "Alone: one query after the other. Under load: queries arrive whether or not earlier ones were answered, "
            "and a query's time counts from the moment it should have been sent. Intervals of percentiles are those of "
            "order statistics; under load they are widened, because neighbours in a queue wait together."
        )
    if card.sweep:
        yield (
            "Ways to store vectors were computed from one embedding pass: cut to fewer dimensions, brought to length "
            "one again, quantised, and searched exactly. The loss is paired with full size in float32."
        )
    if card.slices:
        yield (
            "Pooled values of slices are drawn towards the candidate's mean as far as a slice is small. They are for "
            "reading; decisions rest on the measured ones."
        )
    if card.index_loss:
        yield "Loss of the index: exact search and the store's index over the same vectors and queries, paired."


def _flat(prefix: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{prefix} {key}".strip().replace("_", " ")
        match value:
            case Mapping():
                yield from _flat(name, value)
            case None | "" | [] | ():
                continue
            case str():
                yield name, value
            case bool():
                yield name, "yes" if value else "no"
            case int():
                yield name, f"{value:,}"
            case float():
                yield name, f"{value:,.10g}"
            case Sequence():
                yield name, ", ".join(map(str, value))
            case _:
                yield name, str(value)
