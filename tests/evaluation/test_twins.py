"""The same text under several ids: no credit lost, none given twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helmert.evaluation import LabelFacts, Measure, Span, find_twins, merge_evalset, merge_run, score
from helmert.types import content_hash
from tests.evaluation.worlds import run_of, set_of

TEXTS = {"a": "same text", "b": "same  text", "c": "other", "d": "same text", "e": "unique"}
TWINS = find_twins((doc, content_hash(text)) for doc, text in TEXTS.items())
RECALL, NDCG = Measure.parse("recall@1"), Measure.parse("nDCG@10")


def test_twins_are_named_after_the_first_of_them() -> None:
    assert TWINS == {"a": "a", "b": "a", "d": "a"}


def test_a_twin_of_a_relevant_document_counts_as_it() -> None:
    evalset = merge_evalset(set_of({"q": {"d": 1}}), TWINS)
    run = merge_run(run_of({"q": {"b": 0.9, "c": 0.8}}), TWINS)
    assert score(run, evalset, [RECALL]).mean(RECALL) == 1.0


def test_finding_all_twins_is_credited_once() -> None:
    evalset = merge_evalset(set_of({"q": {"a": 1, "b": 1, "c": 1}}), TWINS)
    run = merge_run(run_of({"q": {"b": 0.9, "d": 0.8, "a": 0.8, "c": 0.1}}), TWINS)
    assert run.ranking("q") == (("a", 0.9), ("c", 0.1))
    assert run.duplicates == 2
    assert score(run, evalset, [NDCG]).mean(NDCG) == pytest.approx(1.0)


def test_the_highest_grade_of_the_twins_counts() -> None:
    assert merge_evalset(set_of({"q": {"a": 0, "b": 3, "e": 1}}), TWINS).qrels == {"q": {"a": 3, "e": 1}}


def test_without_twins_nothing_changes() -> None:
    run = run_of({"q": {"c": 0.9, "e": 0.8}})
    assert merge_run(run, TWINS).ranking("q") == run.ranking("q")


def test_the_spans_of_twins_are_kept() -> None:
    facts = {
        ("q", "a"): LabelFacts(spans=(Span(start=0, end=4),)),
        ("q", "b"): LabelFacts(spans=(Span(start=5, end=9),)),
    }
    merged = merge_evalset(replace(set_of({"q": {"a": 1, "b": 2}}), label_facts=facts), TWINS)
    assert merged.label("q", "a").facts.spans == (Span(start=0, end=4), Span(start=5, end=9))
