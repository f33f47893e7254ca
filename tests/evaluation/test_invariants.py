"""What holds for every measure, run and evaluation set."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helmert.evaluation import known_measures
from tests.evaluation.worlds import GRADES, rankings, run_of, set_of, value_of, values_of

NAMES = list(known_measures())
SCORES = st.floats(-1, 1)


@given(ranking=rankings(SCORES), grades=GRADES)
def test_pitfall_10_values_lie_between_zero_and_one(ranking: dict[str, float], grades: dict[str, int]) -> None:
    for values in values_of(run_of({"q": ranking}), set_of({"q": grades}), NAMES).values():
        assert -1e-12 <= values["q"] <= 1 + 1e-12


@given(ranking=rankings(SCORES), grades=GRADES)
def test_pitfall_10_a_document_below_the_cutoff_changes_nothing(
    ranking: dict[str, float], grades: dict[str, int]
) -> None:
    filler = {f"filler{number}": 2.0 - number / 100 for number in range(10)}
    full = {**filler, **ranking}
    for name in NAMES:
        if "@" in name:
            assert value_of(full, grades, name) == value_of(filler, grades, name), name


@given(ranking=rankings(SCORES), grades=GRADES)
def test_pitfall_10_recall_hit_mrr_and_map_never_fall_with_the_cutoff(
    ranking: dict[str, float], grades: dict[str, int]
) -> None:
    for family in ("recall", "hit", "MRR", "MAP"):
        names = [f"{family}@{cutoff}" for cutoff in range(1, 12)]
        values = values_of(run_of({"q": ranking}), set_of({"q": grades}), names)
        along = [values[name]["q"] for name in names]
        assert (np.diff(along) >= -1e-12).all()


@given(ranking=rankings(st.integers(-8, 8).map(float)), grades=GRADES)
def test_only_the_order_of_scores_matters(ranking: dict[str, float], grades: dict[str, int]) -> None:
    moved = {doc: 3.0 * value + 100.0 for doc, value in ranking.items()}
    run, evalset = run_of({"q": ranking}), set_of({"q": grades})
    assert values_of(run_of({"q": moved}), evalset, NAMES) == values_of(run, evalset, NAMES)


@given(ranking=rankings(SCORES), grades=GRADES)
def test_a_perfect_ranking_is_worth_one(ranking: dict[str, float], grades: dict[str, int]) -> None:
    perfect = {doc: float(grade) + 10 for doc, grade in grades.items() if grade > 0} | ranking
    perfect |= {doc: float(grade) + 10 for doc, grade in grades.items() if grade > 0}
    for name in ("recall@10", "recall-cap@3", "hit@1", "MRR@1", "MAP", "MAP@10", "nDCG@5", "nDCG-exp@5"):
        assert abs(value_of(perfect, grades, name) - 1.0) < 1e-12, name


@given(found=st.dictionaries(st.sampled_from("abc"), rankings(SCORES)), grades=GRADES, data=st.data())
def test_the_order_of_queries_does_not_matter(
    found: dict[str, dict[str, float]], grades: dict[str, int], data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(list(found.items()))))
    evalset = set_of(dict.fromkeys("abc", grades))
    assert values_of(run_of(found), evalset, NAMES) == values_of(run_of(shuffled), evalset, NAMES)


def test_pitfall_10_fewer_results_than_the_cutoff() -> None:
    assert value_of({"d1": 1.0}, {"d1": 1, "d2": 1}, "recall@100") == 0.5


def test_pitfall_10_float32_scores_rank_as_they_stand() -> None:
    scores = np.array([0.3, 0.2, 0.1], dtype=np.float32)
    ranking = {f"d{rank}": float(value) for rank, value in enumerate(scores)}
    assert value_of(ranking, {"d1": 1}, "MRR") == 0.5
