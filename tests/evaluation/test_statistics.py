"""Intervals and p-values: against their formulas, exact values, and what no data may do to them."""

from __future__ import annotations

from itertools import product
from math import comb, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import Interval, mean_interval, paired_interval, sign_flip_p
from helmert.evaluation.statistics import normal_quantile, projected_interval, t_quantile

UNIT = st.lists(st.floats(0, 1), max_size=50)
SIGNED = st.lists(st.floats(-1, 1), max_size=50)


def seeded(seed: int = 7) -> np.random.Generator:
    """A generator that gives the same numbers every time."""
    return np.random.default_rng(seed)


def test_quantiles() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert normal_quantile(0.90) == pytest.approx(1.644854, abs=1e-6)


@pytest.mark.parametrize(
    ("level", "freedom", "expected"),
    [(0.95, 29, 2.04523), (0.95, 49, 2.00958), (0.95, 10, 2.22814), (0.99, 29, 2.75639), (0.9, 4, 2.13185)],
)
def test_quantiles_of_student(level: float, freedom: int, expected: float) -> None:
    assert t_quantile(level, freedom) == pytest.approx(expected, abs=1e-3)


def test_student_approaches_the_normal() -> None:
    assert t_quantile(0.95, 1e7) == pytest.approx(normal_quantile(0.95), abs=1e-6)
    assert t_quantile(0.95, -1) == t_quantile(0.95, 3)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0])
def test_a_level_lies_between_zero_and_one(level: float) -> None:
    for interval in (mean_interval, paired_interval):
        with pytest.raises(UsageError, match="between 0 and 1"):
            interval([0.5], level=level)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (7, 10), (50, 200), (200, 200)])
def test_mean_of_zeros_and_ones_has_the_interval_of_agresti_and_coull(hits: int, n: int) -> None:
    z = normal_quantile(0.95)
    p = (hits + z * z / 2) / (n + z * z)
    half = z * sqrt(p * (1 - p) / (n + z * z))
    interval = mean_interval([1.0] * hits + [0.0] * (n - hits))
    assert (interval.low, interval.high) == pytest.approx((max(0, p - half), min(1, p + half)))


def pseudo_queries(level: float) -> float:
    """As many as make the half-width of a set without a difference -ln(1 - level) / n in the limit."""
    return (log(1 - level) / normal_quantile(level)) ** 2


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("wins", "losses", "n"), [(0, 0, 50), (3, 1, 50), (20, 35, 400), (5, 0, 30)])
def test_paired_interval_has_the_form_of_agresti_and_min(wins: int, losses: int, n: int, level: float) -> None:
    """Their form, with more than one pseudo-query: c / 2 is added to each cell of discordant outcomes."""
    added = pseudo_queries(level)
    b, c, total = wins + added / 2, losses + added / 2, n + added
    difference = (b - c) / total
    half = t_quantile(level, n - 1) * sqrt((b + c) - (b - c) ** 2 / total) / total
    interval = paired_interval([1.0] * wins + [-1.0] * losses + [0.0] * (n - wins - losses), level=level)
    assert (interval.low, interval.high) == pytest.approx((difference - half, difference + half))


def test_a_large_set_without_a_difference_follows_the_rule_of_three() -> None:
    assert paired_interval(np.zeros(100_000)).high == pytest.approx(-log(0.05) / 100_000, rel=1e-3)


def test_a_large_set_of_many_differences_has_the_usual_interval() -> None:
    differences = seeded().uniform(-1, 1, 20_000)
    error = float(differences.std()) / sqrt(20_000)
    assert paired_interval(differences).width == pytest.approx(2 * 1.96 * error, rel=1e-3)


@given(values=UNIT)
def test_mean_interval_has_width_and_stays_in_bounds(values: list[float]) -> None:
    interval = mean_interval(values)
    assert 0.0 <= interval.low < interval.high <= 1.0


