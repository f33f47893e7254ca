"""The report as Markdown for a pull request or a chat: the same sections and numbers as the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helmert.report import figures
from helmert.report.markdown_text import code, code_cell, literal, table
from helmert.report.migration.model import MigrationReport, RankedHit, Regression, VersionRow


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
    yield f"# {literal(report.title)}"
    yield ""
    yield f"Alias {code(report.alias)} → {code(report.serving)}"
    yield ""
    yield literal(report.summary)
    if report.facts:
        yield ""
        yield from (f"- {literal(fact.label)}: **{literal(fact.value)}**" for fact in report.facts)


def _gate(report: MigrationReport) -> Iterator[str]:
    yield f"## Gate: {report.gate.verdict}"
    if report.gate.sentences:
        yield ""
        yield from (f"- {literal(sentence)}" for sentence in report.gate.sentences)


def _comparison(report: MigrationReport) -> Iterator[str]:
    if not report.comparison:
        return
    yield "## Comparison"
    yield ""
    models = (literal(report.incumbent), literal(report.candidate))
    yield from table(
        ["measure", *models, "difference [interval]", "accepted loss", "verdict"],
        "lrrrrl",
        (
            (
                literal(row.measure),
                figures.score(row.incumbent),
                figures.score(row.candidate),
                figures.change(row.difference),
                "not gated" if row.margin is None else figures.score(row.margin),
                literal(row.verdict.text),
            )
            for row in report.comparison
        ),
    )


def _versions(report: MigrationReport) -> Iterator[str]:
    if not report.versions:
        return
    yield "## Versions"
    yield ""
    yield from table(
        ["index", "space", "vectors", literal(report.measure), "state"],
        "llrrl",
        (_version_cells(version) for version in report.versions),
    )


def _version_cells(version: VersionRow) -> Sequence[str]:
    recall = "not evaluated" if version.recall is None else figures.level(version.recall)
    return (
        code_cell(version.name),
        literal(version.space),
        figures.count(version.rows),
        recall,
        literal(version.state.text),
    )


def _mixing(report: MigrationReport) -> Iterator[str]:
    if report.mixing is None:
        return
    yield "## Had the spaces been mixed"
    yield ""
    yield literal(report.mixing.text)
    yield ""
    yield from table(
        ["search", literal(report.mixing.measure)],
        "lr",
        ((literal(bar.label), figures.level(bar.estimate)) for bar in report.mixing.bars),
    )


def _timeline(report: MigrationReport) -> Iterator[str]:
    if not report.timeline:
        return
    total = sum(stage.seconds for stage in report.timeline)
    yield f"## What was done ({figures.duration(total)} in all)"
    yield ""
    for number, stage in enumerate(report.timeline, start=1):
        time = figures.duration(stage.seconds)
        yield f"{number}. **{literal(stage.title)}** ({time}): {literal(stage.summary)}"


def _regressions(report: MigrationReport) -> Iterator[str]:
    if not report.regressions:
        return
    yield "## Queries that lost most"
    for case in report.regressions:
        yield ""
        yield f"### {literal(case.query)}"
        yield ""
        yield f"Rank {figures.rank(case.rank_before)} → {figures.rank(case.rank_after)}"
        yield ""
        yield from _side_by_side(case, report.incumbent, report.candidate)


def _side_by_side(case: Regression, incumbent: str, candidate: str) -> Iterator[str]:
    depth = max(len(case.before), len(case.after))
    yield from table(
        ["rank", literal(incumbent), literal(candidate)],
        "rll",
        ((str(place + 1), _hit(case.before, place), _hit(case.after, place)) for place in range(depth)),
    )


def _hit(hits: tuple[RankedHit, ...], place: int) -> str:
    if place >= len(hits):
        return ""
    name = code_cell(hits[place].id)
    return f"{name} (relevant)" if hits[place].relevant else name


def _next(report: MigrationReport) -> Iterator[str]:
    if not report.next_steps:
        return
    yield "## Next"
    yield ""
    for number, step in enumerate(report.next_steps, start=1):
        yield f"{number}. {literal(step.text)}" + (f" {code(step.command)}" if step.command else "")


def _notes(report: MigrationReport) -> Iterator[str]:
    if not report.notes:
        return
    yield "## How these numbers were made"
    yield ""
    yield from (f"- {literal(note)}" for note in report.notes)
