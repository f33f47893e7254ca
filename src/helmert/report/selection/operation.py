"""What a candidate takes: time, memory and money, and what of the texts it does not even read."""

from __future__ import annotations

from collections.abc import Sequence

from helmert.report import figures
from helmert.report.selection.table import EMPTY, Cell, Column, Table, together, without_empty_columns
from helmert.selection.scorecard import Latency, MonthlyCost, Percentile, Row, Scorecard


def operation_table(card: Scorecard) -> Table | None:
    """Latency, throughput, storage, money and truncation by candidate; None when nothing of it was measured."""
    columns = (
        Column(text="candidate", number=False),
        Column(text="alone: p50, p95, p99"),
        Column(text="under load: p50, p95, p99"),
        Column(text="highest rate"),
        Column(text="bulk"),
        Column(text="vectors"),
        Column(text="in a month"),
        Column(text="truncated"),
    )
    table = Table(columns=columns, rows=tuple(_row(row) for row in card.rows))
    shown = without_empty_columns(table)
    return shown if len(shown.columns) > 1 else None


def cost_table(card: Scorecard) -> Table | None:
    """A month's money by what it is paid for; None when no candidate has a cost."""
    priced = [(row.name, row.cost) for row in card.rows if row.cost is not None]
    if not priced:
        return None
    heads = ("candidate", "queries", "changed documents", "reindex, spread", "storage", "serving", "in all")
    columns = tuple(Column(text=head, number=place > 0) for place, head in enumerate(heads))
    return Table(columns=columns, rows=tuple(_cost_row(name, cost) for name, cost in priced))


def cost_inputs(card: Scorecard) -> tuple[tuple[str, str], ...]:
    """(candidates, sentence) for each input of the costs; what holds for all of them is said once."""
    priced = [row for row in card.rows if row.cost is not None]
    said: dict[str, list[str]] = {}
    for row in priced:
        for sentence in row.cost.basis if row.cost else ():
            said.setdefault(sentence, []).append(row.name)
    shared = [("all", sentence) for sentence, names in said.items() if len(names) == len(priced)]
    own = [(together(names), sentence) for sentence, names in said.items() if len(names) < len(priced)]
    return (*shared, *own)


def latency_notes(card: Scorecard) -> tuple[tuple[str, str], ...]:
    """(candidates, sentences) on what their times depend on."""
    said: dict[str, list[str]] = {}
    for row in card.rows:
        if row.latency is not None and row.latency.note:
            said.setdefault(row.latency.note, []).append(row.name)
    return tuple((together(names), note) for note, names in said.items())


def _row(row: Row) -> tuple[Cell, ...]:
    return (
        Cell(text=row.name),
        _times(row.latency.service) if row.latency and row.latency.service else EMPTY,
        _under_load(row.latency) if row.latency else EMPTY,
        _saturation(row.latency) if row.latency else EMPTY,
        _bulk(row),
        Cell(text=figures.size(row.storage_bytes)) if row.storage_bytes is not None else EMPTY,
        _total(row.cost) if row.cost else EMPTY,
        _truncation(row),
    )


def _times(percentiles: Sequence[Percentile]) -> Cell:
    tail = percentiles[len(percentiles) // 2]
    return Cell(
        text=" · ".join(figures.milliseconds(each.seconds) for each in percentiles),
        small=(f"p{100 * tail.q:g} {figures.span(tail.low, tail.high)}",),
    )


def _under_load(latency: Latency) -> Cell:
    if latency.offered is None:
        return EMPTY
    at = f"at {figures.rate(latency.offered)}"
    if not latency.arriving:
        return Cell(text="the queue grows", small=(at, f"{latency.failed:,} of {latency.sent:,} not answered"))
    cell = _times(latency.arriving)
    failed = f"{latency.failed:,} of {latency.sent:,} not answered" if latency.failed else f"{latency.sent:,} queries"
    return Cell(text=cell.text, small=(f"{at}, {failed}", *cell.small))


def _saturation(latency: Latency) -> Cell:
    if latency.budget is None:
        return EMPTY
    within = f"p95 within {figures.milliseconds(latency.budget)}"
    if latency.saturation is None:
        return Cell(text="no tried rate", small=(within,))
    return Cell(text=figures.rate(latency.saturation), small=(within,))


def _bulk(row: Row) -> Cell:
    if row.bulk is None:
        return EMPTY
    rate = row.bulk.tokens_per_second
    if rate is None:
        return Cell(text="was on disk", faint=True)
    return Cell(text=f"{rate:,.0f} tokens/s", small=(row.bulk.basis,))


def _truncation(row: Row) -> Cell:
    found = row.truncation
    if found is None:
        return EMPTY
    if found.limit is None:
        return Cell(text="no limit")
    if not found.documents and not found.queries:
        return Cell(text="none", small=(f"limit {found.limit:,} tokens",))
    return Cell(
        text=f"{found.documents:,} documents",
        small=(
            f"{found.queries:,} queries; limit {found.limit:,} tokens",
            f"{figures.share(found.tokens_lost)} of all tokens unread",
        ),
    )


def _cost_row(name: str, cost: MonthlyCost) -> tuple[Cell, ...]:
    parts = (cost.queries, cost.documents, cost.reindex, cost.storage, cost.serving)
    return (Cell(text=name), *(_part(part, cost.currency) for part in parts), _total(cost))


def _part(amount: float, currency: str) -> Cell:
    """A part of a month's money. One of 0 was not measured to be 0: nobody stated what it would be paid for."""
    return Cell(text=figures.money(amount, currency)) if amount else EMPTY


def _total(cost: MonthlyCost) -> Cell:
    if cost.configured:
        return Cell(text=figures.money(cost.total, cost.currency))
    return Cell(text="not known", small=("no volume or price is configured",), faint=True)
