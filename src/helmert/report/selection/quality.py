"""Who finds what: the table of candidates under all measures, with what may be said of each against the others."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.report import figures
from helmert.report.axis import PADDING, SMALLEST_SPREAD, Axis
from helmert.report.badge import Badge
from helmert.report.selection.table import EMPTY, Cell, Column, Plot, Table, without_empty_columns
from helmert.selection.scorecard import Contrast, Estimate, Row, Scorecard

PLOT_TICKS = 3
"""Round numbers marked in a plot that fits into a table cell."""


def quality_table(card: Scorecard) -> Table:
    """One row for each candidate, best first; the primary measure with a plot of its interval."""
    axis = spread([row.quality[card.primary] for row in card.rows if card.primary in row.quality])
    others = [measure for measure in card.measures if measure != card.primary]
    best = card.choice.best if card.choice else ""
    columns = (
        Column(text="candidate", number=False),
        Column(text=card.primary, number=False, wide=True),
        *(Column(text=measure) for measure in others),
        *(Column(text=f"{measure} in the whole corpus") for measure in card.corrected),
        Column(text=f"minus {best}" if best else "minus the best"),
        Column(text=f"minus {card.reference}" if card.reference else "minus the reference"),
        Column(text="judged in the top 10"),
    )
    rows = []
    for row in card.rows:
        rows.append(
            (
                Cell(text=row.name, small=(kind_of(row),), badges=standing(card, row)),
                _primary(row, card, axis),
                *(_measure(row, measure) for measure in others),
                *(_corrected(row, measure) for measure in card.corrected),
                _difference(_last(card, row.name, best)),
                _difference(_first(card, row.name, card.reference)) if card.reference != best else EMPTY,
                EMPTY if row.failure else Cell(text=figures.share(row.judged)),
            )
        )
    return without_empty_columns(Table(columns=columns, rows=tuple(rows)))


def _corrected(row: Row, measure: str) -> Cell:
    return Cell(text=figures.level(row.corrected[measure])) if measure in row.corrected else EMPTY


def contrast_table(card: Scorecard) -> Table:
    """Every comparison that was made."""
    heads = ("candidate", "against", "measure", "difference", "p", "adjusted p", "effect", "better / worse / equal")
    columns = tuple(Column(text=head, number=place > 2) for place, head in enumerate(heads))
    rows = tuple(
        (
            Cell(text=each.candidate),
            Cell(text=each.against),
            Cell(text=each.measure),
            Cell(text=figures.change(each.difference)),
            Cell(text=figures.probability(each.p_value)),
            Cell(text=figures.probability(each.adjusted_p)),
            Cell(text=figures.signed(each.effect)),
            Cell(text=f"{each.wins:,} / {each.losses:,} / {each.ties:,}"),
        )
        for each in card.contrasts
    )
    return Table(columns=columns, rows=rows)


def standing(card: Scorecard, row: Row) -> tuple[Badge, ...]:
    """Where a candidate stands, in words."""
    return tuple(_standing(card, row))


def _standing(card: Scorecard, row: Row) -> Iterator[Badge]:
    if row.failure:
        yield Badge(text="no numbers", tone="bad")
        return
    choice = card.choice
    if choice is not None:
        if row.name == choice.recommended:
            yield Badge(text="recommended", tone="good")
        if row.name == choice.best:
            yield Badge(text="highest mean", tone="good")
        elif row.name in choice.tied_with:
            yield Badge(text="tied with the best", tone="caution")
        elif row.kind == "dense":
            yield Badge(text="worse than the best", tone="quiet")
    if row.kind == "lexical":
        yield Badge(text="baseline", tone="quiet")
        yield from _against_models(card, row)
    elif row.name == card.reference:
        yield Badge(text="live", tone="quiet")
    if row.pool_depth == 0:
        yield Badge(text="not in the pool: upper bound", tone="caution")


def unbeaten_baselines(card: Scorecard) -> tuple[str, ...]:
    """Lexical candidates that are better than the best model, or not shown to be worse: whether a model is needed."""
    return tuple(row.name for row in card.rows if row.kind == "lexical" and any(_against_models(card, row)))


def _against_models(card: Scorecard, row: Row) -> Iterator[Badge]:
    found = _last(card, row.name, card.choice.best) if card.choice else None
    if found is None:
        return
    if found.difference.low > 0.0:
        yield Badge(text="better than every model", tone="caution")
    elif found.difference.high >= 0.0:
        yield Badge(text="not shown to be worse", tone="caution")


def kind_of(row: Row) -> str:
    """`dense, 384 dims, MiniLM, prompt e5`."""
    parts: list[str] = [row.kind]
    if row.dims is not None:
        parts.append(f"{row.dims:,} dims")
    if row.model and row.model != row.name:
        parts.append(row.model)
    if row.prompt:
        parts.append(f"prompt {row.prompt}")
    return ", ".join(parts)


def row_notes(card: Scorecard) -> tuple[tuple[str, str], ...]:
    """(candidate, sentence) for whatever must be said of a single candidate's quality."""
    notes: list[tuple[str, str]] = []
    for row in card.rows:
        if row.failure:
            notes.append((row.name, row.failure))
        for measure, (low, high) in row.tie_range.items():
            ends = f"{figures.score(low)} to {figures.score(high)}"
            notes.append((row.name, f"{measure} is {ends}, depending on the order of equal scores."))
        notes.extend((row.name, note) for note in row.notes)
    return tuple(notes)


def spread(estimates: list[Estimate]) -> Axis:
    """An axis that holds all the intervals, with some room beside them."""
    low = min((estimate.low for estimate in estimates), default=0.0)
    high = max((estimate.high for estimate in estimates), default=1.0)
    room = PADDING * max(high - low, SMALLEST_SPREAD)
    return Axis(low - room, high + room)


def dot(estimate: Estimate, axis: Axis, badge: Badge | None = None) -> Plot:
    """An estimate as a dot with its whisker."""
    return Plot(
        x=axis.place(estimate.value),
        low=axis.place(estimate.low),
        high=axis.place(estimate.high),
        tone=badge.tone if badge else "quiet",
        ticks=tuple(tick.x for tick in axis.ticks(signed=False, wanted=PLOT_TICKS)),
    )


def _primary(row: Row, card: Scorecard, axis: Axis) -> Cell:
    estimate = row.quality.get(card.primary)
    if estimate is None:
        return EMPTY
    badges = standing(card, row)
    return Cell(text=figures.level(estimate), plot=dot(estimate, axis, badges[0] if badges else None))


def _measure(row: Row, measure: str) -> Cell:
    estimate = row.quality.get(measure)
    return Cell(text=figures.level(estimate)) if estimate else EMPTY


def _difference(contrast: Contrast | None) -> Cell:
    if contrast is None:
        return EMPTY
    return Cell(
        text=figures.change(contrast.difference), small=(f"adjusted p {figures.probability(contrast.adjusted_p)}",)
    )


def _matching(card: Scorecard, candidate: str, against: str) -> list[Contrast]:
    return [
        each
        for each in card.contrasts
        if (each.candidate, each.against, each.measure) == (candidate, against, card.primary)
    ]


def _first(card: Scorecard, candidate: str, against: str) -> Contrast | None:
    """The comparison with the reference: these come first, adjusted with Holm."""
    found = _matching(card, candidate, against)
    return found[0] if found else None


def _last(card: Scorecard, candidate: str, against: str) -> Contrast | None:
    """The comparison with the best: these come last, adjusted for the best having been picked."""
    found = _matching(card, candidate, against)
    return found[-1] if found else None
