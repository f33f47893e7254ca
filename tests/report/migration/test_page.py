"""The HTML page: whole, self-contained, safe, and complete."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.report import (
    Badge,
    Fact,
    GateResult,
    MigrationReport,
    NextStep,
    RankedHit,
    Regression,
    StageRow,
    figures,
    render_html,
)
from tests.report.pages import VOID, Page


def with_text_everywhere(report: MigrationReport, text: str) -> MigrationReport:
    """The same report with one text in every field that may come from outside."""
    assert report.mixing is not None
    hit = RankedHit(id=text, text=text, relevant=True)
    return replace(
        report,
        title=text,
        summary=text,
        alias=text,
        serving=text,
        incumbent=text,
        candidate=text,
        measure=text,
        gate=GateResult(verdict="FAIL", sentences=(text,)),
        facts=(Fact(label=text, value=text),),
        versions=tuple(replace(row, name=text, space=text, state=Badge(text=text)) for row in report.versions),
        comparison=tuple(replace(row, measure=text, verdict=Badge(text=text)) for row in report.comparison),
        mixing=replace(
            report.mixing,
            text=text,
            measure=text,
            bars=tuple(replace(bar, label=text) for bar in report.mixing.bars),
        ),
        timeline=(StageRow(title=text, seconds=1, summary=text),),
        regressions=(Regression(query=text, rank_before=1, rank_after=2, before=(hit,), after=(hit,)),),
        next_steps=(NextStep(text=text, command=text),),
        notes=(text,),
    )


class TestSelfContained:
    def test_nothing_is_loaded_from_anywhere(self, report: MigrationReport) -> None:
        html = render_html(report)
        page = Page(html)
        loading = {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}
        assert not [entry for entry in page.attributes if entry[1] in loading]
        assert not {"script", "link", "iframe", "object", "embed", "img", "base"} & set(page.tags)
        assert not re.search(r"url\(|@import|https?:|//[a-z]", html)

    def test_policy_forbids_scripts_and_requests(self, report: MigrationReport) -> None:
        policy = [value for tag, name, value in Page(render_html(report)).attributes if "default-src" in value]
        assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]

    def test_no_event_handlers(self, report: MigrationReport) -> None:
        assert not [entry for entry in Page(render_html(report)).attributes if entry[1].startswith("on")]


class TestStructure:
    def test_language_title_and_one_heading(self, report: MigrationReport) -> None:
        html = render_html(report)
        page = Page(html)
        assert html.startswith("<!doctype html>")
        assert ("html", "lang", "en") in page.attributes
        assert "<title>docs: from small to large: gate PASS</title>" in html
        assert page.tags.count("h1") == 1

    def test_same_report_same_page(self, report: MigrationReport) -> None:
        assert render_html(report) == render_html(report)

    def test_places_in_charts_stay_inside(self, report: MigrationReport) -> None:
        places = [
            float(value[:-1])
            for tag, _, value in Page(render_html(report)).attributes
            if tag in VOID | {"text"} and value.endswith("%")
        ]
        assert places
        assert all(0 <= place <= 100 for place in places)

    @pytest.mark.parametrize("verdict", ["PASS", "FAIL", "INCONCLUSIVE"])
    def test_smallest_report_has_no_empty_sections(self, report: MigrationReport, verdict: str) -> None:
        smallest = MigrationReport(
            title=report.title,
            generated_at=report.generated_at,
            summary=report.summary,
            alias=report.alias,
            serving=report.serving,
            incumbent=report.incumbent,
            candidate=report.candidate,
            gate=GateResult(verdict=verdict),  # type: ignore[arg-type]
        )
        page = Page(render_html(smallest))
        assert f"gate {verdict}" in page.visible
        assert page.tags.count("section") == 2
        assert not {"table", "svg", "details", "figure"} & set(page.tags)


class TestHostileText:
    @given(st.text(min_size=1, max_size=60))
    def test_no_text_changes_the_structure(self, report: MigrationReport, text: str) -> None:
        harmless = Page(render_html(with_text_everywhere(report, "word")))
        assert Page(render_html(with_text_everywhere(report, text))).tags == harmless.tags

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "</style><script>alert(1)</script>",
            "</title><img src=x onerror=alert(1)>",
            '" onmouseover="alert(1)',
            "' onfocus='alert(1)",
            "{{ 7 * 7 }}{% raw %}",
            "]]><svg onload=alert(1)>",
            "&lt;b&gt; &amp;amp;",
        ],
    )
    def test_markup_is_shown_and_not_obeyed(self, report: MigrationReport, text: str) -> None:
        page = Page(render_html(with_text_everywhere(report, text)))
        assert page.tags == Page(render_html(with_text_everywhere(report, "word"))).tags
        assert not [entry for entry in page.attributes if entry[1].startswith("on")]
        assert " ".join(text.split()) in page.visible


class TestContent:
    def test_every_number_is_on_the_page(self, report: MigrationReport) -> None:
        visible = Page(render_html(report)).visible
        for row in report.comparison:
            assert figures.score(row.incumbent) in visible
            assert figures.score(row.candidate) in visible
            assert figures.change(row.difference) in visible
        for version in report.versions:
            assert figures.count(version.rows) in visible
        for stage in report.timeline:
            assert figures.duration(stage.seconds) in visible
        assert "0.288 [0.26, 0.31]" in visible
        assert "not evaluated" in visible
        assert "not gated" in visible
        assert "rank 1 → not found" in visible
        assert "3 min 21 s in all" in visible
        assert "2026-11-22 13:24 UTC" in visible

    def test_states_are_words_and_not_only_colours(self, report: MigrationReport) -> None:
        html = render_html(report)
        for word in ("live", "held for rollback", "better", "worse", "relevant", "PASS"):
            assert re.search(rf'class="pill [^"]*">{word}<', html)
