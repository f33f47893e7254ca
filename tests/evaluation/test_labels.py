"""Several statements about one pair make one label."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from helmert.evaluation import ORIGINS, LabelFacts, Span
from helmert.evaluation.labels import Label, Labels
from tests.evaluation.sets import GRADES, LABEL_FACTS, span


def label(grade: float, facts: LabelFacts) -> Label:
    return Label(query="q", document="d", grade=grade, facts=facts)


def together(*statements: Label) -> tuple[float, LabelFacts]:
    labels = Labels().add_all(statements)
    return labels.grades["q"]["d"], labels.facts.get(("q", "d"), LabelFacts())


STATEMENTS = st.lists(st.builds(label, GRADES, LABEL_FACTS), min_size=1, max_size=4)
MADE_AT = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(datetime.isoformat)  # noqa: DTZ001
SAID = st.builds(
    LabelFacts,
    origin=st.sampled_from(ORIGINS),
    by=st.sampled_from(["ann", "bob", ""]),
    at=MADE_AT,
    spans=st.lists(st.sampled_from([span(0, 3), span(5, 7)]), max_size=2).map(tuple),
)
MOMENTOUS = st.lists(st.builds(label, GRADES, SAID), min_size=1, max_size=4, unique_by=lambda one: one.facts.at)
RANKS = {"human": 2, "judge": 1}


def overruled(one: Label, others: list[Label]) -> bool:
    """The rule in other words, for statements about at most one passage that all say when."""
    ours = one.facts
    for other in others:
        theirs = other.facts
        if theirs.spans and theirs.spans != ours.spans:
            continue
        if RANKS.get(theirs.origin, 0) > RANKS.get(ours.origin, 0):
            return True
        named = bool(ours.by) and ours.origin != "unknown"
        if named and (theirs.origin, theirs.by) == (ours.origin, ours.by) and theirs.at > ours.at:
            return True
    return False


@given(statements=STATEMENTS)
def test_where_all_stands_the_order_of_statements_changes_neither_grade_nor_spans(statements: list[Label]) -> None:
    found = {
        (labels.grades["q"]["d"] + 0.0, labels.facts.get(("q", "d"), LabelFacts()).spans)
        for labels in (Labels(overruling=False).add_all(order) for order in permutations(statements))
    }
    assert len(found) == 1
    assert found.pop()[0] == max(one.grade for one in statements)


@given(statements=MOMENTOUS)
def test_with_moments_the_order_of_statements_changes_neither_grade_nor_spans(statements: list[Label]) -> None:
    found = {(grade + 0.0, facts.spans) for grade, facts in (together(*order) for order in permutations(statements))}
    assert len(found) == 1


@given(statements=MOMENTOUS)
def test_the_grade_is_the_highest_of_what_nothing_overrules(statements: list[Label]) -> None:
    passages: list[tuple[Label, tuple[Span, ...]]] = [(one, (each,)) for one in statements for each in one.facts.spans]
    passages += [(one, ()) for one in statements if not one.facts.spans]
    pieces = [label(one.grade, replace(one.facts, spans=spans)) for one, spans in passages]
    standing = [one for one in pieces if not overruled(one, pieces)]
    assert together(*statements)[0] == max(one.grade for one in standing)


@given(statements=st.lists(st.builds(label, GRADES, st.builds(LabelFacts, spans=SAID.map(lambda one: one.spans)))))
def test_of_statements_without_origin_the_highest_grade_counts(statements: list[Label]) -> None:
    if statements:
        assert together(*statements)[0] == max(one.grade for one in statements)


@given(statements=STATEMENTS, grade=GRADES)
def test_the_last_word_of_the_only_person_is_the_label(statements: list[Label], grade: float) -> None:
    machines = [one for one in statements if one.facts.origin != "human"]
    person = label(grade, LabelFacts(origin="human", by="ann", at="2026-03-02"))
    earlier = label(3, LabelFacts(origin="human", by="ann", at="2026-03-01"))
    assert together(*machines, earlier, person) == (grade, person.facts)
    assert together(person, earlier, *machines) == (grade, person.facts)


def test_a_person_outranks_a_judge_who_outranks_clicks_and_the_highest_of_equals_stands() -> None:
    click, judge = LabelFacts(origin="click", by="log"), LabelFacts(origin="judge", by="model")
    human, other = LabelFacts(origin="human", by="ann"), LabelFacts(origin="human", by="bob")
    assert together(label(1, click), label(2, judge), label(1, human)) == (1, human)
    assert together(label(2, click), label(0, judge)) == (0, judge)
    assert together(label(0, human), label(2, LabelFacts())) == (0, human)
    assert together(label(0, human), label(1, other)) == (1, other)
    assert together(label(1, click), label(2, LabelFacts(origin="synthetic", by="model")))[0] == 2


def test_without_moments_the_later_statement_of_a_person_counts_and_a_dated_one_is_later_than_that() -> None:
    undated, dated = LabelFacts(origin="human", by="ann"), LabelFacts(origin="human", by="ann", at="2026-03-01")
    assert together(label(1, undated), label(0, undated))[0] == 0
    assert together(label(0, dated), label(1, undated))[0] == 0
    nobody = LabelFacts(origin="human")
    assert together(label(1, nobody), label(0, nobody))[0] == 1


def test_moments_are_compared_across_time_zones() -> None:
    early, late = (
        LabelFacts(origin="human", by="ann", at=at) for at in ("2026-03-01T12:00+05:00", "2026-03-01T08:00Z")
    )
    assert together(label(0, late), label(1, early))[0] == 0


def test_a_word_about_one_passage_overrules_only_that_passage() -> None:
    here, there = (LabelFacts(origin="judge", by="model", spans=(span(*ends),)) for ends in ((0, 2), (5, 7)))
    person = LabelFacts(origin="human", by="ann", spans=(span(0, 2),))
    assert together(label(1, here), label(1, there), label(0, person)) == (1, there)
    assert together(label(1, here), label(1, there), label(0, replace(person, spans=())))[0] == 0


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
