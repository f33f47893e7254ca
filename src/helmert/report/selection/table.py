"""Tables as values: what the page and the Markdown both show, so that they cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from helmert.report import figures
from helmert.report.badge import Badge, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A dot with its whisker in a table cell; places are percentages of the cell's width."""

    x: float
    low: float
    high: float
    tone: Tone = "quiet"
    hollow: float | None = None
    """A second, hollow mark, as for an estimate drawn towards the mean."""
    ticks: tuple[float, ...] = ()
    """Where the axis has round numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell. In Markdown the parts follow each other; plots and colours are the page's alone."""

    text: str = ""
    small: tuple[str, ...] = ()
    """Further lines below the text, less prominent."""
    badges: tuple[Badge, ...] = ()
    plot: Plot | None = None
    heat: int | None = None
    """Shade from 0 to 9, beside the number that says the same."""
    faint: bool = False
    """Greyed: rests on too little."""


EMPTY = Cell(text=figures.NOTHING, faint=True)
"""Nothing was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The head of a column."""

    text: str
    number: bool = True
    """Aligned to the right."""
    wide: bool = False
    """Takes the room that plots need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells; the first cell of each row is its head."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    compact: bool = False
    """Stays a table on a phone, scrolled sideways: a matrix is not readable as a list."""


def together(names: Iterable[str]) -> str:
    """Names in a row, each kept from changing the direction of the others."""
    return ", ".join(
        name if name.isascii() else f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}" for name in names
    )


def without_empty_columns(table: Table) -> Table:
    """The table without the columns in which no row has anything."""
    kept = [
        place for place in range(len(table.columns)) if place == 0 or any(row[place] != EMPTY for row in table.rows)
    ]
    return Table(
        columns=tuple(table.columns[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in table.rows),
        caption=table.caption,
        compact=table.compact,
    )
