"""What is said before anything is paid: which differences a set of this size will not show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helmert.evaluation import Measure, QueryFacts
from helmert.evaluation.statistics import TYPICAL_SPREADS, detectable_difference
from helmert.selection.forecast import power_sentence
from tests.selection.worlds import evalset_of, texts


def said(count: int, measure: str, level: float = 0.95) -> str:
    return power_sentence(evalset_of(texts(count)), Measure.parse(measure), level)


def usual(measure: str) -> list[float]:
    return [spread.middle for spread in TYPICAL_SPREADS if spread.measure == measure]


@pytest.mark.parametrize("measure", ["nDCG@10", "MRR@10"])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_difference_is_that_of_the_spread_usual_for_the_measure(measure: str, level: float) -> None:
    (spread,) = usual(measure)
    points = round(100 * detectable_difference(250, spread, level=level, adjusted=True))
    assert said(250, measure, level) == (
        f"With 250 queries a difference in {measure} below about {points} points between two models will probably not "
        "show."
    )


def test_recall_has_a_range_since_siblings_differ_less_than_strangers() -> None:
    low, *_, high = sorted(
        round(100 * detectable_difference(250, spread, adjusted=True)) for spread in usual("recall@10")
    )
    assert f"below {low} to {high} points" in said(250, "recall@10")


@pytest.mark.parametrize(
    ("measure", "like"), [("nDCG@5", "nDCG@10"), ("MRR@100", "MRR@10"), ("recall@3", "recall@10"), ("MAP", "recall@10")]
)
def test_a_measure_without_a_known_spread_says_whose_it_takes(measure: str, like: str) -> None:
    sentence = said(100, measure)
    assert sentence.endswith(f"as {like} does.")
    assert sentence.partition(" below ")[2].partition(" between")[0] in said(100, like)


def test_one_point_is_singular_and_less_than_one_is_not_nothing() -> None:
    (spread,) = usual("nDCG@10")
    count = next(
        n for n in range(3000, 4500, 10) if round(100 * detectable_difference(n, spread, adjusted=True), 1) == 1.0
    )
    assert "below about 1 point between" in said(count, "nDCG@10")
    assert "below about 0.7 points between" in said(2 * count, "nDCG@10")


def test_clusters_leave_fewer_queries_and_one_query_shows_nothing() -> None:
    evalset = evalset_of(texts(100))
    facts = {query.id: QueryFacts(cluster=f"c{row % 20}") for row, query in enumerate(evalset.queries)}
    assert "(worth " in power_sentence(replace(evalset, query_facts=facts), Measure.parse("nDCG@10"), 0.95)
    assert said(1, "nDCG@10") == "One query shows nothing about the next: label more."
