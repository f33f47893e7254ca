"""What a set of queries can find, as lines of plain text."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.cli.rendering.base import lines, table
from helmert.commands.power import PowerEstimated, PowerRow


@lines.register
def _(outcome: PowerEstimated) -> Iterator[str]:
    if outcome.queries is not None and outcome.effective is not None:
        worth = (
            "" if outcome.effective > outcome.queries - 0.5 else f", worth {outcome.effective:,.0f} independent ones"
        )
        yield f"With {outcome.queries:,} queries{worth}, found in {100 * outcome.power:g}% of all cases:"
        yield from table(
            [("pair", "sd", "smallest difference"), *(_found(row) for row in outcome.rows if row.detectable)]
        )
    yield (
        "Independent queries needed to show that an equal candidate is not worse by a margin, or that a candidate "
        f"better by it is better ({100 * outcome.level:g}% interval, power {outcome.power:g}):"
    )
    margins = [
        f"{100 * need.margin:g} {'point' if need.margin == 0.01 else 'points'}" for need in outcome.rows[0].needs
    ]
    yield from table([("pair", *margins), *(_needed(row) for row in outcome.rows)])
    for note in outcome.notes:
        yield f"  {note}"


def _found(row: PowerRow) -> tuple[str, ...]:
    return (row.pair, f"{row.sd:.3f}", f"{100 * (row.detectable or 0.0):.1f} points")


def _needed(row: PowerRow) -> tuple[str, ...]:
    return (row.pair, *(f"{max(need.non_inferior, need.superior):,}" for need in row.needs))
