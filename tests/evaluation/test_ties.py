"""Equal scores: closed forms against every order written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby, permutations, product
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import Measure, judged_run, known_measures, score, tie_bounds
from helmert.evaluation.ties import TiePolicy
from tests.evaluation.worlds import DOCUMENTS, GRADES, rankings, run_of, set_of, value_of, values_of

NAMES = [
    *("recall@1", "recall@3", "recall-cap@2", "precision@3", "hit@2", "MRR@3", "MRR", "MAP@3", "MAP"),
    *("nDCG@3", "nDCG-exp@4", "judged@3"),
]
COARSE = st.sampled_from([0.0, 0.25, 0.5])
"""Few different scores, so that most rankings hold ties."""


def every_order(ranking: Mapping[str, float]) -> Iterator[list[str]]:
    """All rankings that agree with the scores."""
    by_score = sorted(ranking, key=lambda doc: -ranking[doc])
    groups = [list(group) for _, group in groupby(by_score, key=lambda doc: ranking[doc])]
    for choice in product(*(permutations(group) for group in groups)):
        yield [doc for group in choice for doc in group]


def by_hand(order: list[str], grades: Mapping[str, int], name: str) -> float:
    """One value from its textbook formula, for one order of documents."""
    family, _, cutoff = name.partition("@")
    top = order[: int(cutoff)] if cutoff else order
    relevant = [doc for doc, grade in grades.items() if grade > 0]
    ranks = [rank for rank, doc in enumerate(top, start=1) if grades.get(doc, 0) > 0]
    match family:
        case "recall":
            return len(ranks) / len(relevant)
        case "recall-cap":
            return len(ranks) / min(len(relevant), int(cutoff))
        case "hit":
            return float(bool(ranks))
        case "MRR":
            return 1 / ranks[0] if ranks else 0.0
        case "precision":
            return len(ranks) / int(cutoff)
        case "MAP":
            return sum(found / rank for found, rank in enumerate(ranks, start=1)) / len(relevant)
        case "judged":
            return sum(doc in grades for doc in top) / len(top) if top else 0.0
        case _:
            gain = {doc: 2**grade - 1 if family == "nDCG-exp" else grade for doc, grade in grades.items()}
            ideal = sorted(gain.values(), reverse=True)[: int(cutoff)]
            reached = [gain.get(doc, 0) for doc in top]
            return dcg(reached) / dcg(ideal)


def dcg(gains: list[int]) -> float:
    """Discounted sum."""
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))


@given(ranking=rankings(COARSE, max_size=6), grades=GRADES)
def test_pitfall_1_ties_are_the_mean_and_the_ends_over_every_order(
    ranking: dict[str, float], grades: dict[str, int]
) -> None:
    run, evalset = run_of({"q": ranking}), set_of({"q": grades})
    orders = list(every_order(ranking))
    expected = values_of(run, evalset, NAMES, "expected")
    best = values_of(run, evalset, NAMES, "best")
    worst = values_of(run, evalset, NAMES, "worst")
    for name in NAMES:
        values = [by_hand(order, grades, name) for order in orders]
        assert expected[name]["q"] == pytest.approx(np.mean(values), abs=1e-12), name
        assert best[name]["q"] == pytest.approx(max(values), abs=1e-12), name
        assert worst[name]["q"] == pytest.approx(min(values), abs=1e-12), name


@given(ranking=rankings(COARSE), grades=GRADES, data=st.data())
def test_pitfall_1_neither_insertion_order_nor_ids_decide_ties(
    ranking: dict[str, float], grades: dict[str, int], data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(list(ranking.items()))))
    renamed = dict(zip(DOCUMENTS, data.draw(st.permutations(DOCUMENTS)), strict=True))
    names = list(map(str, known_measures()))
    original = values_of(run_of({"q": ranking}), set_of({"q": grades}), names)
    assert values_of(run_of({"q": shuffled}), set_of({"q": grades}), names) == original
    other = values_of(
        run_of({"q": {renamed[doc]: value for doc, value in ranking.items()}}),
        set_of({"q": {renamed[doc]: grade for doc, grade in grades.items()}}),
        names,
    )
    assert other == original


def test_a_constant_scorer_gets_what_chance_gives() -> None:
    """One relevant document among five equal ones: rank 1 to 5 with the same probability."""
    ranking = dict.fromkeys(["d1", "d2", "d3", "d4", "d5"], 0.5)
    for relevant in ranking:
        assert value_of(ranking, {relevant: 1}, "MRR@10") == pytest.approx(sum(1 / r for r in range(1, 6)) / 5)
        assert value_of(ranking, {relevant: 1}, "recall@2") == pytest.approx(2 / 5)
        assert value_of(ranking, {relevant: 1}, "hit@2") == pytest.approx(2 / 5)


def test_a_large_group_across_the_cutoff_is_seen_whole() -> None:
    """The relevant document was inserted far below the cutoff, but its score is as good as any other."""
    ranking = {f"d{number}": 1.0 for number in range(500)}
    assert value_of(ranking, {"d499": 1}, "recall@10") == pytest.approx(10 / 500)
    assert value_of(ranking, {"d0": 1}, "recall@10") == pytest.approx(10 / 500)


def test_bounds_enclose_the_expectation() -> None:
    run = run_of({"a": {"x": 0.5, "y": 0.5, "z": 0.5}, "b": {"x": 0.9, "y": 0.1}})
    evalset = set_of({"a": {"z": 1}, "b": {"x": 1}})
    measure = Measure.parse("MRR@10")
    worst, best = tie_bounds(run, evalset, [measure])
    expected = score(run, evalset, [measure])
    assert worst.of(measure).tolist() == pytest.approx([1 / 3, 1.0])
    assert expected.of(measure).tolist() == pytest.approx([(1 + 1 / 2 + 1 / 3) / 3, 1.0])
    assert best.of(measure).tolist() == pytest.approx([1.0, 1.0])
    assert expected.counts.tied == 1


def test_scores_are_compared_as_float64() -> None:
    ranking = {"wrong": 0.5, "right": 0.5 + 1e-12}
    assert value_of(ranking, {"right": 1}, "MRR@10") == 1.0


def test_equal_scores_of_equally_relevant_documents_are_no_ties_that_matter() -> None:
    run = run_of({"q": {"x": 0.5, "y": 0.5}})
    assert score(run, set_of({"q": {"x": 1, "y": 1}}), [Measure.parse("nDCG@10")]).counts.tied == 0


@pytest.mark.parametrize("cells", [1, 7])
def test_block_size_changes_nothing(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rankings of different lengths, with and without ties, land in different blocks."""
    rng = np.random.default_rng(5)
    qrels = {f"q{n}": {f"d{rng.integers(9)}": int(rng.integers(1, 3)) for _ in range(3)} for n in range(40)}
    found = {query: {f"d{doc}": float(rng.integers(4)) for doc in range(rng.integers(0, 9))} for query in qrels}
    whole = values_of(run_of(found), set_of(qrels), NAMES)
    monkeypatch.setattr(judged_run, "_CELLS", cells)
    parts = values_of(run_of(found), set_of(qrels), NAMES)
    for name in NAMES:
        assert parts[name] == pytest.approx(whole[name], abs=1e-12)


def test_an_unknown_policy_is_refused() -> None:
    policy: TiePolicy = "lucky"  # type: ignore[assignment]
    with pytest.raises(UsageError, match="expected, best, worst"):
        score(run_of({}), set_of({}), [Measure.parse("MRR")], ties=policy)
