"""How numbers look."""

from __future__ import annotations

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
