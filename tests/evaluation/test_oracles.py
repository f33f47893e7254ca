"""Agreement with pytrec_eval and ir_measures, and the cases in which we disagree on purpose."""

from __future__ import annotations

from typing import Any

import ir_measures
import pytest
import pytrec_eval
from hypothesis import given

from helmert.evaluation import Measure, score
from tests.evaluation.worlds import run_of, set_of, value_of, values_of, worlds

Qrels = dict[str, dict[str, int]]
Found = dict[str, dict[str, float]]

TREC = {
    "recall@3": "recall_3",
    "recall@10": "recall_10",
    "hit@3": "success_3",
    "nDCG@3": "ndcg_cut_3",
    "nDCG@10": "ndcg_cut_10",
    "MRR": "recip_rank",
    "precision@3": "P_3",
    "precision@10": "P_10",
    "MAP": "map",
    "MAP@3": "map_cut_3",
    "MAP@10": "map_cut_10",
}
IR_MEASURES = {
    "recall@3": "R@3",
    "hit@3": "Success@3",
    "nDCG@3": "nDCG@3",
    "MRR@3": "RR@3",
    "judged@3": "Judged@3",
    "precision@3": "P@3",
    "MAP@3": "AP@3",
    "MAP": "AP",
}


def trec(qrels: Qrels, found: Found) -> dict[str, dict[str, float]]:
    """Query to trec_eval's measure to value."""
    values: dict[str, dict[str, float]] = pytrec_eval.RelevanceEvaluator(qrels, set(TREC.values())).evaluate(found)
    return values


def ir(qrels: Qrels, found: Found) -> dict[tuple[str, str], float]:
    """(query, ir_measures' measure) to value."""
    measures = [ir_measures.parse_measure(name) for name in IR_MEASURES.values()]
    metrics: Any = ir_measures.iter_calc(measures, qrels, found)
    return {(metric.query_id, str(metric.measure)): metric.value for metric in metrics}


@given(world=worlds())
def test_agrees_with_pytrec_eval_without_ties(world: tuple[Qrels, Found]) -> None:
    qrels, found = world
    ours = values_of(run_of(found), set_of(qrels), list(TREC))
    for query, theirs in trec(qrels, found).items():
        for name, key in TREC.items():
            assert ours[name][query] == pytest.approx(theirs[key], abs=1e-9), (name, query)


@given(world=worlds())
def test_agrees_with_ir_measures_without_ties(world: tuple[Qrels, Found]) -> None:
    qrels, all_found = world
    found = {query: ranking for query, ranking in all_found.items() if ranking}
    ours = values_of(run_of(found), set_of(qrels), list(IR_MEASURES))
    for name, key in IR_MEASURES.items():
        for (query, measure), value in ir(qrels, found).items():
            if measure == key and query in found:
                assert ours[name][query] == pytest.approx(value, abs=1e-9), (name, query)


def test_they_break_ties_by_id_and_we_do_not() -> None:
    found: Found = {"q": dict.fromkeys(["d1", "d2", "d3", "d4", "d5"], 1.0)}
    theirs = [trec({"q": {doc: 1}}, found)["q"]["recip_rank"] for doc in ("d1", "d5")]
    assert theirs == pytest.approx([0.2, 1.0])
    assert ir({"q": {"d1": 1}}, found)["q", "RR@3"] == 1.0
    ours = [value_of(found["q"], {doc: 1}, "MRR") for doc in ("d1", "d5")]
    assert ours == pytest.approx([137 / 300, 137 / 300])


def test_they_compare_scores_as_float32_and_we_do_not() -> None:
    ranking = {"d1": 0.5 + 1e-9, "d2": 0.5}
    assert trec({"q": {"d1": 1}}, {"q": ranking})["q"]["recip_rank"] == 0.5
    assert value_of(ranking, {"d1": 1}, "MRR") == 1.0


def test_they_leave_out_a_missing_query_and_we_count_it_as_zero() -> None:
    qrels: Qrels = {"answered": {"d1": 1}, "forgotten": {"d1": 1}}
    found: Found = {"answered": {"d1": 1.0}}
    theirs = [values["recall_10"] for values in trec(qrels, found).values()]
    assert sum(theirs) / len(theirs) == 1.0
    recall = Measure.parse("recall@10")
    assert score(run_of(found), set_of(qrels), [recall]).mean(recall) == 0.5


def test_they_score_a_query_without_positives_as_zero_and_we_leave_it_out() -> None:
    qrels: Qrels = {"good": {"d1": 1}, "hopeless": {"d1": 0}}
    found: Found = {"good": {"d1": 1.0}, "hopeless": {"d1": 1.0}}
    assert trec(qrels, found)["hopeless"]["recall_10"] == 0.0
    recall = Measure.parse("recall@10")
    scores = score(run_of(found), set_of(qrels), [recall])
    assert (scores.mean(recall), scores.counts.excluded) == (1.0, 1)


def test_they_refuse_fractional_grades_and_we_take_them() -> None:
    with pytest.raises(TypeError):
        trec({"q": {"d1": 0.5}}, {"q": {"d1": 1.0}})  # type: ignore[dict-item]
    assert value_of({"d1": 1.0}, {"d1": 0.5}, "nDCG@10") == 1.0
