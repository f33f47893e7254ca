"""Rank-biased overlap: against its definition written out, every order of ties, and every way to go on."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import rank_biased_overlap
from tests.evaluation.test_ties import COARSE, every_order
from tests.evaluation.worlds import DOCUMENTS, rankings, run_of

LISTS = st.lists(st.sampled_from(DOCUMENTS), unique=True, max_size=6)
FAR = 600
"""p ** 600 is nothing for p = 0.9."""


def scored(order: list[str]) -> dict[str, float]:
    """A ranking without ties."""
    return {doc: float(-rank) for rank, doc in enumerate(order)}


def overlap(a: dict[str, float], b: dict[str, float], p: float = 0.9) -> tuple[float, float, float]:
    """(low, value, high) of a single query."""
    found = rank_biased_overlap(run_of({"q": a}), run_of({"q": b}), p=p)
    return float(found.low[0]), float(found.value[0]), float(found.high[0])


def endless(a: list[str], b: list[str], p: float) -> float:
    """The definition, for rankings so long that the rest weighs nothing."""
    seen_a: set[str] = set()
    seen_b: set[str] = set()
    total = 0.0
    for depth, (one, two) in enumerate(zip(a, b, strict=True), start=1):
        seen_a.add(one)
        seen_b.add(two)
        total += (1 - p) * p ** (depth - 1) * len(seen_a & seen_b) / depth
    return total


def extrapolated(a: list[str], b: list[str], p: float) -> float:
    """Equation 32, term by term."""
    short, long = sorted((a, b), key=len)
    s, length = len(short), len(long)
    if s == 0:
        return float(length == 0)
    common = [len(set(short[:d]) & set(long[:d])) for d in range(length + 1)]
    total = sum(common[d] / d * p**d for d in range(1, length + 1))
    total += sum(common[s] * (d - s) / (s * d) * p**d for d in range(s + 1, length + 1))
    return (1 - p) / p * total + ((common[length] - common[s]) / length + common[s] / s) * p**length


@given(a=LISTS, b=LISTS, p=st.sampled_from([0.5, 0.8, 0.9]))
def test_the_value_is_that_of_the_paper(a: list[str], b: list[str], p: float) -> None:
    assert overlap(scored(a), scored(b), p)[1] == pytest.approx(extrapolated(a, b, p), abs=1e-12)


@given(a=LISTS, b=LISTS)
def test_the_low_end_is_going_on_with_nothing_in_common(a: list[str], b: list[str]) -> None:
    longer_a = a + [f"only in a {n}" for n in range(FAR - len(a))]
    longer_b = b + [f"only in b {n}" for n in range(FAR - len(b))]
    assert overlap(scored(a), scored(b))[0] == pytest.approx(endless(longer_a, longer_b, 0.9), abs=1e-9)


@given(a=LISTS, b=LISTS)
def test_the_high_end_is_going_on_with_what_the_other_has(a: list[str], b: list[str]) -> None:
    """The shorter one first lists what the longer one has and it lacks; then each what is missing; then the same."""
    short, long = sorted((a, b), key=len)
    missing_in_short = [doc for doc in long if doc not in short]
    missing_in_long = [doc for doc in short if doc not in long]
    new = [f"new {n}" for n in range(FAR)]
    longer_short = (short + missing_in_short + new)[:FAR]
    longer_long = (long + missing_in_long + new)[:FAR]
    assert overlap(scored(a), scored(b))[2] == pytest.approx(endless(longer_short, longer_long, 0.9), abs=1e-9)


@given(a=rankings(COARSE, max_size=5), b=rankings(COARSE, max_size=5))
def test_tied_documents_are_in_every_order_at_once(a: dict[str, float], b: dict[str, float]) -> None:
    """The mean over all orders of both."""
    orders = product(every_order(a), every_order(b))
    mean = np.mean([extrapolated(one, two, 0.9) for one, two in orders])
    assert overlap(a, b)[1] == pytest.approx(mean, abs=1e-12)


@given(a=rankings(COARSE), b=rankings(COARSE))
def test_it_is_a_share_between_its_bounds_and_the_same_from_both_sides(
    a: dict[str, float], b: dict[str, float]
) -> None:
    low, value, high = overlap(a, b)
    assert 0.0 <= low <= value + 1e-12
    assert value <= high + 1e-12 <= 1.0 + 2e-12
    assert overlap(b, a) == pytest.approx((low, value, high), abs=1e-12)


@given(order=LISTS.filter(bool))
def test_a_ranking_overlaps_with_itself_completely_and_with_a_stranger_not_at_all(order: list[str]) -> None:
    assert overlap(scored(order), scored(order))[1:] == pytest.approx((1.0, 1.0))
    assert overlap(scored(order), scored([f"other {doc}" for doc in order]))[:2] == pytest.approx((0.0, 0.0))


def test_a_ranking_that_says_no_order_does_not_agree_with_itself_completely() -> None:
    tied = dict.fromkeys(DOCUMENTS[:4], 1.0)
    assert overlap(tied, tied)[1] < 1.0


def test_a_swap_at_the_top_counts_more_than_one_below() -> None:
    order = DOCUMENTS[:8]
    top = [order[1], order[0], *order[2:]]
    bottom = [*order[:6], order[7], order[6]]
    assert overlap(scored(order), scored(top))[1] < overlap(scored(order), scored(bottom))[1] < 1.0


def test_empty_rankings() -> None:
    assert overlap({}, {}) == (0.0, 1.0, 1.0)
    assert overlap({}, {"a": 1.0}) == pytest.approx((0.0, 0.0, 1.0))


def test_queries_of_one_run_only_are_counted() -> None:
    one = run_of({"a": {"x": 1.0}, "b": {"x": 1.0, "y": 0.5}})
    two = run_of({"b": {"x": 1.0, "z": 0.5}, "c": {"x": 1.0}})
    found = rank_biased_overlap(one, two)
    assert (found.query_ids, found.left_out) == (("b",), 2)
    assert found.mean == pytest.approx(extrapolated(["x", "y"], ["x", "z"], 0.9))
    assert np.isnan(rank_biased_overlap(one, run_of({})).mean)


@pytest.mark.parametrize("p", [0.0, 1.0, -1.0])
def test_persistence_is_a_probability(p: float) -> None:
    with pytest.raises(UsageError, match="persistence"):
        rank_biased_overlap(run_of({}), run_of({}), p=p)
