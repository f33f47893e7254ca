"""How numbers look."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.report import Estimate, figures


@pytest.mark.parametrize(
    ("value", "text"), [(0.8734, "0.873"), (1.0, "1.000"), (-0.02, "\N{MINUS SIGN}0.020"), (-0.0001, "0.000")]
)
def test_score(value: float, text: str) -> None:
    assert figures.score(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.041, "+0.041"),
        (-0.041, "\N{MINUS SIGN}0.041"),
        (0.0, "0.000"),
        (-0.0004, "0.000"),
        (0.0004, "0.000"),
    ],
)
def test_signed(value: float, text: str) -> None:
    assert figures.signed(value) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(value=0.873, low=0.851, high=0.894), "0.873 [0.85, 0.89]"),
        (Estimate(value=0.873), "0.873"),
    ],
)
def test_level(estimate: Estimate, text: str) -> None:
    assert figures.level(estimate) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(value=0.041, low=-0.0012, high=0.0832), "+0.041 [\N{MINUS SIGN}0.001, +0.083]"),
        (Estimate(value=-0.5), "\N{MINUS SIGN}0.500"),
    ],
)
def test_change(estimate: Estimate, text: str) -> None:
    assert figures.change(estimate) == text


def test_count_has_separators() -> None:
    assert figures.count(2_640_118) == "2,640,118"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (200.4, "3 min 20 s"),
        (3599.7, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert figures.duration(seconds) == text


def test_moment_is_in_utc_wherever_it_was_taken() -> None:
    taken = datetime(2026, 11, 22, 15, 24, tzinfo=timezone(timedelta(hours=2)))
    assert figures.moment(taken) == figures.moment(taken.astimezone(UTC)) == "2026-11-22 13:24 UTC"


def test_rank_says_when_there_is_none() -> None:
    assert (figures.rank(7), figures.rank(None)) == ("7", "not found")


@given(st.text(max_size=400))
def test_snippet_is_one_bounded_line_from_the_beginning(text: str) -> None:
    line = figures.snippet(text)
    assert len(line) <= figures.SNIPPET_LENGTH
    assert len(line.splitlines()) <= 1
    assert " ".join(text.split()).startswith(line.removesuffix("…"))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00042, "0.42 ms"),
        (0.002, "2.0 ms"),
        (0.00996, "10 ms"),
        (0.0184, "18 ms"),
        (0.9991, "999 ms"),
        (0.9996, "1.00 s"),
        (1.254, "1.25 s"),
        (math.inf, "no answer"),
    ],
)
def test_milliseconds(seconds: float, text: str) -> None:
    assert figures.milliseconds(seconds) == text


def test_span_says_when_it_has_no_upper_end() -> None:
    assert figures.span(0.017, 0.019) == "[17 ms, 19 ms]"
    assert figures.span(0.017, math.inf) == "[17 ms, open]"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (384, "384 B"),
        (1536, "1.5 kB"),
        (15_360_000, "15.4 MB"),
        (245_760_000_000, "245.8 GB"),
        (999_999, "1.0 MB"),
    ],
)
def test_size(count: int, text: str) -> None:
    assert figures.size(count) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00 EUR"), (0.001, "< 0.01 EUR"), (3.416, "3.42 EUR"), (933.9, "934 EUR"), (1e6, "1,000,000 EUR")],
)
def test_money_above_nothing_never_looks_like_nothing(amount: float, text: str) -> None:
    assert figures.money(amount, "EUR") == text


@pytest.mark.parametrize(("p", "text"), [(0.0001, "< 0.001"), (0.0412, "0.041"), (1.0, "1.000")])
def test_probability_is_never_nothing(p: float, text: str) -> None:
    assert figures.probability(p) == text


@pytest.mark.parametrize(("part", "text"), [(0, "0.0%"), (0.0001, "< 0.1%"), (0.0312, "3.1%"), (1, "100.0%")])
def test_share(part: float, text: str) -> None:
    assert figures.share(part) == text


@pytest.mark.parametrize(("per_second", "text"), [(0.25, "0.25/s"), (23.78, "23.8/s"), (1250.4, "1,250/s")])
def test_rate(per_second: float, text: str) -> None:
    assert figures.rate(per_second) == text
