"""Pitfall 12: weights and clusters make a set worth fewer queries, and every statistic knows it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import (
    bootstrap_interval,
    effect_size,
    effective_queries,
    mean_interval,
    paired_interval,
    sign_flip_p,
)
from helmert.evaluation.arrays import FloatArray

DIFFERENCES = st.lists(st.floats(-1, 1), min_size=4, max_size=40)


def seeded(seed: int = 3) -> np.random.Generator:
    """A generator that gives the same numbers every time."""
    return np.random.default_rng(seed)


def sparse(n: int) -> FloatArray:
    """Differences of recall: a tenth won, a tenth lost."""
    return seeded().choice([1.0, -1.0, 0.0], size=n, p=[0.1, 0.1, 0.8])


@given(differences=DIFFERENCES)
def test_a_plain_set_is_worth_its_queries(differences: list[float]) -> None:
    n = len(differences)
    assert effective_queries(differences) == n
    assert effective_queries(differences, np.full(n, 7.0)) == n
    assert effective_queries(differences, None, [str(i) for i in range(n)]) == n


@given(differences=DIFFERENCES, data=st.data())
def test_no_set_is_worth_more_than_its_weights_allow(differences: list[float], data: st.DataObject) -> None:
    n = len(differences)
    weights = np.array(data.draw(st.lists(st.floats(0.1, 10), min_size=n, max_size=n)))
    names = data.draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n))
    kish = weights.sum() ** 2 / np.square(weights).sum()
    assert 0 < effective_queries(differences, weights) <= kish * (1 + 1e-9)
    assert 0 < effective_queries(differences, weights, names) <= kish * (1 + 1e-9)


def test_copies_of_a_query_add_nothing() -> None:
    """Each query asked four times, in a cluster of its own: worth what the originals are, and the same interval."""
    original = sparse(200)
    copied, names = np.repeat(original, 4), [str(i) for i in range(200) for _ in range(4)]
    assert effective_queries(copied, None, names) == pytest.approx(200, rel=0.01)
    one, four = paired_interval(original), paired_interval(copied, clusters=names)
    assert (four.low, four.high) == pytest.approx((one.low, one.high), abs=0.002)
    assert paired_interval(copied).width < 0.6 * four.width


def test_a_clustered_set_without_a_difference_counts_its_clusters() -> None:
    names = [str(i // 5) for i in range(200)]
    assert effective_queries(np.zeros(200), None, names) == pytest.approx(40)
    assert paired_interval(np.zeros(200), clusters=names).high > paired_interval(np.zeros(200)).high


def test_weights_without_a_difference_count_as_kish_says() -> None:
    weights = np.array([1.0] * 50 + [3.0] * 50)
    assert effective_queries(np.zeros(100), weights) == pytest.approx(200**2 / (50 + 450))


def test_a_heavy_query_moves_the_interval() -> None:
    d = np.array([1.0] + [0.0] * 99)
    light, heavy = np.ones(100), np.array([50.0] + [1.0] * 99)
    assert paired_interval(d, weights=heavy).width > 3 * paired_interval(d, weights=light).width


def test_the_scale_of_weights_does_not_matter() -> None:
    d, weights = sparse(100), seeded().uniform(0.5, 2.0, 100)
    one, other = paired_interval(d, weights=weights), paired_interval(d, weights=1000 * weights)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    p = [sign_flip_p(d, seeded(), weights=scale * weights) for scale in (1.0, 1000.0)]
    assert p[0] == pytest.approx(p[1], abs=0.002)


def test_one_cluster_is_one_observation() -> None:
    d, names = np.ones(50), ["only"] * 50
    assert effective_queries(d, None, names) == pytest.approx(1.0)
    assert paired_interval(d, clusters=names).width > 1.0
    assert sign_flip_p(d, seeded(), clusters=names) > 0.9


def test_every_statistic_takes_them() -> None:
    d, names = sparse(400), [str(i // 4) for i in range(400)]
    weights = seeded().uniform(0.5, 2.0, 400)
    for interval in (
        bootstrap_interval(d, seeded(), weights=weights, clusters=names),
        mean_interval(np.abs(d), weights=weights, clusters=names),
    ):
        assert interval.low < interval.high
    size = effect_size(d, weights=weights, clusters=names)
    assert size is not None
    assert size.win.value == pytest.approx(float(weights[d > 0].sum() / weights.sum()))


@pytest.mark.parametrize(
    ("weights", "clusters"),
    [(np.ones(3), None), (np.zeros(4), None), (np.array([1, 1, 1, np.nan]), None), (None, ["a"])],
)
def test_what_does_not_fit_is_refused(weights: FloatArray | None, clusters: list[str] | None) -> None:
    with pytest.raises(UsageError, match="4 queries need one"):
        paired_interval(np.zeros(4), weights=weights, clusters=clusters)
