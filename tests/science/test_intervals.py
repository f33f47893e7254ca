"""How often intervals miss the truth: simulated sets with known means, fixed seeds, stated bounds.

A bound allows two standard errors of the simulation above the rate that is promised.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from helmert.evaluation import mean_interval, paired_interval, sign_flip_p
from helmert.evaluation.arrays import FloatArray

Draw = Callable[[np.random.Generator, int], FloatArray]
SETS = 3_000


def allowed(rate: float, sets: int = SETS) -> float:
    """A rate and two standard errors."""
    return rate + 2.0 * float(np.sqrt(rate * (1.0 - rate) / sets))


def outcomes(wins: float, losses: float) -> Draw:
    """Differences of recall with one relevant document: +1, -1 and mostly 0."""

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        return rng.choice([1.0, -1.0, 0.0], size=n, p=[wins, losses, 1.0 - wins - losses])

    return draw


def graded(changed: float, gain: float) -> Draw:
    """Differences of nDCG: a share of queries changes by a continuous amount around a gain."""

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        size: NDArray[np.float64] = np.clip(rng.normal(gain, 0.3, n), -1.0, 1.0)
        return np.where(rng.random(n) < changed, size, 0.0)

    return draw


def misses(draw: Draw, truth: float, n: int, level: float, seed: int) -> float:
    """Share of simulated sets whose paired interval does not hold the truth."""
    rng = np.random.default_rng(seed)
    return float(np.mean([truth not in paired_interval(draw(rng, n), level=level) for _ in range(SETS)]))


@pytest.mark.parametrize("n", [30, 50, 100, 200, 500])
@pytest.mark.parametrize(
    ("wins", "losses"), [(0.02, 0.02), (0.02, 0.05), (0.10, 0.02), (0.05, 0.05), (0.20, 0.05), (0.15, 0.15)]
)
def test_sparse_differences_are_missed_in_at_most_6_5_percent(wins: float, losses: float, n: int) -> None:
    """The promise is 5%; what is allowed is 6.5%, including the noise of 3,000 simulated sets."""
    assert misses(outcomes(wins, losses), wins - losses, n, 0.95, seed=n) <= 0.065


@pytest.mark.parametrize("n", [30, 200])
@pytest.mark.parametrize(("changed", "gain"), [(0.1, 0.0), (0.3, 0.1), (0.8, -0.05)])
def test_graded_differences_are_missed_in_at_most_6_5_percent(changed: float, gain: float, n: int) -> None:
    draw = graded(changed, gain)
    truth = float(draw(np.random.default_rng(1), 4_000_000).mean())
    assert misses(draw, truth, n, 0.95, seed=n) <= 0.065


@pytest.mark.parametrize(("level", "rate"), [(0.8, 0.2), (0.9, 0.1), (0.99, 0.01)])
def test_other_levels_keep_their_promise(level: float, rate: float) -> None:
    assert misses(outcomes(0.10, 0.06), 0.04, 300, level, seed=3) <= allowed(rate)


def test_where_one_system_never_wins_the_interval_is_too_narrow() -> None:
    """The stated exception: 2% losses and no win. A set of 97 holds no loss at all with probability 0.14.

    This is why the gate does not rely on the interval alone; see `test_gate_errors`.
    """
    rate = misses(outcomes(0.0, 0.02), -0.02, 97, 0.95, seed=4)
    assert 0.10 < rate <= allowed(0.15)


@pytest.mark.parametrize("n", [30, 100, 500])
@pytest.mark.parametrize("mean", [0.02, 0.3, 0.5, 0.9])
def test_the_interval_of_one_mean(mean: float, n: int) -> None:
    rng = np.random.default_rng(n)
    missed = [mean not in mean_interval((rng.random(n) < mean).astype(np.float64)) for _ in range(SETS)]
    assert float(np.mean(missed)) <= allowed(0.06)


@pytest.mark.parametrize("n", [30, 50, 100, 500])
def test_no_difference_at_all_is_always_held(n: int) -> None:
    assert misses(outcomes(0.0, 0.0), 0.0, n, 0.95, seed=0) == 0.0


@pytest.mark.parametrize("draw", [outcomes(0.05, 0.05), graded(0.5, 0.0)], ids=["recall", "nDCG"])
def test_p_values_of_equal_systems_are_rarely_small(draw: Draw) -> None:
    """p <= 0.05 in at most 5% of sets, p <= 0.2 in at most 20%."""
    rng = np.random.default_rng(6)
    values = np.array([sign_flip_p(draw(rng, 60), rng, rounds=199) for _ in range(SETS)])
    assert float((values <= 0.05).mean()) <= allowed(0.05)
    assert float((values <= 0.2).mean()) <= allowed(0.2)
