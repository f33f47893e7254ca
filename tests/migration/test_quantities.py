"""Money, durations and sizes: the examples people see, and no value at a limit that reads wrongly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.migration.quantities import duration, price, size


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0.0, "nothing (the model has no price)"),
        (0.000001, "less than 0.01 EUR"),
        (0.01, "0.01 EUR"),
        (12.345, "12.35 EUR"),
        (1234567.0, "1,234,567.00 EUR"),
    ],
)
def test_price(amount: float, shown: str) -> None:
    assert price(amount, "EUR") == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0.0 s"),
        (1.24, "1.2 s"),
        (9.96, "10 s"),
        (12.4, "12 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 00 min"),
        (14_700, "4 h 05 min"),
        (360_000, "100 h 00 min"),
    ],
)
def test_duration(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999.7, "1.0 kB"),
        (1000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (999_999_999, "1.0 GB"),
        (2.5e12, "2.5 TB"),
        (9e15, "9000.0 TB"),
    ],
)
def test_size(count: float, shown: str) -> None:
    assert size(count) == shown


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_a_price_never_reads_as_nothing(amount: float) -> None:
    assert float(price(amount, "EUR").removeprefix("less than ").removesuffix(" EUR").replace(",", "")) > 0


@given(st.floats(min_value=0, max_value=1e7))
def test_minutes_and_seconds_stay_below_sixty(seconds: float) -> None:
    shown = duration(seconds)
    pattern = r"(\d\.\d s|\d{2} s|\d+ min \d{2} s|\d+ h \d{2} min)"
    assert re.fullmatch(pattern, shown), shown
    parts = [int(number) for number in re.findall(r"(\d+) (?:min|s)", shown)]
    assert all(part < 60 for part in parts)


@given(st.floats(min_value=0, max_value=9.9e14))
def test_a_size_has_at_most_three_digits_before_the_point(count: float) -> None:
    assert re.fullmatch(r"\d{1,3} B|\d{1,3}\.\d (k|M|G|T)B", size(count))
