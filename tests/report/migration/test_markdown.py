"""The Markdown report says what the page says."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from helmert.report import (
    Badge,
    GateResult,
    MigrationReport,
    NextStep,
    RankedHit,
    Regression,
    render_html,
    render_markdown,
)

NUMBER_WITH_INTERVAL = re.compile(
    r"[+\N{MINUS SIGN}]?\d\.\d{3} \[[+\N{MINUS SIGN}]?\d\.\d+, [+\N{MINUS SIGN}]?\d\.\d+\]"
)


def cells(markdown: str) -> list[list[str]]:
    """The cells of each table row, divided at pipes that are not escaped."""
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def test_has_the_numbers_of_the_page(report: MigrationReport) -> None:
    page = unescape(re.sub(r"<[^>]+>", " ", render_html(report)))
    markdown = render_markdown(report)
    assert set(NUMBER_WITH_INTERVAL.findall(markdown)) == set(NUMBER_WITH_INTERVAL.findall(page))
    for text in ("0.120", "0.085", "2,640,118", "2,640,101", "0.061", "3 min 20 s", "0.2 s", "not evaluated"):
        assert text in markdown
        assert text in page


def test_tables_are_rectangular(report: MigrationReport) -> None:
    rows = cells(render_markdown(report))
    assert ["recall@10", "0.288", "0.397", "+0.109 [+0.098, +0.121]", "0.020", "better"] in rows
    assert ["1", "`io.open` (relevant)", "`os.close`"] in rows
    assert ["2", "", "`os.dup`"] in rows


def test_sections_follow_each_other_with_one_blank_line(report: MigrationReport) -> None:
    markdown = render_markdown(report)
    headings = [line for line in markdown.splitlines() if line.startswith("#")]
    assert headings == [
        "# docs: from small to large",
        "## Gate: PASS",
        "## Comparison",
        "## Versions",
        "## Had the spaces been mixed",
        "## What was done (3 min 21 s in all)",
        "## Queries that lost most",
        "### how do I open a file",
        "## Next",
        "## How these numbers were made",
    ]
    assert "\n\n\n" not in markdown
    assert markdown.endswith("UTC.\n")


def test_empty_sections_are_left_out(report: MigrationReport) -> None:
    bare = replace(
        report, comparison=(), versions=(), mixing=None, timeline=(), regressions=(), next_steps=(), notes=()
    )
    headings = [line for line in render_markdown(bare).splitlines() if line.startswith("#")]
    assert headings == ["# docs: from small to large", "## Gate: PASS"]


def hostile(report: MigrationReport, text: str) -> MigrationReport:
    hit = RankedHit(id=text)
    return replace(
        report,
        summary=text,
        gate=GateResult(verdict="FAIL", sentences=(text,)),
        comparison=tuple(replace(row, measure=text, verdict=Badge(text=text)) for row in report.comparison),
        versions=tuple(replace(row, name=text) for row in report.versions),
        regressions=(Regression(query=text, rank_before=1, rank_after=2, before=(hit,), after=(hit,)),),
        next_steps=(NextStep(text=text, command=text),),
    )


def structure(markdown: str) -> list[list[str]]:
    """Kinds of blocks, each with the kinds of things inside it; plain text counts for nothing."""
    parsed = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [[block.type, *(child.type for child in block.children or () if child.type != "text")] for block in parsed]


def code_spans(markdown: str) -> list[str]:
    parsed = MarkdownIt("commonmark").enable("table").parse(markdown)
    children = [child for block in parsed for child in block.children or ()]
    return [child.content for child in children if child.type == "code_inline"]


@given(st.text(alphabet="ab12 |`\\<>&*_[]()#~\n\r-+=.!:", min_size=1, max_size=30).filter(str.strip))
@example("- a list")
@example("1. a list")
@example("---")
@example("<script>alert(1)</script>")
@example("![picture](somewhere)")
def test_no_text_changes_the_structure(report: MigrationReport, text: str) -> None:
    markdown = render_markdown(hostile(report, text))
    assert structure(markdown) == structure(render_markdown(hostile(report, "word")))
    assert code_spans(markdown).count(" ".join(text.split())) == 5


@pytest.mark.parametrize(
    ("command", "shown"),
    [("helmert status | cat", "`helmert status | cat`"), ("echo `date`", "`` echo `date` ``")],
)
def test_commands_are_code(report: MigrationReport, command: str, shown: str) -> None:
    markdown = render_markdown(replace(report, next_steps=(NextStep(text="Run it.", command=command),)))
    assert f"1. Run it. {shown}\n" in markdown
