"""Evaluation sets: identity, counts, and sets that contradict themselves."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, LabelFacts, QueryFacts, Sampling, Span
from helmert.types import Query
from tests.evaluation.worlds import GRADES, set_of

QRELS = st.dictionaries(st.sampled_from("abcd"), GRADES, min_size=1)


@given(qrels=QRELS, data=st.data())
def test_digest_does_not_depend_on_order(qrels: dict[str, dict[str, int]], data: st.DataObject) -> None:
    shuffled = {
        query: dict(data.draw(st.permutations(list(grades.items()))))
        for query, grades in data.draw(st.permutations(list(qrels.items())))
    }
    assert set_of(shuffled).digest == set_of(qrels).digest
    assert replace(set_of(qrels), name="another").digest == set_of(qrels).digest


@given(qrels=QRELS, data=st.data())
def test_digest_sees_every_change(qrels: dict[str, dict[str, int]], data: st.DataObject) -> None:
    query = data.draw(st.sampled_from(sorted(qrels)))
    document = data.draw(st.sampled_from(sorted(qrels[query])))
    original = set_of(qrels)
    texts = tuple(replace(q, text=q.text + "!") if q.id == query else q for q in original.queries)
    grades = {**qrels, query: {**qrels[query], document: qrels[query][document] + 1}}
    fewer = {**qrels, query: {doc: grade for doc, grade in qrels[query].items() if doc != document}}
    others = [
        replace(original, queries=texts),
        replace(original, qrels=grades),
        replace(original, qrels=fewer),
        replace(original, queries=(*original.queries, Query(id="more", text="x"))),
    ]
    assert len({original.digest, *(other.digest for other in others)}) == 5


def test_digest_is_stable() -> None:
    """A gate's evidence is tied to this value: it may not change between versions."""
    assert set_of({"q": {"d1": 1, "d2": 0.5}}).digest == "1eabdfe2a56e1ce17b6a24d23c252289"


def test_one_and_one_point_zero_are_the_same_grade() -> None:
    assert set_of({"q": {"d": 1}}).digest == set_of({"q": {"d": 1.0}}).digest
    assert set_of({"q": {"d": 0.0}}).digest == set_of({"q": {"d": -0.0}}).digest


def test_counts() -> None:
    evalset = set_of({"q": {"d1": 1, "d2": 0}, "zero": {"d1": 0}, "negative": {"d3": -1}, "none": {}})
    assert [query.id for query in evalset.answerable] == ["q"]
    assert evalset.without_positives == 3
    assert evalset.relevant_documents == {"d1"}
    assert json.loads(json.dumps(evalset.to_dict()))["judgements"] == 4


def test_an_empty_set_is_legal() -> None:
    empty = set_of({})
    assert empty.answerable == ()
    assert len(empty.digest) == 32


def test_dangling_documents_are_the_relevant_ones_that_do_not_exist() -> None:
    evalset = set_of({"q": {"here": 1, "gone": 2, "gone too": 1, "never relevant": 0}})
    assert evalset.dangling_documents(["here", "other"]) == ("gone", "gone too")
    assert evalset.dangling_documents({"here", "gone", "gone too"}) == ()


def test_contradictions_are_refused() -> None:
    query = Query(id="q", text="x")
    with pytest.raises(UsageError, match="query id more than once"):
        EvalSet(name="twice", queries=(query, query), qrels={})
    with pytest.raises(UsageError, match="1 unknown queries, first 'r'"):
        EvalSet(name="stranger", queries=(query,), qrels={"r": {"d": 1}})
    with pytest.raises(UsageError, match="not a finite number"):
        EvalSet(name="nan", queries=(query,), qrels={"q": {"d": math.nan}})


def test_digest_of_what_is_stated_beside_texts_and_grades() -> None:
    """Stated facts that change scores or verdicts change the digest; where a label came from does not."""
    plain = set_of({"q": {"d": 1}, "r": {"d": 1}})
    stated = [
        replace(plain, query_facts={"q": QueryFacts(weight=2.0)}),
        replace(plain, query_facts={"q": QueryFacts(cluster="c")}),
        replace(plain, query_facts={"q": QueryFacts(slices={"language": "de"})}),
        replace(plain, query_facts={"r": QueryFacts(cluster="c")}),
        replace(plain, label_facts={("q", "d"): LabelFacts(spans=(Span(start=0, end=3),))}),
        replace(plain, label_facts={("r", "d"): LabelFacts(spans=(Span(start=0, end=3),))}),
        replace(plain, sampling=Sampling(method="random", corpus=100, sampled=10)),
        replace(plain, sampling=Sampling(method="pooled", corpus=100, sampled=10, pool={"bm25": 20})),
    ]
    assert len({plain.digest, *(evalset.digest for evalset in stated)}) == 1 + len(stated)
    silent = replace(
        plain,
        query_facts={"q": QueryFacts(), "nobody": QueryFacts(weight=3.0)},
        label_facts={("q", "d"): LabelFacts(origin="human", by="ann"), ("q", "none"): LabelFacts(by="x")},
    )
    assert silent.digest == plain.digest


def test_digest_of_stated_facts_is_stable() -> None:
    evalset = replace(
        set_of({"q": {"d": 1}}),
        query_facts={"q": QueryFacts(cluster="c", weight=2.0, slices={"b": "2", "a": "1"})},
        label_facts={("q", "d"): LabelFacts(spans=(Span(start=5, end=9), Span(start=0, end=3)))},
        sampling=Sampling(method="pooled", corpus=100, sampled=10, pool={"x": 1, "bm25": 20}),
    )
    assert evalset.digest == "b8860e0908c0b606b086711a3073fa13"


def test_labels_with_what_is_known_about_them() -> None:
    facts = LabelFacts(origin="human")
    evalset = replace(set_of({"q": {"d": 1, "e": 0}}), label_facts={("q", "d"): facts})
    assert [(label.document, label.grade, label.facts) for label in evalset.labels()] == [
        ("d", 1, facts),
        ("e", 0, LabelFacts()),
    ]


@pytest.mark.parametrize(("origin", "at"), [("robot", ""), ("human", "yesterday")])
def test_facts_of_labels_that_cannot_be(origin: Any, at: str) -> None:
    with pytest.raises(UsageError):
        LabelFacts(origin=origin, at=at)
