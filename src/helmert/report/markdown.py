"""The report as Markdown for a pull request or a chat: the same sections and numbers as the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from helmert.report import figures
from helmert.report.model import MigrationReport, RankedHit, Regression, VersionRow

_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")
_BLOCK_START = re.compile(r"^(\d{0,9})([-+=.)])")
"""What would begin a list, a rule or an underlined heading."""
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render_markdown(report: MigrationReport) -> str:
    """The whole report as GitHub-flavoured Markdown. Markup in queries and documents is shown, not obeyed."""
    sections = (
        _head(report),
        _gate(report),
        _comparison(report),
        _versions(report),
        _mixing(report),
        _timeline(report),
        _regressions(report),
        _next(report),
        _notes(report),
    )
    blocks = ["\n".join(lines) for section in sections if (lines := list(section))]
    return "\n\n".join([*blocks, f"Made by Helmert on {figures.moment(report.generated_at)}."]) + "\n"


def _head(report: MigrationReport) -> Iterator[str]:
    yield f"# {_text(report.title)}"
    yield ""
    yield f"Alias {_code(report.alias)} → {_code(report.serving)}"
    yield ""
    yield _text(report.summary)
    if report.facts:
        yield ""
        yield from (f"- {_text(fact.label)}: **{_text(fact.value)}**" for fact in report.facts)


def _gate(report: MigrationReport) -> Iterator[str]:
    yield f"## Gate: {report.gate.verdict}"
    if report.gate.sentences:
        yield ""
        yield from (f"- {_text(sentence)}" for sentence in report.gate.sentences)


def _comparison(report: MigrationReport) -> Iterator[str]:
    if not report.comparison:
        return
    yield "## Comparison"
    yield ""
    models = (_text(report.incumbent), _text(report.candidate))
    yield from _table(
        ["measure", *models, "difference [interval]", "accepted loss", "verdict"],
        "lrrrrl",
        (
            (
                _text(row.measure),
                figures.score(row.incumbent),
                figures.score(row.candidate),
                figures.change(row.difference),
                "not gated" if row.margin is None else figures.score(row.margin),
                _text(row.verdict.text),
            )
            for row in report.comparison
        ),
    )


def _versions(report: MigrationReport) -> Iterator[str]:
    if not report.versions:
        return
    yield "## Versions"
    yield ""
    yield from _table(
        ["index", "space", "vectors", _text(report.measure), "state"],
        "llrrl",
        (_version_cells(version) for version in report.versions),
    )


def _version_cells(version: VersionRow) -> Sequence[str]:
    recall = "not evaluated" if version.recall is None else figures.level(version.recall)
    return (
        _code_cell(version.name),
        _text(version.space),
        figures.count(version.rows),
        recall,
        _text(version.state.text),
    )


def _mixing(report: MigrationReport) -> Iterator[str]:
    if report.mixing is None:
        return
    yield "## Had the spaces been mixed"
    yield ""
    yield _text(report.mixing.text)
    yield ""
    yield from _table(
        ["search", _text(report.mixing.measure)],
        "lr",
        ((_text(bar.label), figures.level(bar.estimate)) for bar in report.mixing.bars),
    )


def _timeline(report: MigrationReport) -> Iterator[str]:
    if not report.timeline:
        return
    total = sum(stage.seconds for stage in report.timeline)
    yield f"## What was done ({figures.duration(total)} in all)"
    yield ""
    for number, stage in enumerate(report.timeline, start=1):
        time = figures.duration(stage.seconds)
        yield f"{number}. **{_text(stage.title)}** ({time}): {_text(stage.summary)}"


def _regressions(report: MigrationReport) -> Iterator[str]:
    if not report.regressions:
        return
    yield "## Queries that lost most"
    for case in report.regressions:
        yield ""
        yield f"### {_text(case.query)}"
        yield ""
        yield f"Rank {figures.rank(case.rank_before)} → {figures.rank(case.rank_after)}"
        yield ""
        yield from _side_by_side(case, report.incumbent, report.candidate)


def _side_by_side(case: Regression, incumbent: str, candidate: str) -> Iterator[str]:
    depth = max(len(case.before), len(case.after))
    yield from _table(
        ["rank", _text(incumbent), _text(candidate)],
        "rll",
        ((str(place + 1), _hit(case.before, place), _hit(case.after, place)) for place in range(depth)),
    )


def _hit(hits: tuple[RankedHit, ...], place: int) -> str:
    if place >= len(hits):
        return ""
    name = _code_cell(hits[place].id)
    return f"{name} (relevant)" if hits[place].relevant else name


def _next(report: MigrationReport) -> Iterator[str]:
    if not report.next_steps:
        return
    yield "## Next"
    yield ""
    for number, step in enumerate(report.next_steps, start=1):
        yield f"{number}. {_text(step.text)}" + (f" {_code(step.command)}" if step.command else "")


def _notes(report: MigrationReport) -> Iterator[str]:
    if not report.notes:
        return
    yield "## How these numbers were made"
    yield ""
    yield from (f"- {_text(note)}" for note in report.notes)


def _table(head: Sequence[str], align: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; `align` has one letter for each column, `l` or `r`."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join(" ---: " if side == "r" else " --- " for side in align) + "|"
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _text(text: str) -> str:
    """On one line, with Markdown and HTML made harmless."""
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _BLOCK_START.sub(r"\1\\\2", line).translate(_HTML)


def _code(text: str) -> str:
    """A code span that holds any text: one backtick more around it than it has in a row."""
    line = " ".join(text.split())
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line else ""


def _code_cell(text: str) -> str:
    """A code span in a table, where a pipe would end the cell."""
    return _code(text).replace("|", r"\|")
