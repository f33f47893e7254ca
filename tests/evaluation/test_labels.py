"""Several statements about one pair make one label."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from helmert.evaluation import LabelFacts, Span
from helmert.evaluation.labels import Label, Labels
from tests.evaluation.sets import GRADES, LABEL_FACTS, span


def label(grade: float, facts: LabelFacts) -> Label:
    return Label(query="q", document="d", grade=grade, facts=facts)


def together(*statements: Label) -> tuple[float, LabelFacts]:
    labels = Labels().add_all(statements)
    return labels.grades["q"]["d"], labels.facts.get(("q", "d"), LabelFacts())


STATEMENTS = st.lists(st.builds(label, GRADES, LABEL_FACTS), min_size=1, max_size=4)


@given(statements=STATEMENTS)
def test_the_order_of_statements_changes_neither_grade_nor_spans(statements: list[Label]) -> None:
    found = {(grade + 0.0, facts.spans) for grade, facts in (together(*order) for order in permutations(statements))}
    assert len(found) == 1
    assert found.pop()[0] == max(one.grade for one in statements)


def test_the_origin_is_that_of_the_highest_grade_and_a_person_goes_before_a_machine() -> None:
    click, judge = LabelFacts(origin="click", by="log"), LabelFacts(origin="judge", by="model")
    human = LabelFacts(origin="human", by="ann")
    assert together(label(1, click), label(2, judge), label(1, human)) == (2, judge)
    assert together(label(1, click), label(1, judge)) == (1, click)
    assert together(label(1, click), label(1, human), label(1, judge)) == (1, human)


def test_spans_are_those_of_who_calls_the_document_relevant() -> None:
    here, there, elsewhere = (LabelFacts(spans=(span(start, start + 2),)) for start in (0, 5, 9))
    assert together(label(1, here), label(0, elsewhere), label(2, there))[1].spans == (Span(start=0, end=2), span(5, 7))
    assert together(label(0, here), label(-1, there))[1].spans == (span(0, 2), span(5, 7))
    assert together(label(0, here), label(1, LabelFacts()))[1].spans == ()


def test_only_the_same_source_on_the_same_passage_repeats_itself() -> None:
    ann, bob = (LabelFacts(origin="human", by=name) for name in ("ann", "bob"))
    passage = LabelFacts(origin="human", by="ann", spans=(span(0, 3),))
    assert Labels().add_all([label(1, ann), label(1, bob), label(1, passage)]).repeated == 0
    repeated = Labels().add_all([label(1, ann), label(1, bob), label(2, ann), label(1, passage), label(0, passage)])
    assert (repeated.repeated, repeated.repeats) == (2, [("q", "d")])
    assert Labels().add_all([label(1, LabelFacts())] * 3).repeated == 2
