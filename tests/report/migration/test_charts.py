"""Charts put numbers in places that keep their order and their zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.report import Badge, Bar, ComparisonRow, Estimate, axis
from helmert.report.migration import charts

unit = st.floats(min_value=-1, max_value=1)


@st.composite
def estimates(draw: st.DrawFn, numbers: st.SearchStrategy[float]) -> Estimate:
    low, value, high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    return Estimate(value=value, low=low, high=high) if draw(st.booleans()) else Estimate(value=value)


@st.composite
def comparison_rows(draw: st.DrawFn) -> ComparisonRow:
    return ComparisonRow(
        measure="recall@10",
        incumbent=0.5,
        candidate=0.5,
        difference=draw(estimates(unit)),
        verdict=Badge(text="unclear"),
        margin=draw(st.none() | st.floats(min_value=0, max_value=0.5)),
    )


def number(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


class TestDifferences:
    @given(st.lists(comparison_rows(), min_size=1, max_size=6))
    def test_everything_lies_inside_the_plot_and_in_order(self, rows: list[ComparisonRow]) -> None:
        chart = charts.differences(rows)
        for row, mark in zip(rows, chart.marks, strict=True):
            assert 0 <= mark.low <= mark.x <= mark.high <= 100
            assert (row.difference.value > 0.01) <= (mark.x > chart.zero)
            assert (row.difference.value < -0.01) <= (mark.x < chart.zero)
            if row.margin is not None:
                assert mark.limit is not None
                assert 0 <= mark.limit <= chart.zero

    @given(st.lists(comparison_rows(), min_size=1, max_size=6))
    def test_ticks_are_few_distinct_and_true(self, rows: list[ComparisonRow]) -> None:
        chart = charts.differences(rows)
        places = {number(tick.text): tick.x for tick in chart.ticks}
        assert len(places) == len(chart.ticks)
        assert 1 <= len(chart.ticks) <= axis.TARGET_TICKS + 1
        assert places[0.0] == chart.zero
        assert sorted(places.values()) == [places[value] for value in sorted(places)]

    def test_a_loss_beyond_the_margin_lies_left_of_the_limit(self) -> None:
        row = ComparisonRow(
            measure="nDCG@10",
            incumbent=0.5,
            candidate=0.4,
            difference=Estimate(value=-0.1, low=-0.12, high=-0.08),
            verdict=Badge(text="worse", tone="bad"),
            margin=0.02,
        )
        (mark,) = charts.differences([row]).marks
        assert mark.limit is not None
        assert mark.high < mark.limit
        assert (mark.tone, mark.text) == (
            "bad",
            "\N{MINUS SIGN}0.100 [\N{MINUS SIGN}0.120, \N{MINUS SIGN}0.080]",
        )

    def test_ticks_are_round_numbers(self) -> None:
        row = ComparisonRow(
            measure="nDCG@10",
            incumbent=0.1,
            candidate=0.2,
            difference=Estimate(value=0.1, low=0.05, high=0.13),
            verdict=Badge(text="better"),
            margin=0.03,
        )
        assert [tick.text for tick in charts.differences([row]).ticks] == ["0.00", "+0.05", "+0.10"]

    def test_no_difference_at_all_still_has_an_axis(self) -> None:
        row = ComparisonRow(
            measure="nDCG@10",
            incumbent=0.4,
            candidate=0.4,
            difference=Estimate(value=0.0, low=0.0, high=0.0),
            verdict=Badge(text="equal"),
        )
        chart = charts.differences([row])
        assert chart.marks[0].x == chart.zero


class TestLevels:
    @given(st.lists(estimates(st.floats(min_value=0, max_value=1)), min_size=1, max_size=5))
    def test_bars_keep_proportion(self, levels: list[Estimate]) -> None:
        chart = charts.levels([Bar(label="any", estimate=level) for level in levels])
        for level, mark in zip(levels, chart.marks, strict=True):
            assert 0 <= mark.low <= mark.x <= mark.high <= 100
            largest = max(end for other in levels for end in other.ends)
            if largest > 0.01:
                assert mark.x == pytest.approx(100 * level.value / (largest * (1 + axis.PADDING)), abs=0.01)


class TestShares:
    def test_longest_fills_the_row(self) -> None:
        assert charts.shares([1.0, 4.0, 0.0]) == (25.0, 100.0, 0.0)

    def test_nothing_took_time(self) -> None:
        assert charts.shares([0.0, 0.0]) == (0.0, 0.0)
        assert charts.shares([]) == ()
