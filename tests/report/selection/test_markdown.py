"""The scorecard in Markdown says what the page says."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from helmert.report import render_scorecard_html, render_scorecard_markdown
from helmert.selection.scorecard import Scorecard
from tests.report.pages import Page
from tests.report.selection.hostile import with_text

INTERVAL = re.compile(r"\[[+\N{MINUS SIGN}]?\d[^\]]*\]")


def cells(markdown: str) -> list[list[str]]:
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def structure(markdown: str) -> list[list[str]]:
    """Kinds of blocks, each with the kinds of things inside it; plain text counts for nothing."""
    parsed = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [[block.type, *(child.type for child in block.children or () if child.type != "text")] for block in parsed]


def test_has_the_intervals_of_the_page(card: Scorecard) -> None:
    page = Page(render_scorecard_html(card)).visible
    markdown = render_scorecard_markdown(card).replace("\\", "")
    assert set(INTERVAL.findall(markdown)) == set(INTERVAL.findall(page))
    assert len(set(INTERVAL.findall(page))) > 100


def test_tables_are_rectangular(card: Scorecard) -> None:
    parsed = MarkdownIt("commonmark").enable("table").parse(render_scorecard_markdown(card))
    widths: list[int] = []
    for block in parsed:
        if block.type == "tr_open":
            widths.append(0)
        elif block.type in {"th_open", "td_open"}:
            widths[-1] += 1
        elif block.type == "table_close":
            assert len(set(widths)) == 1
            widths.clear()


def test_sections_follow_each_other(card: Scorecard) -> None:
    markdown = render_scorecard_markdown(card)
    assert [line for line in markdown.splitlines() if line.startswith("#")] == [
        "# manuals: which model?",
        "## Before you believe a number",
        "## Recommended model: minilm",
        "## Quality",
        "## Time, memory and money",
        "## Dimensions and quantisation: nDCG@10",
        "## Slices: nDCG@10",
        "## Languages: nDCG@10",
        "## Loss of the index, apart from the model",
        "## Leaderboard",
        "## 12 queries got worse: multilingual-e5 against minilm",
        "### what does the warranty cover after two years",
        "### reset the pump",
        "## All comparisons",
        "## Money in a month",
        "## How these numbers were made",
    ]
    assert "\n\n\n" not in markdown
    assert markdown.endswith("UTC.\n")


def test_empty_sections_are_left_out(bare: Scorecard) -> None:
    headings = [line for line in render_scorecard_markdown(bare).splitlines() if line.startswith("#")]
    assert headings == ["# bare", "## Quality", "## How these numbers were made"]


def test_both_result_lists_stand_side_by_side_with_relevant_ones_marked(card: Scorecard) -> None:
    rows = cells(render_scorecard_markdown(card))
    assert ["rank", "minilm", "multilingual-e5"] in rows
    assert ["1", "`warranty` (relevant)", "`insurance`"] in rows
    assert ["3", "", "`warranty` (relevant)"] in rows


@settings(max_examples=25)
@given(st.text(alphabet="ab12 |`\\<>&*_[]()#~\n\r-+=.!:", min_size=1, max_size=20).filter(str.strip))
@example("- a list")
@example("[1](somewhere)")
@example("[1]: somewhere")
@example("[1][1]")
@example("1. a list")
@example("<script>alert(1)</script>")
@example("![picture](somewhere)")
def test_no_text_changes_the_structure(card: Scorecard, text: str) -> None:
    markdown = render_scorecard_markdown(with_text(card, text))
    assert structure(markdown) == structure(render_scorecard_markdown(with_text(card, "word")))
