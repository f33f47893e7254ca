"""The scorecard's page: whole, self-contained, safe, complete, and in step with the JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.report import figures, render_scorecard_html, render_scorecard_markdown, scorecard_json
from helmert.selection.scorecard import Estimate, MonthlyCost, Scorecard
from tests.report.pages import VOID, Page
from tests.report.selection.hostile import with_text

SECTIONS = {
    "warnings": "Before you believe a number",
    "choice": "Choice",
    "sweep": "Dimensions and quantisation",
    "slices": "Slices: nDCG@10",
    "languages": "Languages: nDCG@10",
    "index_loss": "Loss of the index, apart from the model",
    "priors": "Leaderboard",
    "regressions": "12 queries got worse",
    "contrasts": "All comparisons",
}


def seen(card: Scorecard) -> str:
    return Page(render_scorecard_html(card)).visible


def plainly(card: Scorecard) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(scorecard_json(card))
    return content


class TestSelfContained:
    def test_nothing_is_loaded_from_anywhere(self, card: Scorecard) -> None:
        html = render_scorecard_html(card)
        page = Page(html)
        loading = {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}
        assert not [entry for entry in page.attributes if entry[1] in loading]
        assert not {"script", "link", "iframe", "object", "embed", "img", "base"} & set(page.tags)
        assert not re.search(r"url\(|@import|https?:|//[a-z]", html)

    def test_policy_forbids_scripts_and_requests(self, card: Scorecard) -> None:
        policy = [value for _, _, value in Page(render_scorecard_html(card)).attributes if "default-src" in value]
        assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]

    def test_no_event_handlers(self, card: Scorecard) -> None:
        assert not [entry for entry in Page(render_scorecard_html(card)).attributes if entry[1].startswith("on")]


class TestStructure:
    def test_language_title_and_one_heading(self, card: Scorecard) -> None:
        html = render_scorecard_html(card)
        page = Page(html)
        assert html.startswith("<!doctype html>")
        assert ("html", "lang", "en") in page.attributes
        assert "<title>manuals: which model?</title>" in html
        assert page.tags.count("h1") == 1

    def test_same_card_same_page(self, card: Scorecard) -> None:
        assert render_scorecard_html(card) == render_scorecard_html(card)

    def test_places_in_plots_stay_inside(self, card: Scorecard) -> None:
        places = [
            float(value[:-1])
            for tag, _, value in Page(render_scorecard_html(card)).attributes
            if tag in VOID and value.endswith("%")
        ]
        assert places
        assert all(0 <= place <= 100 for place in places)

    def test_every_head_says_what_it_heads_and_every_drawing_what_it_shows(self, card: Scorecard) -> None:
        html = render_scorecard_html(card)
        assert all("scope=" in head for head in re.findall(r"<th[ >][^>]*", html))
        charts = re.findall(r"<svg[^>]*>", html)
        spoken = [chart for chart in charts if 'role="img"' in chart]
        assert len(spoken) == len({cell.candidate for cell in card.sweep})
        assert all(re.search(r'aria-label="[^"]{40,}', chart) for chart in spoken)
        silent = [chart for chart in charts if 'role="img"' not in chart and "aria-hidden" not in chart]
        legend = html[html.index('class="legend') : html.index("</p>", html.index('class="legend'))]
        assert 'aria-hidden="true"' in legend
        assert all(chart in legend for chart in silent)

    @pytest.mark.parametrize("section", SECTIONS)
    def test_a_section_is_there_only_when_it_has_something_to_say(self, card: Scorecard, section: str) -> None:
        assert SECTIONS[section] in seen(card)
        without: Any = None if section == "choice" else ()
        assert SECTIONS[section] not in seen(replace(card, **{section: without}))

    def test_the_smallest_card_has_a_table_and_its_origin(self, bare: Scorecard) -> None:
        page = Page(render_scorecard_html(bare))
        assert page.tags.count("section") == 3
        assert page.tags.count("table") == 1
        assert not {"details", "figure"} & set(page.tags)
        for title in (*SECTIONS.values(), "Time, memory and money", "Money in a month"):
            assert title not in page.visible

    def test_a_card_without_any_row_is_still_a_page(self, bare: Scorecard) -> None:
        assert "How these numbers were made" in seen(replace(bare, rows=()))


class TestHostileText:
    @settings(max_examples=20)
    @given(st.text(min_size=1, max_size=40))
    def test_no_text_changes_the_structure(self, card: Scorecard, text: str) -> None:
        harmless = Page(render_scorecard_html(with_text(card, "word")))
        assert Page(render_scorecard_html(with_text(card, text))).tags == harmless.tags

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
            "\u202eright to left\u202c",
            "a-very-long-identifier-" * 20,
        ],
    )
    def test_markup_is_shown_and_not_obeyed(self, card: Scorecard, text: str) -> None:
        page = Page(render_scorecard_html(with_text(card, text)))
        assert page.tags == Page(render_scorecard_html(with_text(card, "word"))).tags
        assert not [entry for entry in page.attributes if entry[1].startswith("on")]
        assert " ".join(text.split()) in page.visible


class TestContent:
    def test_quality_of_the_json_is_on_the_page(self, card: Scorecard) -> None:
        visible, plain = seen(card), plainly(card)
        assert all(
            figures.level(Estimate(**each)) in visible for row in plain["rows"] for each in row["quality"].values()
        )
        for each in plain["contrasts"]:
            assert figures.change(Estimate(**each["difference"])) in visible
            assert figures.probability(each["adjusted_p"]) in visible

    def test_money_and_bytes_of_the_json_are_on_the_page(self, card: Scorecard) -> None:
        visible, plain = seen(card), plainly(card)
        for row in (row for row in plain["rows"] if row["cost"]):
            parts = [row["cost"][part] for part in ("queries", "documents", "reindex", "storage", "serving", "total")]
            assert all(figures.money(part, "USD") in visible for part in parts if part)
            assert figures.size(row["storage_bytes"]) in visible
        assert " 0.00 USD" not in visible, "a price that nobody stated is not a price of nothing"

    def test_times_of_the_json_are_on_the_page(self, card: Scorecard) -> None:
        visible, plain = seen(card), plainly(card)
        for row in (row for row in plain["rows"] if row["latency"]):
            for times in (row["latency"]["service"], row["latency"]["arriving"]):
                assert " · ".join(figures.milliseconds(each["seconds"]) for each in times) in visible
            assert figures.rate(row["latency"]["saturation"]) in visible
            rate = row["bulk"]["tokens_per_second"]
            assert (f"{rate:,.0f} tokens/s" if rate else "was on disk") in visible

    def test_parts_of_the_json_are_on_the_page(self, card: Scorecard) -> None:
        visible, plain = seen(card), plainly(card)
        assert all(figures.score(cell["quality"]["nDCG@10"]["value"]) in visible for cell in plain["sweep"])
        assert all(figures.change(Estimate(**loss["difference"])) in visible for loss in plain["index_loss"])
        estimates = [each for part in plain["slices"] for each in part["values"].values()]
        assert all(figures.level(Estimate(**each)) in visible for each in estimates)
        pairs = [each for matrix in plain["languages"] for each in matrix["cells"].values()]
        assert all(figures.score(each["value"]) in visible for each in pairs)

    def test_states_are_words_and_not_only_colours(self, card: Scorecard) -> None:
        html = render_scorecard_html(card)
        for word in (
            "recommended",
            "highest mean",
            "tied with the best",
            "worse than the best",
            "baseline",
            "too few to read",
            "front",
            "relevant",
        ):
            assert re.search(rf'class="pill [^"]*">{word}<', html)

    def test_the_winner_is_shown_with_what_to_expect_of_it(self, card: Scorecard) -> None:
        assert card.choice is not None
        visible = seen(card)
        assert f"expected on other queries {figures.score(card.choice.expected)}" in visible
        assert card.choice.confirmed is not None
        assert figures.level(card.choice.confirmed) in visible
        assert all(sentence in visible for sentence in card.choice.sentences)
        assert all(warning in visible for warning in card.warnings)

    def test_where_it_comes_from_is_at_the_end(self, card: Scorecard) -> None:
        end = seen(card).partition("How these numbers were made")[2]
        for text in (
            "5d41402abc4b2a76b9719d911017c592",
            card.corpus_digest,
            card.rows[0].space,
            "load rate 20",
            "prices a, b",
            "pooled yes",
            "2026-11-22 16:05 UTC",
        ):
            assert text in end
        assert "holdout" not in end

    def test_inputs_of_costs_are_said_once_for_all_and_apart_where_they_differ(self, card: Scorecard) -> None:
        visible = seen(card)
        assert visible.count("2,000,000 queries in a month (supplied: helmert.toml).") == 1
        assert "multilingual-e5, minilm 1,536 bytes for a vector (measured)." in visible
        assert "wordllama 1,024 bytes for a vector (measured)." in visible

    def test_a_cost_that_nothing_is_known_of_is_no_number(self, card: Scorecard) -> None:
        free = MonthlyCost(queries=0.0, documents=0.0, reindex=0.0, storage=0.0, serving=0.0, currency="EUR")
        unknown = replace(card, rows=tuple(replace(row, cost=free if row.cost else None) for row in card.rows))
        for shown in (seen(unknown), render_scorecard_markdown(unknown)):
            assert "EUR" not in shown
            assert shown.count("no volume or price is configured") == 2 * sum(row.cost is not None for row in card.rows)

    def test_a_baseline_that_no_model_beats_is_seen_first(self, card: Scorecard) -> None:
        against = next(each for each in card.contrasts[::-1] if each.candidate == "bm25")
        assert "first read about bm25" not in seen(card)
        for low, word in ((0.01, "better than every model"), (-0.01, "not shown to be worse")):
            found = replace(against, difference=Estimate(value=0.03, low=low, high=0.05))
            visible = seen(replace(card, contrasts=(*card.contrasts, found)))
            assert "recommended model: minilm ; first read about bm25" in visible
            assert f"bm25 baseline {word}" in visible

    def test_a_candidate_that_failed_says_why(self, card: Scorecard) -> None:
        failed = replace(
            card.rows[0], name="broken", quality={}, latency=None, cost=None, failure="The endpoint is unreachable."
        )
        visible = seen(replace(card, rows=(*card.rows, failed)))
        assert "no numbers" in visible
        assert "The endpoint is unreachable." in visible

    def test_a_candidate_outside_the_pool_is_an_upper_bound(self, card: Scorecard) -> None:
        rows = (card.rows[0], replace(card.rows[1], pool_depth=0), *card.rows[2:])
        assert "not in the pool: upper bound" in seen(replace(card, rows=rows))

    def test_a_growing_queue_has_no_percentiles(self, card: Scorecard) -> None:
        latency = card.rows[0].latency
        assert latency is not None
        overloaded = replace(latency, arriving=(), saturation=None)
        visible = seen(replace(card, rows=(replace(card.rows[0], latency=overloaded), *card.rows[1:])))
        assert "the queue grows" in visible
        assert "no tried rate" in visible

    def test_corrected_values_have_a_column_of_their_own(self, card: Scorecard) -> None:
        assert "in the whole corpus" not in seen(card)
        corrected = {"recall@10": Estimate(value=0.4321, low=0.4, high=0.47)}
        visible = seen(replace(card, rows=(replace(card.rows[0], corrected=corrected), *card.rows[1:])))
        assert "recall@10 in the whole corpus" in visible
        assert "0.432 [0.40, 0.47]" in visible
