"""Where means hide something: slices, languages, the index, the leaderboard."""

from __future__ import annotations

from dataclasses import replace

from helmert.report import figures
from helmert.report.axis import Axis, Tick
from helmert.report.badge import Badge
from helmert.report.selection.quality import PLOT_TICKS, dot, spread
from helmert.report.selection.table import EMPTY, Cell, Column, Table
from helmert.selection.scorecard import LanguageMatrix, Scorecard, SliceRow

SHADES = 9


def slice_table(card: Scorecard) -> Table | None:
    """Slices x candidates under the primary measure, all plots on one axis; None without slices."""
    if not card.slices:
        return None
    names = [row.name for row in card.rows if any(row.name in part.values for part in card.slices)]
    columns = (Column(text="queries", number=False), *(Column(text=name, number=False, wide=True) for name in names))
    return Table(columns=columns, rows=tuple(_slice_row(card, part, names) for part in card.slices))


def slice_ticks(card: Scorecard) -> tuple[Tick, ...]:
    """Marks of the axis that all plots of the slices share."""
    return _slice_axis(card).ticks(signed=False, wanted=PLOT_TICKS)


def language_tables(card: Scorecard) -> tuple[Table, ...]:
    """For each candidate: query languages x document languages, shaded on one scale for all candidates."""
    values = [estimate.value for matrix in card.languages for estimate in matrix.cells.values()]
    low, high = min(values, default=0.0), max(values, default=1.0)
    return tuple(_language_table(matrix, low, high) for matrix in card.languages)


def index_loss_table(card: Scorecard) -> Table | None:
    """What the approximate index loses, apart from what the model does not find; None when it was not measured."""
    if not card.index_loss:
        return None
    heads = (
        "candidate",
        "store",
        "rows",
        "of the exact ten nearest, found",
        f"{card.primary}, exact",
        f"{card.primary}, through the index",
        "loss of the index",
    )
    columns = tuple(Column(text=head, number=place > 1) for place, head in enumerate(heads))
    rows = tuple(
        (
            Cell(text=loss.candidate),
            Cell(text=loss.store, small=(loss.index_kind,)),
            Cell(text=figures.count(loss.rows)),
            Cell(text=figures.level(loss.found)),
            Cell(text=figures.level(loss.exact)),
            Cell(text=figures.level(loss.approximate)),
            Cell(text=figures.change(loss.difference)),
        )
        for loss in card.index_loss
    )
    return Table(columns=columns, rows=rows)


def prior_tables(card: Scorecard) -> tuple[tuple[str, Table], ...]:
    """For each leaderboard its sentence and its scores beside what was measured here."""
    measured = {row.name: row.quality[card.primary] for row in card.rows if card.primary in row.quality}
    made = []
    for prior in card.priors:
        columns = (
            Column(text="candidate", number=False),
            Column(text=f"leaderboard: {prior.task}"),
            Column(text="place there"),
            Column(text=f"here: {card.primary}"),
            Column(text="place here"),
        )
        ordered = sorted(prior.scores, key=lambda name: (-prior.scores[name], name))
        here = sorted((name for name in ordered if name in measured), key=lambda name: (-measured[name].value, name))
        rows = tuple(
            (
                Cell(text=name),
                Cell(text=f"{prior.scores[name]:,.4g}"),
                Cell(text=str(place)),
                Cell(text=figures.level(measured[name])) if name in measured else EMPTY,
                Cell(text=str(here.index(name) + 1)) if name in measured else EMPTY,
            )
            for place, name in enumerate(ordered, start=1)
        )
        made.append((prior.sentence, Table(columns=columns, rows=rows, caption=prior.source)))
    return tuple(made)


def _slice_axis(card: Scorecard) -> Axis:
    return spread([estimate for part in card.slices for estimate in part.values.values()])


def _slice_row(card: Scorecard, part: SliceRow, names: list[str]) -> tuple[Cell, ...]:
    axis = _slice_axis(card)
    badges = () if part.enough else (Badge(text="too few to read", tone="quiet"),)
    cells = [Cell(text=part.name, small=(f"{part.queries:,} queries",), badges=badges, faint=not part.enough)]
    for name in names:
        estimate, pooled = part.values.get(name), part.pooled.get(name)
        if estimate is None:
            cells.append(EMPTY)
            continue
        plot = dot(estimate, axis)
        if pooled is not None:
            plot = replace(plot, hollow=axis.place(pooled.value))
        small = (f"pooled {figures.score(pooled.value)}",) if pooled is not None else ()
        cells.append(Cell(text=figures.level(estimate), small=small, plot=plot, faint=not part.enough))
    return tuple(cells)


def _language_table(matrix: LanguageMatrix, low: float, high: float) -> Table:
    columns = (
        Column(text="queries ↓ documents →", number=False),
        *(Column(text=language) for language in matrix.document_languages),
        Column(text="top ten in the query's language"),
    )
    rows = []
    for language in matrix.query_languages:
        cells = [Cell(text=language)]
        for other in matrix.document_languages:
            key = f"{language}>{other}"
            estimate = matrix.cells.get(key)
            if estimate is None:
                cells.append(EMPTY)
                continue
            heat = round(SHADES * (estimate.value - low) / (high - low)) if high > low else SHADES
            count = matrix.queries.get(key, 0)
            small = (figures.interval(estimate), f"{count:,} queries")
            cells.append(Cell(text=figures.score(estimate.value), small=small, heat=heat))
        same = matrix.same_language.get(language)
        cells.append(Cell(text=figures.share(same)) if same is not None else EMPTY)
        rows.append(tuple(cells))
    return Table(columns=columns, rows=tuple(rows), caption=matrix.candidate, compact=True)
