"""A scorecard as lines of plain text: the table that people read first."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.cli.rendering.base import lines, table
from helmert.commands.selecting import Selected
from helmert.migration.quantities import duration, size
from helmert.report.figures import money
from helmert.selection.scorecard import Estimate, Row, Scorecard


@lines.register
def _(outcome: Selected) -> Iterator[str]:
    card = outcome.scorecard
    yield f"{card.title}: {card.documents:,} documents, {card.evalset['answerable']:,} queries, {card.primary}"
    heads = ("rank", "candidate", card.primary, "interval", "p95", "cost/month", "storage", "")
    yield from table([heads, *(_row(rank, row, card) for rank, row in enumerate(card.rows, start=1))])
    for row in card.rows:
        if row.failure:
            yield f"  {row.name}: {row.failure}"
    for measure in card.corrected:
        found = {row.name: row.corrected[measure] for row in card.rows if measure in row.corrected}
        told = ", ".join(f"{name} {each.value:.3f} [{each.low:.3f}, {each.high:.3f}]" for name, each in found.items())
        yield f"{measure} corrected from the sample to the whole corpus: {told}."
    unknown = [row.name for row in card.rows if row.cost is not None and not row.cost.configured]
    if unknown:
        yield f"Cost of {', '.join(unknown)}: no volume or price is configured under [selection] or at the model."
    if card.choice is not None:
        yield from card.choice.sentences
    yield from _sweep(card)
    for loss in card.index_loss:
        yield (
            f"Index of {loss.candidate} in {loss.store} ({loss.index_kind}, {loss.rows:,} rows) finds "
            f"{100 * loss.found.value:.1f}% of the ten nearest; {card.primary} {_signed(loss.difference)} against "
            "exact search."
        )
    for known in card.priors:
        yield known.sentence
    for warning in card.warnings:
        yield f"Note: {warning}"
    for file in outcome.files:
        yield f"Written: {file}"


def _row(rank: int, row: Row, card: Scorecard) -> tuple[str, ...]:
    if row.failure:
        return ("-", row.name, "none", "", "", "", "", "failed")
    found = row.quality[card.primary]
    return (
        str(rank),
        row.name,
        f"{found.value:.3f}",
        f"[{found.low:.3f}, {found.high:.3f}]",
        _p95(row),
        _cost(row),
        size(row.storage_bytes) if row.storage_bytes is not None else "-",
        ", ".join(_marks(row, card)),
    )


def _marks(row: Row, card: Scorecard) -> Iterator[str]:
    if row.name == card.reference:
        yield "reference"
    if card.choice is None:
        return
    if row.name == card.choice.recommended:
        yield "recommended"
    elif row.name == card.choice.best:
        yield "best"
    elif row.name in card.choice.tied_with:
        yield "not shown to be worse"


def _cost(row: Row) -> str:
    if row.cost is None:
        return "-"
    return money(row.cost.total, row.cost.currency) if row.cost.configured else "not known"


def _p95(row: Row) -> str:
    """Under load when that was measured, else alone."""
    if row.latency is None:
        return "-"
    measured = row.latency.arriving or row.latency.service
    found = next((each.seconds for each in measured if each.q == 0.95), None)
    if found is None or found == float("inf"):
        return "overloaded"
    return f"{1000 * found:.1f} ms" if found < 1 else duration(found)


def _sweep(card: Scorecard) -> Iterator[str]:
    """What smaller vectors of the recommended candidate lose: those of the front that beat every smaller one."""
    if card.choice is None:
        return
    cells = [cell for cell in card.sweep if cell.candidate == card.choice.recommended and cell.on_front]
    rows: list[tuple[str, ...]] = []
    best = -1.0
    for cell in sorted(cells, key=lambda cell: (cell.bytes_per_vector, -cell.quality[card.primary].value)):
        value = cell.quality[card.primary].value
        if value > best:
            best = value
            bytes_kept = size(cell.bytes_per_vector)
            rows.insert(0, (str(cell.dims), cell.quantisation, bytes_kept, f"{value:.3f}", _signed(cell.loss)))
    if rows:
        yield f"Vectors of {card.choice.recommended} in fewer bytes, and the difference to all of them in float32:"
        yield from table([("dims", "stored as", "a vector", card.primary, "difference"), *rows])


def _signed(value: Estimate) -> str:
    return f"{value.value:+.3f} [{value.low:+.3f}, {value.high:+.3f}]"
