"""The bootstrap: against plain resampling, seeded, and for any number of queries."""

from __future__ import annotations

import numpy as np
import pytest

from helmert.errors import UsageError
from helmert.evaluation import bootstrap_interval, ratio_interval
from helmert.evaluation.arrays import FloatArray


def seeded(seed: int = 11) -> np.random.Generator:
    """A generator that gives the same numbers every time."""
    return np.random.default_rng(seed)


def by_gathering(columns: list[FloatArray], rounds: int = 4_000) -> FloatArray:
    """Sums over rows drawn one by one. Shape (rounds, columns)."""
    rng = seeded(99)
    n = columns[0].size
    drawn = rng.integers(0, n, size=(rounds, n))
    return np.stack([column[drawn].sum(axis=1) for column in columns], axis=1)


@pytest.mark.parametrize("kind", ["few values", "many values"])
def test_it_is_resampling(kind: str) -> None:
    rng = seeded()
    d = rng.choice([1.0, -0.5, 0.0], 300, p=[0.2, 0.1, 0.7]) if kind == "few values" else rng.normal(0.1, 0.2, 300)
    d = np.clip(d, -1, 1)
    interval = bootstrap_interval(d, seeded())
    low, high = np.quantile(by_gathering([d])[:, 0] / 300, [0.025, 0.975])
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.004)


def test_clusters_are_drawn_as_a_whole() -> None:
    rng = seeded()
    sizes = rng.integers(1, 6, 120)
    names = [str(c) for c, size in enumerate(sizes) for _ in range(size)]
    d = np.repeat(rng.choice([1.0, -1.0, 0.0], 120, p=[0.3, 0.2, 0.5]), sizes)
    sums = by_gathering([np.array([d[np.array(names) == str(c)].sum() for c in range(120)]), sizes.astype(float)])
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975])
    interval = bootstrap_interval(d, seeded(), clusters=names)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.02)
    assert interval.width > 1.3 * bootstrap_interval(d, seeded()).width


def test_the_relative_change() -> None:
    rng = seeded()
    old = (rng.random(500) < 0.5).astype(np.float64)
    new = np.where(rng.random(500) < 0.8, old, (rng.random(500) < 0.6)).astype(np.float64)
    interval = ratio_interval(new, old, seeded())
    sums = by_gathering([new, old])
    assert interval is not None
    low, high = np.quantile(sums[:, 0] / sums[:, 1] - 1, [0.025, 0.975])
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.01)


def test_a_change_relative_to_nothing_does_not_exist() -> None:
    assert ratio_interval(np.ones(300), np.zeros(300), seeded()) is None
    almost = np.zeros(300)
    almost[0] = 1.0
    assert ratio_interval(np.ones(300), almost, seeded()) is None
    assert ratio_interval([], [], seeded()) is None


def test_equal_generators_give_equal_intervals() -> None:
    d = np.clip(seeded().normal(0, 0.3, 250), -1, 1)
    assert bootstrap_interval(d, seeded(1)) == bootstrap_interval(d, seeded(1))


def test_a_hundred_thousand_queries_and_none() -> None:
    d = np.clip(seeded().normal(0.02, 0.2, 100_000), -1, 1)
    interval = bootstrap_interval(d, seeded())
    assert interval.width == pytest.approx(2 * 1.96 * float(d.std()) / 100_000**0.5, rel=0.03)
    assert bootstrap_interval([], seeded()).width == 2.0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="300 and 200"):
        ratio_interval(np.ones(300), np.ones(200), seeded())
    with pytest.raises(UsageError, match="between 0 and 1"):
        bootstrap_interval(np.zeros(300), seeded(), level=1.5)
