"""The planner's numbers, played through: a set of the planned size answers in four of five cases."""

from __future__ import annotations

import numpy as np
import pytest

from helmert.evaluation import paired_interval
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics import detectable_difference, queries_for_margin, sd_of

SETS = 2_000


def pairs(rng: np.random.Generator, n: int, old: float, new: float, correlation: float) -> FloatArray:
    """Differences of two systems that find one right document with these probabilities and this correlation."""
    both = old * new + correlation * np.sqrt(old * (1 - old) * new * (1 - new))
    chances = [new - both, old - both, 1.0 - (new - both) - (old - both)]
    return rng.choice([1.0, -1.0, 0.0], size=n, p=chances)


def test_two_hundred_queries_find_five_points_between_siblings() -> None:
    """The planner takes the spread of two equal systems; the test's own spread differs by less than 3%."""
    difference = detectable_difference(200, sd_of(0.8, 0.8), adjusted=True)
    assert 100 * difference == pytest.approx(5.4, abs=0.05)
    rng = np.random.default_rng(0)
    found = [0.0 not in paired_interval(pairs(rng, 200, 0.8, 0.8 + difference, 0.8)) for _ in range(SETS)]
    assert 0.74 <= float(np.mean(found)) <= 0.90


def test_two_hundred_queries_find_eight_points_between_unrelated_models() -> None:
    difference = detectable_difference(200, sd_of(0.8, 0.45), adjusted=True)
    assert 100 * difference == pytest.approx(8.6, abs=0.05)
    rng = np.random.default_rng(1)
    found = [0.0 not in paired_interval(pairs(rng, 200, 0.8, 0.8 + difference, 0.45)) for _ in range(SETS)]
    assert 0.75 <= float(np.mean(found)) <= 0.90


@pytest.mark.parametrize(("margin", "sd"), [(0.03, 0.16), (0.03, 0.25), (0.05, 0.3)])
@pytest.mark.parametrize("level", [0.90, 0.95])
def test_non_inferiority_of_equal_systems(margin: float, sd: float, level: float) -> None:
    """Differences of many sizes with the given spread, and the number of queries for the adjusted interval."""
    rng = np.random.default_rng(2)
    n = queries_for_margin(margin, sd, level=level, adjusted=True)
    assert n >= queries_for_margin(margin, sd, level=level)
    shown = [paired_interval(np.clip(rng.normal(0, sd, n), -1, 1), level=level).low > -margin for _ in range(SETS)]
    assert 0.77 <= float(np.mean(shown)) <= 0.83


def test_superiority_by_the_margin() -> None:
    rng = np.random.default_rng(3)
    n = queries_for_margin(0.04, 0.25, kind="superior", adjusted=True)
    shown = [paired_interval(np.clip(rng.normal(0.04, 0.25, n), -1, 1)).low > 0.0 for _ in range(SETS)]
    assert 0.76 <= float(np.mean(shown)) <= 0.83
