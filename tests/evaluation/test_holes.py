"""Pitfall 2: documents that nobody judged are never taken for wrong ones without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.evaluation import Measure, judged_gap, score, unjudged_bounds
from tests.evaluation.worlds import DOCUMENTS, GRADES, run_of, set_of, value_of

NAMES = [
    *("recall@3", "recall-cap@2", "precision@3", "hit@2", "MRR", "MRR@2", "MAP", "MAP@3"),
    *("nDCG@3", "nDCG@10", "nDCG-exp@4"),
]
ORDERS = st.lists(st.sampled_from(DOCUMENTS), unique=True, max_size=6)


def scored(order: list[str]) -> dict[str, float]:
    """A ranking without ties."""
    return {doc: float(-rank) for rank, doc in enumerate(order)}


def every_judgement(order: list[str], grades: Mapping[str, int], cutoff: int) -> Iterator[dict[str, int]]:
    """The labels with each hole above the cutoff once irrelevant and once as good as the best."""
    holes = [doc for doc in order[:cutoff] if doc not in grades]
    for choice in product([0, max(grades.values())], repeat=len(holes)):
        yield {**grades, **dict(zip(holes, choice, strict=True))}


@given(order=ORDERS, grades=GRADES)
def test_pitfall_2_bounds_are_the_extremes_over_every_judgement_of_the_holes(
    order: list[str], grades: dict[str, int]
) -> None:
    run, evalset = run_of({"q": scored(order)}), set_of({"q": grades})
    low, high = unjudged_bounds(run, evalset, [Measure.parse(name) for name in NAMES])
    for name in NAMES:
        measure = Measure.parse(name)
        judgements = every_judgement(order, grades, measure.cutoff or len(order))
        values = [value_of(scored(order), labels, name) for labels in judgements]
        assert low.of(measure)[0] == pytest.approx(min(values), abs=1e-12), name
        assert high.of(measure)[0] == pytest.approx(max(values), abs=1e-12), name


@given(order=ORDERS, grades=GRADES)
def test_what_score_says_lies_between_the_bounds(order: list[str], grades: dict[str, int]) -> None:
    run, evalset = run_of({"q": scored(order)}), set_of({"q": grades})
    measures = [Measure.parse(name) for name in NAMES]
    low, high = unjudged_bounds(run, evalset, measures)
    seen = score(run, evalset, measures)
    for measure in measures:
        assert low.mean(measure) <= seen.mean(measure) <= high.mean(measure)


def test_holes_below_the_cutoff_do_not_count() -> None:
    low, high = unjudged_bounds(
        run_of({"q": {"right": 0.9, "hole": 0.5}}), set_of({"q": {"right": 1}}), [Measure.parse("precision@1")]
    )
    assert low.mean(Measure.parse("precision@1")) == high.mean(Measure.parse("precision@1")) == 1.0


def test_a_hole_tied_with_the_last_place_counts() -> None:
    measure = Measure.parse("recall@1")
    low, high = unjudged_bounds(run_of({"q": {"right": 0.5, "hole": 0.5}}), set_of({"q": {"right": 1}}), [measure])
    assert (low.mean(measure), high.mean(measure)) == pytest.approx((0.5, 0.5))
    perfect = run_of({"q": {"right": 0.9, "hole": 0.5, "second": 0.5}})
    low, high = unjudged_bounds(perfect, set_of({"q": {"right": 1, "second": 0}}), [Measure.parse("recall@2")])
    assert (low.mean(Measure.parse("recall@2")), high.mean(Measure.parse("recall@2"))) == pytest.approx((0.75, 1.0))


def test_without_holes_nothing_is_open_and_judged_is_a_fact() -> None:
    evalset = set_of({"q": {"a": 1, "b": 0}})
    measures = [Measure.parse("nDCG@10"), Measure.parse("judged@10")]
    low, high = unjudged_bounds(run_of({"q": {"b": 0.9, "a": 0.8}}), evalset, measures)
    assert low.mean(measures[0]) == high.mean(measures[0])
    low, high = unjudged_bounds(run_of({"q": {"new": 0.9, "a": 0.8}}), evalset, measures)
    assert low.mean(measures[1]) == high.mean(measures[1]) == 0.5


def test_pitfall_2_judged_shares_that_lie_far_apart_get_a_sentence() -> None:
    measures = [Measure.parse("judged@10"), Measure.parse("recall@10")]
    evalset = set_of({"q": {"a": 1, "b": 0, "c": 0, "d": 0}})
    known = score(run_of({"q": {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6}}), evalset, measures)
    dense = score(run_of({"q": {"a": 0.9, "new": 0.8, "newer": 0.7, "d": 0.6}}), evalset, measures)
    (sentence,) = judged_gap(dense, known)
    assert "judged@10 is 0.50 for the candidate and 1.00 for the incumbent" in sentence
    assert "the candidate may be better than it looks" in sentence
    assert "the incumbent may be better" in judged_gap(known, dense)[0]
    assert judged_gap(known, known) == ()
    without = score(run_of({}), evalset, measures[1:])
    assert judged_gap(without, known) == ()