@given(differences=SIGNED)
def test_paired_interval_has_width_and_turns_with_the_sign(differences: list[float]) -> None:
    interval = paired_interval(differences)
    mirrored = paired_interval([-value for value in differences])
    assert -1.0 <= interval.low < interval.high <= 1.0
    assert (mirrored.low, mirrored.high) == pytest.approx((-interval.high, -interval.low))


@given(differences=st.lists(st.floats(-1, 1), min_size=20, max_size=50))
def test_a_higher_level_is_wider(differences: list[float]) -> None:
    assert paired_interval(differences, level=0.8).width < paired_interval(differences, level=0.99).width


@pytest.mark.parametrize("n", [0, 1, 30, 500])
def test_no_difference_is_not_certainty(n: int) -> None:
    interval = paired_interval(np.zeros(n))
    assert interval.low < 0.0 < interval.high
    assert sign_flip_p(np.zeros(n), seeded()) == 1.0


def test_projection_at_the_same_size_is_the_interval() -> None:
    differences = seeded().uniform(-1, 1, 77)
    mean, square = float(differences.mean()), float(np.square(differences).mean())
    projected = projected_interval(queries=77, mean=mean, mean_square=square, level=0.9)
    observed = paired_interval(differences, level=0.9)
    assert (projected.low, projected.high) == pytest.approx((observed.low, observed.high))


@pytest.mark.parametrize("values", [[1.5], [-1.5], [float("nan")], [[0.1]]])
def test_values_of_another_scale_are_refused(values: list[float]) -> None:
    with pytest.raises(UsageError, match="one number per query"):
        paired_interval(values)
    with pytest.raises(UsageError, match="one number per query"):
        mean_interval(values)


def exact_p(differences: list[float]) -> float:
    """Share of all sign patterns that are at least as extreme."""
    observed = abs(sum(differences))
    patterns = list(product((-1, 1), repeat=len(differences)))
    totals = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in patterns]
    return sum(total >= observed - 1e-12 for total in totals) / len(patterns)


@pytest.mark.parametrize(
    "differences",
    [
        [0.5, 0.25, -0.125, 0.75, 0.5, 0.1],
        [1.0, 1.0, 1.0, 1.0, -1.0, 1.0, 0.0, 0.0],
        [0.3, -0.3, 0.2, 0.2, 0.2, -0.1, 0.9],
        [1.0],
    ],
)
def test_p_value_approaches_the_exact_one(differences: list[float]) -> None:
    """200,000 patterns: the standard error is at most 0.0011; the bound is four of them."""
    p = sign_flip_p(differences, seeded(), rounds=200_000)
    assert p == pytest.approx(exact_p(differences), abs=0.0045)


def test_p_value_of_wins_alone_is_the_sign_test() -> None:
    """Nine wins, one loss: the binomial tail, twice."""
    exact = 2 * sum(comb(10, k) for k in (9, 10)) / 2**10
    p = sign_flip_p([1.0] * 9 + [-1.0] + [0.0] * 90, seeded(), rounds=200_000)
    assert p == pytest.approx(exact, abs=0.002)


def test_p_is_never_zero() -> None:
    assert sign_flip_p([1.0] * 500, seeded(), rounds=99) == pytest.approx(1 / 100)


@given(differences=SIGNED, seed=st.integers(0, 5))
def test_p_is_a_probability_and_repeatable(differences: list[float], seed: int) -> None:
    p = sign_flip_p(differences, seeded(seed), rounds=50)
    assert 1 / 51 <= p <= 1.0
    assert sign_flip_p(differences, seeded(seed), rounds=50) == p


def test_many_different_differences_fit_into_memory() -> None:
    differences = seeded().uniform(-0.1, 0.1, 3_000)
    assert 0.0 < sign_flip_p(differences, seeded(), rounds=2_000) <= 1.0


def test_an_interval_knows_what_it_holds() -> None:
    interval = Interval(low=-0.1, high=0.2, level=0.9)
    assert 0.0 in interval
    assert 0.3 not in interval
    assert interval.to_dict() == {"low": -0.1, "high": 0.2, "level": 0.9}
