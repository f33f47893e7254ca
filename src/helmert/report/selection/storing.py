"""Ways to store the vectors as tables: dimensions x quantisation for each candidate."""

from __future__ import annotations

from helmert.report import figures
from helmert.report.badge import Badge
from helmert.report.selection.table import EMPTY, Cell, Column, Table, together
from helmert.selection.scorecard import Cell as Stored
from helmert.selection.scorecard import Quantisation, Scorecard


def storing_tables(card: Scorecard) -> tuple[Table, ...]:
    """One table for each candidate of the sweep, in the order of the scorecard's rows."""
    rows = [row.name for row in card.rows]
    names = sorted(
        {cell.candidate for cell in card.sweep},
        key=lambda name: (rows.index(name) if name in rows else len(rows), name),
    )
    return tuple(_table(card, name) for name in names)


def storing_notes(card: Scorecard) -> tuple[tuple[str, str], ...]:
    """(quantisations or sizes, sentence) for what must be said of the cells; what is said of many is said once."""
    said: dict[str, list[str]] = {}
    for cell in card.sweep:
        if cell.note:
            where = said.setdefault(cell.note, [])
            if (name := f"{cell.candidate} {cell.quantisation}") not in where:
                where.append(name)
    return tuple((together(where), note) for note, where in said.items())


def _table(card: Scorecard, name: str) -> Table:
    cells = {(cell.dims, cell.quantisation): cell for cell in card.sweep if cell.candidate == name}
    dims = sorted({dims for dims, _ in cells}, reverse=True)
    kinds: list[Quantisation] = list(dict.fromkeys(kind for _, kind in cells))
    columns = (Column(text="dims"), *(Column(text=kind) for kind in kinds))
    rows = tuple(
        (Cell(text=f"{size:,}"), *(_cell(card, cells.get((size, kind)), full=dims[0]) for kind in kinds))
        for size in dims
    )
    return Table(columns=columns, rows=rows, caption=name, compact=True)


def _cell(card: Scorecard, cell: Stored | None, *, full: int) -> Cell:
    if cell is None or card.primary not in cell.quality:
        return EMPTY
    searched = cell.searched_bytes
    room = f"{figures.count(round(cell.bytes_per_vector))} B"
    if searched is not None:
        room += f", {figures.count(round(searched))} B of them searched"
    whole = (cell.dims, cell.quantisation) == (full, "float32") and cell.loss.value == 0.0
    lost = "all other cells against this one" if whole else figures.change(cell.loss)
    return Cell(
        text=figures.score(cell.quality[card.primary].value),
        small=(lost, room),
        badges=(Badge(text="front", tone="good"),) if cell.on_front else (),
    )
