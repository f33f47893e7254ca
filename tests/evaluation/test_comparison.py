"""Two systems on the same queries."""

from __future__ import annotations

import json
from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import (
    Measure,
    QueryFacts,
    Scores,
    compare,
    paired_interval,
    score,
    sign_flip_p,
    tie_bounds,
)
from helmert.evaluation.pairing import pair
from tests.evaluation.worlds import run_of, set_of

RECALL, MRR = Measure.parse("recall@1"), Measure.parse("MRR@10")


def hits(found: dict[str, bool], known: str = "abcdef") -> Scores:
    """A system that finds the relevant document of these queries, on a set of the known queries."""
    run = run_of({query: {"right" if good else "wrong": 1.0} for query, good in found.items()})
    return score(run, set_of({query: {"right": 1} for query in known}), [RECALL, MRR])


def test_a_comparison_by_hand() -> None:
    incumbent = hits({"a": True, "b": True, "c": False, "d": False, "e": True, "f": False})
    candidate = hits({"a": True, "b": False, "c": True, "d": True, "e": True, "f": False})
    found = compare(candidate, incumbent, RECALL)
    assert (found.n, found.wins, found.losses, found.ties) == (6, 2, 1, 3)
    assert (found.incumbent_mean, found.candidate_mean) == pytest.approx((3 / 6, 4 / 6))
    assert found.difference == pytest.approx(1 / 6)
    assert found.mean_square == pytest.approx(3 / 6)
    differences = [0.0, -1.0, 1.0, 1.0, 0.0, 0.0]
    assert found.interval == paired_interval(differences)
    assert found.p_value == sign_flip_p(differences, np.random.default_rng(0))
    assert (found.left_out, found.same_set) == (0, True)


