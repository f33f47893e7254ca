"""How often slices stop a candidate that is as good as the incumbent, and one that is worse in a single slice."""

from __future__ import annotations

import numpy as np
import pytest

from helmert.evaluation import (
    Counts,
    EvalSet,
    Evidence,
    GatePolicy,
    Measure,
    QueryFacts,
    Scores,
    SliceRule,
    Verdict,
    decide,
)
from helmert.evaluation.arrays import FloatArray
from helmert.types import Query
from tests.science.worlds import allowed

MEASURES = (Measure.parse("recall@10"), Measure.parse("hit@10"))
SLICES, EACH, SETS = 8, 50, 500
QUERIES = tuple(f"q{number}" for number in range(SLICES * EACH))
SET = EvalSet(
    name="sliced",
    queries=tuple(Query(id=query, text=query) for query in QUERIES),
    qrels={query: {"d": 1} for query in QUERIES},
    query_facts={query: QueryFacts(slices={"part": str(row // EACH)}) for row, query in enumerate(QUERIES)},
)
COUNTS = Counts(queries=len(QUERIES), missing=0, excluded=0, unknown=0, duplicates=0, tied=0)


def scores(values: FloatArray, measures: tuple[Measure, ...]) -> Scores:
    return Scores(
        query_ids=QUERIES,
        values=dict.fromkeys(measures, values),
        counts=COUNTS,
        evalset=SET.digest,
        ties="expected",
    )


def verdict(before: FloatArray, after: FloatArray, measures: tuple[Measure, ...]) -> Verdict:
    evidence = Evidence(evalset=SET, candidate=scores(after, measures), incumbent=scores(before, measures))
    return decide(evidence, GatePolicy(rules=(SliceRule(measures=measures),))).verdict


def changed(rng: np.random.Generator, before: FloatArray, share: float) -> FloatArray:
    """The same system with an answer of its own to a share of the queries, as often right as the other."""
    own = (rng.random(before.size) < before.mean()).astype(np.float64)
    return np.where(rng.random(before.size) < share, own, before)


@pytest.mark.parametrize("measures", [MEASURES[:1], MEASURES], ids=len)
def test_equal_systems_are_rarely_stopped_where_a_threshold_stops_most(measures: tuple[Measure, ...]) -> None:
    """With two measures that move together Holm counts twice as many tests, and errs on the safe side."""
    rng = np.random.default_rng(8)
    stopped = naive = 0
    for _ in range(SETS):
        before = (rng.random(len(QUERIES)) < 0.8).astype(np.float64)
        after = changed(rng, before, 0.4)
        means = (after - before).reshape(SLICES, EACH).mean(axis=1)
        naive += bool((means < -0.03).any())
        stopped += verdict(before, after, measures) is Verdict.FAIL
    assert stopped / SETS <= allowed(0.05, SETS)
    assert naive / SETS > 0.5


def test_a_slice_that_breaks_is_found_though_the_whole_hardly_moves() -> None:
    rng, sets = np.random.default_rng(9), 100
    found = 0
    for _ in range(sets):
        before = (rng.random(len(QUERIES)) < 0.8).astype(np.float64)
        after = changed(rng, before, 0.1)
        after[:EACH] *= rng.random(EACH) < 0.6
        found += verdict(before, after, MEASURES[:1]) is Verdict.FAIL
    assert found / sets >= 0.9


def test_rare_gains_and_many_small_losses_of_equal_systems_stop_nobody() -> None:
    """Equal on average and far from symmetric: 5% of the queries gain everything, half of the others lose a little."""
    rng, sets = np.random.default_rng(10), 200
    stopped = 0
    for _ in range(sets):
        before = np.full(len(QUERIES), 0.5)
        gains, losses = rng.random(len(QUERIES)) < 0.05, rng.random(len(QUERIES)) < 0.5
        small = 0.5 * 0.05 / (0.95 * 0.5)
        after = np.where(gains, 1.0, np.where(losses, before - small, before))
        stopped += verdict(before, after, MEASURES[:1]) is Verdict.FAIL
    assert stopped / sets <= allowed(0.05, sets)
