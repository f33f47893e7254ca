"""Intervals of percentiles: right in at least the promised share of all samples, whatever the distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation.statistics.percentiles import percentile, percentile_interval, values_for_upper_end


def cdf(n: int, k: int, q: float) -> float:
    return sum(math.comb(n, i) * q**i * (1 - q) ** (n - i) for i in range(k + 1))


@pytest.mark.parametrize("q", [0.1, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 10, 72, 73, 200])
def test_the_ends_are_the_order_statistics_that_the_binomial_names(n: int, q: float) -> None:
    interval = percentile_interval(np.arange(1.0, n + 1), q)
    low = max((k for k in range(1, n + 1) if cdf(n, k - 1, q) <= 0.025), default=None)
    high = min((k for k in range(1, n + 1) if cdf(n, k - 1, q) >= 0.975), default=None)
    assert interval.low == (-math.inf if low is None else low)
    assert interval.high == (math.inf if high is None else high)


@pytest.mark.parametrize(("q", "least"), [(0.5, 6), (0.95, 72), (0.99, 368)])
def test_as_many_values_as_an_upper_end_takes(q: float, least: int) -> None:
    assert values_for_upper_end(q) == least
    assert math.isinf(percentile_interval(np.ones(least - 1), q).high)
    assert percentile_interval(np.ones(least), q).high == 1.0


@pytest.mark.parametrize(("n", "q"), [(30, 0.5), (100, 0.95), (400, 0.99)])
def test_the_interval_holds_the_truth_in_the_promised_share(n: int, q: float) -> None:
    rng = np.random.default_rng(n)
    truth = -math.log(1 - q)
    missed = sum(truth not in percentile_interval(rng.exponential(size=n), q) for _ in range(2000))
    assert missed / 2000 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 2000)


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), q=st.floats(0.01, 0.99))
def test_a_percentile_is_one_of_the_values_inside_its_interval(values: list[float], q: float) -> None:
    found = percentile(values, q)
    assert found in values
    assert found in percentile_interval(values, q)
    assert sum(value <= found for value in values) >= q * len(values) - 1e-6


def test_nothing_has_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))
    interval = percentile_interval([], 0.5)
    assert (interval.low, interval.high) == (-math.inf, math.inf)


def test_a_quantile_lies_between_0_and_1() -> None:
    for q in (0.0, 1.0, 95.0):
        with pytest.raises(UsageError, match="between 0 and 1"):
            percentile_interval([1.0], q)
