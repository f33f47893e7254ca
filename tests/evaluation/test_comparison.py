"""Two systems on the same queries."""

from __future__ import annotations

import json
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import Measure, Scores, compare, paired_interval, score, sign_flip_p
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


def test_unequal_query_sets_are_intersected_and_said() -> None:
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
