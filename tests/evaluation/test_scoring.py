"""Queries, documents and judgements that do not meet: nothing is dropped without being counted."""

from __future__ import annotations

import json
from math import isnan

import pytest

from helmert.errors import UsageError
from helmert.evaluation import Counts, Measure, Run, score
from helmert.types import Hit
from tests.evaluation.worlds import run_of, set_of, value_of

RECALL = Measure.parse("recall@10")
MRR = Measure.parse("MRR@10")
NDCG = Measure.parse("nDCG@10")


def test_pitfall_4_missing_and_empty_results_count_as_zero() -> None:
    evalset = set_of({"found": {"d1": 1}, "empty": {"d1": 1}, "missing": {"d1": 1}})
    scores = score(run_of({"found": {"d1": 1.0}, "empty": {}}), evalset, [RECALL])
    assert scores.query_ids == ("found", "empty", "missing")
    assert scores.of(RECALL).tolist() == [1.0, 0.0, 0.0]
    assert scores.counts.missing == 2


def test_pitfall_4_unknown_queries_are_ignored_and_counted() -> None:
    scores = score(run_of({"q": {"d1": 1.0}, "stranger": {"d1": 1.0}}), set_of({"q": {"d1": 1}}), [RECALL])
    assert (scores.mean(RECALL), scores.counts.unknown) == (1.0, 1)


def test_pitfall_4_queries_without_positives_are_left_out_and_counted() -> None:
    evalset = set_of({"q": {"d1": 1}, "zero": {"d1": 0}, "nothing": {}})
    scores = score(run_of({"q": {"d1": 1.0}, "zero": {"d1": 1.0}}), evalset, [RECALL])
    assert scores.query_ids == ("q",)
    assert scores.counts.excluded == 2


def test_duplicates_are_credited_once_at_their_first_rank() -> None:
    hits = [
        Hit(id="d1", score=0.9),
        Hit(id="d1", score=0.8),
        Hit(id="d1", score=0.7),
        Hit(id="d2", score=0.6),
    ]
    run = Run.from_hits(["q"], [hits])
    scores = score(run, set_of({"q": {"d1": 1, "d2": 1}}), [RECALL, MRR, NDCG])
    assert scores.counts.duplicates == 2
    assert scores.of(RECALL).tolist() == [1.0]
    assert scores.of(NDCG).tolist() == pytest.approx([1.0])


def test_pitfall_2_unjudged_documents_count_as_not_relevant_and_show_in_judged() -> None:
    """Two systems find the answer at rank 2; what stands above it was judged for one of them only."""
    grades = {"answer": 1, "known": 0}
    seen, unseen = {"known": 0.9, "answer": 0.8}, {"new": 0.9, "answer": 0.8}
    assert value_of(seen, grades, "MRR@10") == value_of(unseen, grades, "MRR@10") == 0.5
    assert value_of(seen, grades, "judged@10") == 1.0
    assert value_of(unseen, grades, "judged@10") == 0.5


def test_a_measure_per_query_and_its_mean() -> None:
    scores = score(run_of({"a": {"d1": 1.0}, "b": {"d2": 1.0}}), set_of({"a": {"d1": 1}, "b": {"d1": 1}}), [RECALL])
    assert scores.mean(RECALL) == 0.5
    with pytest.raises(UsageError, match="MRR@10 was not computed; there are recall@10"):
        scores.of(MRR)


@pytest.mark.parametrize("run", [run_of({}), run_of({"q": {}}), run_of({"other": {"d1": 1.0}})])
def test_no_queries_at_all(run: Run) -> None:
    scores = score(run, set_of({}), [RECALL, NDCG])
    assert scores.of(RECALL).size == 0
    assert isnan(scores.mean(RECALL))
    measures = json.loads(json.dumps(scores.to_dict()))["measures"]
    assert measures["recall@10"]["mean"] is None
    assert measures["recall@10"]["interval"] == pytest.approx({"low": 0.0, "high": 1.0, "level": 0.95})


def test_a_run_without_any_hit() -> None:
    scores = score(run_of({"q": {}}), set_of({"q": {"d1": 1}}), [RECALL, MRR, NDCG, Measure.parse("judged@5")])
    assert [values.tolist() for values in scores.values.values()] == [[0.0]] * 4


def test_no_measure_is_an_error() -> None:
    with pytest.raises(UsageError, match="at least one measure"):
        score(run_of({}), set_of({}), [])


def test_report_is_plain_json() -> None:
    scores = score(run_of({"q": {"d1": 1.0}}), set_of({"q": {"d1": 1}}), [RECALL])
    written = json.loads(json.dumps(scores.to_dict()))
    assert written["measures"]["recall@10"]["mean"] == 1.0
    assert written["counts"]["queries"] == 1
    assert written["evalset"] == set_of({"q": {"d1": 1}}).digest


def test_only_counts_that_are_not_zero_are_worth_a_sentence() -> None:
    counts = Counts(queries=5, missing=0, excluded=1, unknown=0, duplicates=3, tied=0)
    assert counts.sentences() == (
        "Queries without a relevant document, left out: 1.",
        "Repeated results, credited only once: 3.",
    )
