"""The next labels: worth is what a label would really change, bounds hold every labelling, and the end is announced."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.errors import Refused, UsageError
from helmert.evaluation import EvalSet, Measure, QueryFacts, Run, Sampling, score
from helmert.labelling.worth import next_labels
from tests.evaluation.worlds import run_of, set_of

NDCG, RECALL = Measure.parse("nDCG@3"), Measure.parse("recall@3")
Rankings = dict[str, dict[str, float]]


def ranked(*documents: str) -> dict[str, float]:
    return {document: float(len(documents) - rank) for rank, document in enumerate(documents)}


def mean(run: Run, evalset: EvalSet, measure: Measure) -> float:
    """Over all queries of the set; one without a relevant document counts as 0."""
    scores = score(run, evalset, [measure])
    weights = {query.id: evalset.facts(query.id).weight for query in evalset.queries}
    values = zip(scores.query_ids, scores.of(measure).tolist(), strict=True)
    return float(sum(weights[query] * value for query, value in values)) / sum(weights.values())


ORDERS = st.lists(st.sampled_from("abcde"), unique=True, min_size=1, max_size=4)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[EvalSet, dict[str, Run]]:
    queries = ["q1", "q2"]
    grades = st.dictionaries(st.sampled_from("abcde"), st.sampled_from([0, 1]), max_size=2)
    evalset = set_of({query: draw(grades) for query in queries})
    facts = {"q1": QueryFacts(weight=draw(st.sampled_from([1.0, 3.0])))}
    runs = {name: run_of({query: ranked(*draw(ORDERS)) for query in queries}) for name in ("one", "two")}
    return replace(evalset, query_facts=facts), runs


@given(worlds(), st.sampled_from([NDCG, RECALL]))
def test_worth_is_the_change_that_scoring_with_the_label_shows(
    world: tuple[EvalSet, dict[str, Run]], measure: Measure
) -> None:
    evalset, runs = world
    before = mean(runs["one"], evalset, measure) - mean(runs["two"], evalset, measure)
    for pair in next_labels(runs, evalset, measure).pairs:
        labelled = {**evalset.qrels, pair.query: {**evalset.qrels[pair.query], pair.document: 1}}
        after = replace(evalset, qrels=labelled)
        change = mean(runs["one"], after, measure) - mean(runs["two"], after, measure) - before
        assert pair.worth == pytest.approx(abs(change), abs=1e-9)


@settings(max_examples=60)
@given(worlds(), st.sampled_from([NDCG, RECALL]))
def test_every_labelling_of_the_holes_stays_within_the_prospect(
    world: tuple[EvalSet, dict[str, Run]], measure: Measure
) -> None:
    evalset, runs = world
    found = next_labels(runs, evalset, measure)
    (prospect,) = found.prospects
    differences = []
    for answers in product([0, 1], repeat=min(len(found.pairs), 7)):
        qrels = {query: dict(grades) for query, grades in evalset.qrels.items()}
        for pair, answer in zip(found.pairs, answers, strict=False):
            qrels[pair.query][pair.document] = answer
        labelled = replace(evalset, qrels=qrels)
        differences.append(mean(runs["one"], labelled, measure) - mean(runs["two"], labelled, measure))
    assert prospect.lowest - 1e-9 <= min(differences)
    assert max(differences) <= prospect.highest + 1e-9
    if len(found.pairs) <= 7:
        assert prospect.lowest == pytest.approx(min(differences), abs=1e-9)
        assert prospect.highest == pytest.approx(max(differences), abs=1e-9)


def test_documents_of_only_one_system_come_before_those_both_rank_alike() -> None:
    evalset = set_of({"q": {"known": 1}})
    runs = {"one": run_of({"q": ranked("both", "mine")}), "two": run_of({"q": ranked("both", "theirs")})}
    found = next_labels(runs, evalset, RECALL)
    assert [pair.document for pair in found.pairs] == ["mine", "theirs", "both"]
    assert found.pairs[-1].worth == 0.0
    assert found.pairs[0].ranks == {"one": 2}
    assert found.pairs[-1].ranks == {"one": 1, "two": 1}


def test_queries_that_stand_for_more_traffic_come_first() -> None:
    evalset = replace(set_of({"rare": {"r": 1}, "often": {"r": 1}}), query_facts={"often": QueryFacts(weight=9.0)})
    runs = {
        "one": run_of({"rare": ranked("x"), "often": ranked("x")}),
        "two": run_of({"rare": ranked("y"), "often": ranked("y")}),
    }
    assert [pair.query for pair in next_labels(runs, evalset, NDCG).pairs[:2]] == ["often", "often"]


def test_judged_documents_are_not_asked_about_again() -> None:
    evalset = set_of({"q": {"a": 1, "b": 0}})
    runs = {"one": run_of({"q": ranked("a", "b", "c")}), "two": run_of({"q": ranked("b", "a")})}
    assert [pair.document for pair in next_labels(runs, evalset, NDCG).pairs] == ["c"]


def test_a_verdict_that_no_label_can_change_is_announced() -> None:
    names = [f"q{number}" for number in range(60)]
    evalset = set_of({name: {"right": 1, "wrong": 0} for name in names})
    best = {name: ranked("right", "wrong") for name in names}
    worst = {name: ranked("wrong", "x", "y") if name == "q0" else ranked("wrong") for name in names}
    found = next_labels({"good": run_of(best), "bad": run_of(worst)}, evalset, NDCG)
    (prospect,) = found.prospects
    assert prospect.settled == "decided"
    assert found.finished
    assert "good is better whatever the missing labels say" in prospect.sentence


def test_systems_that_cannot_be_told_apart_ask_for_more_queries() -> None:
    evalset = set_of({f"q{n}": {"a": 1, "b": 0} for n in range(30)})
    run = run_of({f"q{n}": ranked("a", "b") for n in range(30)})
    (prospect,) = next_labels({"one": run, "two": run}, evalset, NDCG).prospects
    assert prospect.settled == "undecidable"
    assert "ask more queries" in prospect.sentence


def test_many_holes_leave_the_verdict_open() -> None:
    evalset = set_of({f"q{n}": {"gone": 1} for n in range(50)})
    runs = {
        name: run_of({f"q{n}": ranked(*(f"{name}{rank}" for rank in range(3))) for n in range(50)})
        for name in ("one", "two")
    }
    found = next_labels(runs, evalset, NDCG, limit=7)
    assert not found.finished
    assert len(found.pairs) == 7


def test_three_systems_give_three_prospects() -> None:
    evalset = set_of({"q": {"a": 1}})
    runs = {name: run_of({"q": ranked(name)}) for name in ("x", "y", "z")}
    assert [(p.first, p.second) for p in next_labels(runs, evalset, NDCG).prospects] == [
        ("x", "y"),
        ("x", "z"),
        ("y", "z"),
    ]


def test_pitfall_11_a_random_sample_takes_no_labels_any_more() -> None:
    evalset = replace(set_of({"q": {"a": 1}}), sampling=Sampling(method="random", corpus=100, sampled=10))
    runs = {name: run_of({"q": ranked("x")}) for name in ("one", "two")}
    with pytest.raises(Refused, match="spoil the correction"):
        next_labels(runs, evalset, NDCG)


def test_one_system_or_a_measure_without_cut_off_is_refused() -> None:
    evalset, run = set_of({"q": {"a": 1}}), run_of({"q": ranked("a")})
    with pytest.raises(UsageError, match="two of them"):
        next_labels({"one": run}, evalset, NDCG)
    with pytest.raises(UsageError, match="cut-off"):
        next_labels({"one": run, "two": run}, evalset, Measure.parse("MRR"))


def test_labelling_in_the_given_order_settles_a_choice_sooner_than_in_the_order_of_one_ranking() -> None:
    """What the order is for: the same answers, fewer of them."""
    rng = np.random.default_rng(0)
    names = [f"q{number}" for number in range(16)]
    truth = {name: {f"{name}r"} for name in names}
    one, two = {}, {}
    for name in names:
        noise = [f"{name}n{rank}" for rank in range(9)]
        shared = noise[:4]
        one[name] = ranked(*(shared + ([f"{name}r"] if rng.random() < 0.8 else []) + noise[4:6]))
        two[name] = ranked(*(shared + ([f"{name}r"] if rng.random() < 0.2 else []) + noise[6:8]))
    runs, measure = {"one": run_of(one), "two": run_of(two)}, Measure.parse("recall@10")

    def needed(by_worth: bool) -> int:
        evalset = set_of({name: {"elsewhere": 1} for name in names})
        for labels in range(200):
            found = next_labels(runs, evalset, measure)
            if found.finished:
                return labels
            pairs = found.pairs if by_worth else sorted(found.pairs, key=lambda pair: (pair.query, pair.document))
            first = pairs[0]
            answer = int(first.document in truth[first.query])
            qrels = {**evalset.qrels, first.query: {**evalset.qrels[first.query], first.document: answer}}
            evalset = replace(evalset, qrels=qrels)
        return 200

    assert needed(by_worth=True) < needed(by_worth=False)
