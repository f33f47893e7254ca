"""Effect sizes, the sign test, partial pooling, and what is left of the best of many."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import effect_size, paired_interval, partial_pool, shrink_best, sign_test_p, split_queries


def seeded(seed: int = 5) -> np.random.Generator:
    """A generator that gives the same numbers every time."""
    return np.random.default_rng(seed)


def test_effect_size_by_hand() -> None:
    size = effect_size([0.5, 0.1, -0.2, 0.4])
    assert size is not None
    values = np.array([0.5, 0.1, -0.2, 0.4])
    assert size.standardised == pytest.approx(float(values.mean() / values.std()))
    assert size.standardised in size.interval
    assert (size.win.value, size.loss.value) == (0.75, 0.25)
    assert 0.75 in size.win.interval
    assert size.to_dict()["standardised"] == size.standardised


def test_no_difference_has_no_effect_and_no_certainty() -> None:
    size = effect_size(np.zeros(40))
    assert size is not None
    assert (size.standardised, size.win.value, size.loss.value) == (0.0, 0.0, 0.0)
    assert size.interval.low < 0.0 < size.interval.high
    assert effect_size([]) is None


def test_effect_of_normal_differences_has_the_textbook_interval() -> None:
    """1/n + d^2 / (2 n), for a large set far from the ends of the scale."""
    d = np.clip(seeded().normal(0.15, 0.25, 5_000), -1.0, 1.0)
    size = effect_size(d)
    assert size is not None
    half = 1.96 * (1 / 5_000 + size.standardised**2 / 10_000) ** 0.5
    assert size.interval.width == pytest.approx(2 * half, rel=0.03)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (1, 0), (9, 1), (5, 5), (30, 50), (300, 200)])
def test_the_sign_test_is_the_binomial_tail(wins: int, losses: int) -> None:
    n = wins + losses
    tail = sum(comb(n, k) for k in range(min(wins, losses) + 1)) / 2**n
    exact = min(1.0, 2 * tail)
    assert sign_test_p([0.5] * wins + [-0.1] * losses + [0.0] * 7) == pytest.approx(exact, rel=1e-9)


def test_pitfall_12_no_p_value_is_ever_zero() -> None:
    assert sign_test_p(np.ones(5_000)) > 0.0
    assert sign_test_p([]) == 1.0


def test_slices_that_agree_are_drawn_together() -> None:
    pool = partial_pool([0.10, 0.13, 0.07], [0.01, 0.01, 0.01])
    assert pool.between < 0.01
    assert max(pool.estimates) - min(pool.estimates) < 0.5 * 0.06
    assert all(interval.width < 1.96 * 2 * 0.1 for interval in pool.intervals)


def test_slices_that_differ_for_sure_are_left_alone() -> None:
    pool = partial_pool([-0.5, 0.5], [1e-6, 1e-6])
    assert pool.estimates == pytest.approx([-0.5, 0.5], abs=1e-4)


@given(means=st.lists(st.floats(-1, 1), min_size=1, max_size=8), data=st.data())
def test_pooled_estimates_lie_between_the_raw_one_and_the_common_mean(means: list[float], data: st.DataObject) -> None:
    variances = data.draw(st.lists(st.floats(1e-4, 1.0), min_size=len(means), max_size=len(means)))
    pool = partial_pool(means, variances)
    for raw, shrunk, interval in zip(means, pool.estimates, pool.intervals, strict=True):
        assert min(raw, pool.mean) - 1e-9 <= shrunk <= max(raw, pool.mean) + 1e-9
        assert shrunk in interval


def test_the_noisier_slice_is_drawn_further() -> None:
    pool = partial_pool([0.3, 0.3, -0.3, -0.3], [0.1, 0.001, 0.1, 0.001])
    assert abs(pool.estimates[0]) < abs(pool.estimates[1])


def test_pooling_nothing_and_nonsense() -> None:
    assert partial_pool([], []).estimates == ()
    with pytest.raises(UsageError, match="variance above 0"):
        partial_pool([0.1, 0.2], [0.1, 0.0])


def test_a_lead_that_noise_explains_is_taken_off() -> None:
    d = seeded().choice([1.0, -1.0, 0.0], size=(200, 8), p=[0.1, 0.1, 0.8])
    best = shrink_best(d)
    assert best.raw == d.mean(axis=0).max() == d[:, best.index].mean()
    assert best.adjusted < best.raw
    assert best.shrinkage > 0.5
    assert best.interval.low < 0.0 < best.interval.high


def test_a_lead_that_is_real_stays() -> None:
    d = seeded().choice([1.0, -1.0, 0.0], size=(400, 5), p=[0.05, 0.05, 0.9])
    d[:200, 2] = 1.0
    best = shrink_best(d)
    assert best.index == 2
    assert best.adjusted == pytest.approx(best.raw, abs=0.02)


def test_what_candidates_share_is_not_shrunk() -> None:
    """All beat the incumbent by the same: that is not the luck of the best one."""
    shared = seeded().choice([1.0, 0.0], size=300, p=[0.4, 0.6])
    best = shrink_best(np.stack([shared, shared, shared], axis=1))
    assert best.adjusted == pytest.approx(best.raw)


def test_a_single_candidate_was_not_chosen() -> None:
    d = seeded().choice([1.0, -1.0, 0.0], size=(100, 1))
    best = shrink_best(d)
    assert best.adjusted == pytest.approx(best.raw)
    assert best.interval == paired_interval(d[:, 0])
    with pytest.raises(UsageError, match="one column"):
        shrink_best(np.zeros((0, 3)))


@given(sizes=st.lists(st.integers(1, 6), min_size=2, max_size=30), share=st.sampled_from([0.3, 0.5]))
def test_a_split_never_separates_a_cluster(sizes: list[int], share: float) -> None:
    names = [f"c{c}" for c, size in enumerate(sizes) for _ in range(size)]
    ids = [f"q{i}" for i in range(len(names))]
    try:
        choosing, confirming = split_queries(ids, names, share, seeded())
    except UsageError:
        assert max(sizes) >= min(share, 1 - share) * len(ids)
        return
    assert choosing | confirming == set(ids)
    assert not choosing & confirming
    cluster = dict(zip(ids, names, strict=True))
    assert not {cluster[query] for query in choosing} & {cluster[query] for query in confirming}
    assert abs(len(confirming) - share * len(ids)) <= max(sizes)
    assert split_queries(ids, names, share, seeded()) == (choosing, confirming)


def test_a_split_of_single_queries_and_what_cannot_be_split() -> None:
    ids = [f"q{i}" for i in range(100)]
    choosing, confirming = split_queries(ids, None, 0.3, seeded())
    assert (len(choosing), len(confirming)) == (70, 30)
    with pytest.raises(UsageError, match="cannot be split"):
        split_queries(ids, ["one"] * 100, 0.5, seeded())
    with pytest.raises(UsageError, match="between 0 and 1"):
        split_queries(ids, None, 1.0, seeded())
