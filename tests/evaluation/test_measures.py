"""Values computed by hand, and the names of measures."""

from __future__ import annotations

from math import log2

import pytest

from helmert.errors import UsageError
from helmert.evaluation import Measure, known_measures
from helmert.evaluation.measures import FAMILIES
from tests.evaluation.worlds import value_of

FOUND = {"a": 9.0, "b": 8.0, "c": 7.0, "d": 6.0}
GRADES = {"b": 1, "d": 3, "missed": 2, "a": 0}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("recall@1", 0.0),
        ("recall@2", 1 / 3),
        ("recall@10", 2 / 3),
        ("recall-cap@2", 1 / 2),
        ("recall-cap@10", 2 / 3),
        ("precision@1", 0.0),
        ("precision@2", 1 / 2),
        ("precision@10", 2 / 10),
        ("MAP@2", (1 / 2) / 3),
        ("MAP@10", (1 / 2 + 2 / 4) / 3),
        ("MAP", (1 / 2 + 2 / 4) / 3),
        ("hit@1", 0.0),
        ("hit@2", 1.0),
        ("MRR@1", 0.0),
        ("MRR@10", 1 / 2),
        ("MRR", 1 / 2),
        ("nDCG@2", (1 / log2(3)) / (3 + 2 / log2(3))),
        ("nDCG@4", (1 / log2(3) + 3 / log2(5)) / (3 + 2 / log2(3) + 1 / log2(4))),
        ("nDCG-exp@4", (1 / log2(3) + 7 / log2(5)) / (7 + 3 / log2(3) + 1 / log2(4))),
        ("judged@1", 1.0),
        ("judged@3", 2 / 3),
        ("judged@10", 3 / 4),
    ],
)
def test_value_by_hand(name: str, expected: float) -> None:
    assert value_of(FOUND, GRADES, name) == pytest.approx(expected, abs=1e-12)


def test_pitfall_7_several_relevant_documents_have_two_recalls() -> None:
    """The denominator |R| keeps a full top 2 at 2/3; the denominator min(|R|, k) brings it to 1."""
    grades = {"a": 1, "b": 1, "c": 1}
    assert value_of(FOUND, grades, "recall@2") == pytest.approx(2 / 3)
    assert value_of(FOUND, grades, "recall-cap@2") == 1.0


def test_pitfall_7_ideal_of_ndcg_is_cut_at_k() -> None:
    """Twelve relevant documents, the first ten results all relevant: nothing better exists at 10."""
    found = {f"r{number}": 20.0 - number for number in range(10)}
    grades = {f"r{number}": 1 for number in range(12)}
    assert value_of(found, grades, "nDCG@10") == pytest.approx(1.0)


def test_pitfall_7_ideal_of_ndcg_counts_what_was_not_found() -> None:
    """One result that is relevant, of five relevant documents, is not a perfect answer."""
    grades = {f"r{number}": 1 for number in range(5)}
    ideal = sum(1 / log2(rank + 1) for rank in range(1, 6))
    assert value_of({"r0": 1.0}, grades, "nDCG@10") == pytest.approx(1 / ideal)


def test_pitfall_7_reciprocal_rank_looks_at_the_first_relevant_document_only() -> None:
    assert value_of(FOUND, {"a": 1, "d": 1}, "MRR@10") == 1.0


def test_pitfall_7_gains_agree_on_binary_grades_and_differ_on_others() -> None:
    binary = {"b": 1, "d": 1}
    assert value_of(FOUND, binary, "nDCG@3") == pytest.approx(value_of(FOUND, binary, "nDCG-exp@3"))
    assert value_of(FOUND, GRADES, "nDCG@3") != pytest.approx(value_of(FOUND, GRADES, "nDCG-exp@3"))


def test_fractional_and_negative_grades() -> None:
    """Half a point counts as relevant; a negative grade is a judgement of not relevant."""
    grades = {"a": 0.5, "b": -1, "c": 1}
    assert value_of(FOUND, grades, "recall@1") == 0.5
    assert value_of(FOUND, grades, "judged@2") == 1.0
    assert value_of(FOUND, grades, "nDCG@3") == pytest.approx((0.5 + 1 / 2) / (1 + 0.5 / log2(3)))


def test_grades_too_high_for_an_exponential_gain_are_refused() -> None:
    with pytest.raises(UsageError, match="cannot take the grade 5000"):
        value_of(FOUND, {"a": 5000}, "nDCG-exp@10")
    assert value_of(FOUND, {"a": 5000}, "nDCG@10") == 1.0


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("cutoff", [1, 10, 1000])
def test_name_gives_the_measure_back(family: type, cutoff: int) -> None:
    measure = Measure(family, cutoff)
    assert Measure.parse(str(measure)) == measure
    assert Measure.parse(str(measure).upper()) == measure
    assert hash(Measure.parse(str(measure))) == hash(measure)


@pytest.mark.parametrize(("text", "name"), [("ndcg@10", "nDCG@10"), (" mrr ", "MRR"), ("Recall@5", "recall@5")])
def test_names_are_written_in_one_way(text: str, name: str) -> None:
    assert str(Measure.parse(text)) == name


@pytest.mark.parametrize("text", ["", "recal@10", "recall@0", "recall@-1", "recall@", "recall@1.5", "nDCG@10@5"])
def test_unknown_names_list_the_known_ones(text: str) -> None:
    with pytest.raises(UsageError, match="There is no measure") as caught:
        Measure.parse(text)
    assert all(name in str(caught.value.next_step) for name in known_measures())


def test_a_cutoff_is_asked_for_where_it_is_needed() -> None:
    with pytest.raises(UsageError, match="recall needs a cutoff"):
        Measure.parse("recall")
    with pytest.raises(UsageError, match="at least 1"):
        Measure(FAMILIES[0], 0)
