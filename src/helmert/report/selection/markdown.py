"""The scorecard as Markdown: the same sections, tables and numbers as the page, without its charts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from helmert.report import figures
from helmert.report.markdown_text import code_cell, inline, literal, table
from helmert.report.selection import operation, parts, provenance, quality, storing
from helmert.report.selection.table import Cell, Table
from helmert.selection.scorecard import RankedDocument, Regression, Regressions, Scorecard

_INTERVAL = re.compile(r"\\\[([+\N{MINUS SIGN}]?\d[\w ,.+\N{MINUS SIGN}]*)\\\](?![\[(:])")


def render_scorecard_markdown(card: Scorecard) -> str:
    """The whole scorecard as GitHub-flavoured Markdown. Markup in texts is shown, not obeyed."""
    sections = (
        _head(card),
        _warnings(card),
        _choice(card),
        _quality(card),
        _operation(card),
        _storing(card),
        _tabled(f"Slices: {card.primary}", [parts.slice_table(card)]),
        _tabled(f"Languages: {card.primary}", parts.language_tables(card)),
        _tabled("Loss of the index, apart from the model", [parts.index_loss_table(card)]),
        _priors(card),
        *(_regressions(each) for each in card.regressions),
        _tabled("All comparisons", [quality.contrast_table(card)] if card.contrasts else []),
        _costs(card),
        _provenance(card),
    )
    blocks = ["\n".join(lines) for section in sections if (lines := list(section))]
    return "\n\n".join([*blocks, f"Made by Helmert on {figures.moment(card.made_at)}."]) + "\n"


def _head(card: Scorecard) -> Iterator[str]:
    yield f"# {literal(card.title)}"
    yield ""
    yield from (f"- {literal(label)}: **{_number(value)}**" for label, value in provenance.facts(card))


def _warnings(card: Scorecard) -> Iterator[str]:
    if card.warnings:
        yield "## Before you believe a number"
        yield ""
        yield from (f"- {literal(warning)}" for warning in card.warnings)


def _choice(card: Scorecard) -> Iterator[str]:
    if card.choice is None:
        return
    yield f"## Recommended model: {literal(card.choice.recommended)}"
    yield ""
    yield from (f"- {literal(sentence)}" for sentence in card.choice.sentences)


def _quality(card: Scorecard) -> Iterator[str]:
    yield from _tabled("Quality", [quality.quality_table(card)])
    yield from _notes(quality.row_notes(card))


def _operation(card: Scorecard) -> Iterator[str]:
    yield from _tabled("Time, memory and money", [operation.operation_table(card)])
    yield from _notes(operation.latency_notes(card))


def _storing(card: Scorecard) -> Iterator[str]:
    yield from _tabled(f"Dimensions and quantisation: {card.primary}", storing.storing_tables(card))
    yield from _notes(storing.storing_notes(card))


def _priors(card: Scorecard) -> Iterator[str]:
    for sentence, made in parts.prior_tables(card):
        yield "## Leaderboard"
        yield ""
        yield literal(sentence)
        yield from list(_tabled("", [made]))[1:] if made.rows else ()


def _regressions(found: Regressions) -> Iterator[str]:
    yield f"## {found.worse:,} queries got worse: {literal(found.candidate)} against {literal(found.against)}"
    yield ""
    yield f"{found.better:,} got better, {found.unchanged:,} did not change ({literal(found.measure)})."
    for case in found.shown:
        yield ""
        yield f"### {literal(case.text or case.query)}"
        yield ""
        yield f"Query {code_cell(case.query)}: {figures.signed(case.difference)}"
        yield ""
        yield from _side_by_side(case, found)


def _side_by_side(case: Regression, found: Regressions) -> Iterator[str]:
    depth = max(len(case.before), len(case.after))
    yield from table(
        ["rank", literal(found.against), literal(found.candidate)],
        "rll",
        ((str(place + 1), _hit(case.before, place), _hit(case.after, place)) for place in range(depth)),
    )


def _hit(hits: tuple[RankedDocument, ...], place: int) -> str:
    if place >= len(hits):
        return ""
    name = code_cell(hits[place].id)
    return f"{name} (relevant)" if hits[place].relevant else name


def _costs(card: Scorecard) -> Iterator[str]:
    yield from _tabled("Money in a month", [operation.cost_table(card)])
    yield from _notes(operation.cost_inputs(card))


def _provenance(card: Scorecard) -> Iterator[str]:
    yield "## How these numbers were made"
    yield ""
    yield from (f"- {literal(method)}" for method in provenance.methods(card))
    yield ""
    yield from (f"- {literal(what)}: {code_cell(value)}" for what, value in provenance.origins(card))


def _tabled(title: str, tables: Iterable[Table | None]) -> Iterator[str]:
    made = [each for each in tables if each is not None]
    if not made:
        return
    yield f"## {literal(title)}"
    for each in made:
        yield ""
        if each.caption:
            yield f"**{literal(each.caption)}**"
            yield ""
        yield from table(
            [literal(column.text) for column in each.columns],
            "".join("r" if column.number else "l" for column in each.columns),
            ([_cell(cell) for cell in row] for row in each.rows),
        )


def _cell(cell: Cell) -> str:
    badges = [f"**{inline(badge.text)}**" for badge in cell.badges]
    return "; ".join(filter(None, [_number(cell.text), *map(_number, cell.small), *badges]))


def _number(text: str) -> str:
    """A cell's text. Brackets around a number link nowhere and are left as they are, for those who read the source."""
    return _INTERVAL.sub(r"[\1]", inline(text))


def _notes(notes: Iterable[tuple[str, str]]) -> Iterator[str]:
    listed = [f"- {literal(who)}: {literal(note)}" for who, note in notes]
    if listed:
        yield ""
        yield from listed
