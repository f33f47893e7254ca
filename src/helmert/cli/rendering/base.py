"""`lines`, which every kind of outcome registers its text with, and the plain tables they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch

from helmert.commands.outcome import Outcome


@singledispatch
def lines(outcome: Outcome) -> Iterator[str]:
    """The lines of an outcome, without its `Next:` line."""
    raise NotImplementedError(f"no rendering for {type(outcome).__name__}")


def table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns padded to the same width, two spaces in and between."""
    listed = [list(row) for row in rows]
    widths = [max(len(row[column]) for row in listed) for column in range(len(listed[0]))] if listed else []
    for row in listed:
        yield ("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))).rstrip()