@given(
    good=st.lists(st.booleans(), min_size=6, max_size=6),
    better=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_the_two_sides_mirror_each_other(good: list[bool], better: list[bool]) -> None:
    old, new = hits(dict(zip("abcdef", good, strict=True))), hits(dict(zip("abcdef", better, strict=True)))
    there, back = compare(new, old, MRR), compare(old, new, MRR)
    assert there.difference == pytest.approx(-back.difference)
    assert (there.wins, there.losses) == (back.losses, back.wins)
    assert (there.interval.low, there.interval.high) == pytest.approx((-back.interval.high, -back.interval.low))


def test_a_system_against_itself_differs_in_nothing_and_proves_nothing() -> None:
    same = hits(dict.fromkeys("abcdef", True))
    found = compare(same, same, RECALL)
    assert (found.difference, found.ties, found.p_value) == (0.0, 6, 1.0)
    assert found.interval.low < 0.0 < found.interval.high


def test_pitfall_12_unequal_query_sets_are_intersected_and_said() -> None:
    incumbent = hits(dict.fromkeys("abcd", True), known="abcd")
    candidate = hits(dict.fromkeys("cdef", True), known="cdef")
    found = compare(candidate, incumbent, RECALL)
    assert (found.n, found.left_out, found.same_set) == (2, 4, False)


def test_queries_are_paired_by_id_and_not_by_position() -> None:
    incumbent = hits({"a": True, "b": False}, known="ab")
    candidate = hits({"a": True, "b": False}, known="ba")
    assert compare(candidate, incumbent, RECALL).ties == 2


def test_rounding_of_sums_is_no_difference() -> None:
    """The expectation over tied documents is a sum; its last bit is neither a win nor a loss."""
    evalset = set_of({"q": {"a": 1, "b": 1}})
    tied = run_of({"q": {"a": 0.5, "x": 0.5, "y": 0.5}})
    padded = run_of({"q": {"a": 0.5, "x": 0.5, "y": 0.5}, "r": {"a": 1.0, **{f"z{n}": 0.5 for n in range(20)}}})
    ndcg = Measure.parse("nDCG@10")
    assert compare(score(padded, evalset, [ndcg]), score(tied, evalset, [ndcg]), ndcg).ties == 1


def test_nothing_in_common() -> None:
    found = compare(hits({}, known="ab"), hits({}, known="cd"), RECALL)
    assert (found.n, found.p_value, found.left_out) == (0, 1.0, 4)
    assert isnan(found.difference)
    assert found.interval.width > 1.5
    assert json.loads(json.dumps(found.to_dict()))["difference"] is None


def test_the_generator_decides_the_p_value_and_nothing_else() -> None:
    old, new = hits({"a": True, "b": True, "c": True}), hits({"a": True, "d": True, "e": True, "f": True})
    one, two = compare(new, old, MRR), compare(new, old, MRR, rng=np.random.default_rng(99))
    assert one == compare(new, old, MRR)
    assert one.p_value == pytest.approx(two.p_value, abs=0.05)
    assert one.interval == two.interval


def test_what_cannot_be_compared() -> None:
    evalset = set_of({"a": {"right": 1}})
    lucky = score(run_of({}), evalset, [RECALL], ties="best")
    expected = score(run_of({}), evalset, [RECALL])
    with pytest.raises(UsageError, match="ties 'best', the incumbent with 'expected'"):
        compare(lucky, expected, RECALL)
    with pytest.raises(UsageError, match="MRR@10 was not computed"):
        compare(expected, expected, MRR)


def test_the_report_is_plain_json() -> None:
    found = compare(hits({"a": True}), hits({"b": True}), RECALL, level=0.9)
    written = json.loads(json.dumps(found.to_dict()))
    assert (written["measure"], written["queries"], written["interval"]["level"]) == ("recall@1", 6, 0.9)


def system(found: list[bool], facts: dict[str, QueryFacts] | None = None) -> Scores:
    """A system that finds the answers of these queries, on a set with these facts."""
    names = [f"q{number}" for number in range(len(found))]
    run = run_of({q: {"right" if good else "wrong": 1.0} for q, good in zip(names, found, strict=True)})
    evalset = replace(set_of({query: {"right": 1} for query in names}), query_facts=facts or {})
    return score(run, evalset, [RECALL, MRR])


def test_weights_of_the_set_flow_through_to_the_means() -> None:
    """Ten queries; the first weighs as much as the nine others together."""
    facts = {"q0": QueryFacts(weight=9.0)}
    old, new = system([False] * 10, facts), system([True] + [False] * 9, facts)
    assert new.mean(RECALL) == pytest.approx(0.5)
    found = compare(new, old, RECALL)
    assert (found.difference, found.candidate_mean) == pytest.approx((0.5, 0.5))
    assert found.effective < found.n
    written = new.to_dict()["measures"]
    assert isinstance(written, dict)
    assert (written["recall@1"]["mean"], written["recall@1"]["macro"]) == pytest.approx((0.5, 0.1))


def test_pitfall_12_clusters_of_the_set_flow_through_to_interval_and_p_value() -> None:
    facts = {f"q{n}": QueryFacts(cluster=f"c{n // 5}") for n in range(200)}
    better = [n // 5 in (3, 17, 29) for n in range(200)]
    plain = compare(system(better), system([False] * 200), RECALL)
    clustered = compare(system(better, facts), system([False] * 200, facts), RECALL)
    assert clustered.difference == pytest.approx(plain.difference)
    assert clustered.effective < 50
    assert plain.effective == plain.n == 200
    assert clustered.interval.width > 1.5 * plain.interval.width
    assert clustered.p_value > 0.1 > plain.p_value


def test_clusters_follow_their_queries_when_sets_differ() -> None:
    facts = {f"q{n}": QueryFacts(cluster=f"c{n // 2}", weight=1.0 + n) for n in range(6)}
    paired = pair(system([True] * 3, facts), system([True] * 6, facts), RECALL)
    assert paired.clusters == ("c0", "c0", "c1")
    assert paired.weights is not None
    assert paired.weights.tolist() == [1.0, 2.0, 3.0]


def test_the_bootstrap_stands_beside_the_interval_from_200_queries_on() -> None:
    rng = np.random.default_rng(3)
    old, new = (rng.random(200) < 0.5).tolist(), (rng.random(200) < 0.6).tolist()
    large, small = compare(system(new), system(old), RECALL), compare(system(new[:199]), system(old[:199]), RECALL)
    assert small.bootstrap is None is small.relative
    assert large.bootstrap is not None
    assert large.relative is not None
    assert large.bootstrap.width == pytest.approx(large.interval.width, rel=0.1)
    assert large.candidate_mean / large.incumbent_mean - 1 in large.relative
    assert json.loads(json.dumps(large.to_dict()))["bootstrap"]["level"] == 0.95


def test_an_effect_size_and_the_sign_test_come_along() -> None:
    found = compare(system([True] * 20 + [False] * 20), system([False] * 10 + [True] * 10 + [False] * 20), RECALL)
    assert found.effect is not None
    assert found.effect.win.value == 0.25
    assert found.sign_test == pytest.approx(2 / 2**10)


def test_pitfall_12_fewer_than_30_queries_get_a_warning() -> None:
    assert "fewer than 30" in compare(system([True] * 29), system([False] * 29), RECALL).notes()[0]
    assert compare(system([True] * 30), system([False] * 30), RECALL).notes() == ()
    facts = {f"q{n}": QueryFacts(cluster=f"c{n // 10}") for n in range(100)}
    clustered = compare(system([True] * 100, facts), system([False] * 100, facts), RECALL)
    assert "100 queries, worth 10 independent ones" in clustered.notes()[0]


def test_pitfall_12_no_difference_has_an_interval_and_is_never_significant() -> None:
    for n in (1, 30, 200, 1000):
        same = compare(system([True] * n), system([True] * n), RECALL)
        assert same.interval.low < 0.0 < same.interval.high
        assert same.p_value == same.sign_test == 1.0


def test_pitfall_12_intervals_that_disagree_are_said() -> None:
    """Seven wins, one loss of 400: a bootstrap interval above zero, and an adjusted one that is not."""
    found = [n < 7 for n in range(400)]
    loss = [n == 7 for n in range(400)]
    told = compare(system(found), system(loss), RECALL)
    assert told.bootstrap is not None
    assert told.interval.low < 0.0 < told.bootstrap.low
    assert "disagree whether there is a difference; take it as not shown" in told.notes()[0]


def test_pitfall_1_ties_that_could_turn_the_comparison_are_said() -> None:
    evalset = set_of({f"q{n}": {"right": 1} for n in range(40)})
    tied = run_of({f"q{n}": {"right": 0.5, "wrong": 0.5} for n in range(40)})
    clear = run_of({f"q{n}": {"right" if n % 2 else "wrong": 1.0} for n in range(40)})
    bounds = tie_bounds(tied, evalset, [RECALL]), tie_bounds(clear, evalset, [RECALL])
    found = compare(score(tied, evalset, [RECALL]), score(clear, evalset, [RECALL]), RECALL, ties=bounds)
    assert found.difference == 0.0
    assert found.tie_bounds is not None
    assert (found.tie_bounds.low, found.tie_bounds.high) == (-0.5, 0.5)
    assert "equal scores leave the difference anywhere" in found.notes()[0]
    other = tie_bounds(clear, set_of({"q1": {"right": 1}}), [RECALL])
    with pytest.raises(UsageError, match="different queries"):
        compare(score(tied, evalset, [RECALL]), score(clear, evalset, [RECALL]), RECALL, ties=(bounds[0], other))
