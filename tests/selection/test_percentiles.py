"""Percentiles of durations: what they are, what their intervals hold, and what is said about small numbers of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.evaluation.statistics.percentiles import values_for_upper_end
from helmert.selection.percentiles import advised_count, percentiles, reservation


@pytest.mark.parametrize(("count", "q"), [(30, 0.5), (100, 0.95), (400, 0.99), (2000, 0.99)])
def test_intervals_miss_the_true_percentile_of_skewed_durations_no_more_often_than_they_say(
    count: int, q: float
) -> None:
    rng = np.random.default_rng(20261122)
    true = -math.log(1.0 - q)
    samples = rng.exponential(size=(4000, count))
    found = [percentiles(sample, shares=(q,))[0] for sample in samples]
    missed = np.mean([not p.low <= true <= p.high for p in found])
    assert missed <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / len(samples))


def waits(rng: np.random.Generator, count: int) -> list[float]:
    """Times in a queue at a load of 0.58, in order of arrival, after it has settled (Lindley's recursion)."""
    gaps = rng.exponential(0.05, size=count + 300)
    services = np.where(rng.random(count + 300) < 0.05, 0.2, 0.02)
    wait, taken = 0.0, []
    for gap, service in zip(gaps.tolist(), services.tolist(), strict=True):
        wait = max(0.0, wait - gap)
        wait += service
        taken.append(wait)
    return taken[300:]


@pytest.mark.parametrize(("q", "plain_misses"), [(0.5, 0.3), (0.95, 0.4), (0.99, 0.4)])
def test_intervals_in_a_queue_allow_for_neighbours_that_wait_together(q: float, plain_misses: float) -> None:
    rng = np.random.default_rng(20261122)
    true = float(np.quantile(waits(rng, 400_000), q))
    runs = [waits(rng, 2000) for _ in range(200)]
    missed = {
        queued: np.mean(
            [not p.low <= true <= p.high for run in runs for p in percentiles(run, shares=(q,), queued=queued)]
        )
        for queued in (False, True)
    }
    assert missed[False] > plain_misses
    assert missed[True] <= 0.12


@given(st.integers(min_value=1, max_value=60))
def test_allowing_for_a_queue_moves_no_percentile(count: int) -> None:
    durations = np.random.default_rng(count).exponential(size=count)
    for plain, queued in zip(percentiles(durations), percentiles(durations, queued=True), strict=True):
        assert queued.seconds == plain.seconds
        assert queued.low <= queued.seconds <= queued.high


@given(st.lists(st.floats(min_value=0.0, max_value=1e3), min_size=1, max_size=400))
def test_percentiles_are_durations_in_order_with_their_intervals_around_them(seconds: list[float]) -> None:
    found = percentiles(seconds)
    assert [p.q for p in found] == [0.5, 0.95, 0.99]
    assert all(p.seconds in seconds and 0.0 <= p.low <= p.seconds <= p.high for p in found)
    assert sorted(p.seconds for p in found) == [p.seconds for p in found]


@given(st.integers(min_value=1, max_value=999))
def test_queries_without_an_answer_are_the_slowest(failed: int) -> None:
    found = percentiles([0.02] * (1000 - failed) + [math.inf] * failed)
    for p in found:
        assert (p.seconds == math.inf) == (failed > 1000 - math.ceil(1000 * p.q - 1e-9))


def test_no_durations_have_no_percentiles() -> None:
    assert percentiles([]) == ()


@pytest.mark.parametrize(("q", "count"), [(0.5, 200), (0.95, 2000), (0.99, 10_000)])
def test_a_percentile_should_rest_on_a_hundred_queries_beyond_it(q: float, count: int) -> None:
    assert advised_count(q) == count


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_the_upper_end_is_there_from_the_count_that_is_named(q: float) -> None:
    count = values_for_upper_end(q)
    durations = np.linspace(0.01, 0.2, count)
    assert math.isfinite(percentiles(durations, shares=(q,))[0].high)
    assert percentiles(durations[1:], shares=(q,))[0].high == math.inf
    assert "no upper end" in reservation(count - 1, shares=(q,))
    assert "no upper end" not in reservation(count, shares=(q,))


def test_reservations_name_what_is_rough_and_end_when_there_is_enough() -> None:
    assert reservation(300) == (
        "300 queries: the interval of p99 has no upper end below 368; p95 is rough below 2,000."
    )
    assert reservation(5) == "5 queries: the interval of p50 and p95 and p99 has no upper end below 368."
    assert reservation(10_000) == ""
