"""Ids that ought to meet and do not: the hint names the cause."""

from __future__ import annotations

import pytest

from helmert.evaluation import likely_cause
from tests.evaluation.worlds import set_of


@pytest.mark.parametrize(
    ("missing", "known", "cause"),
    [
        (["7"], ["007", "008"], "numbers"),
        (["7.0", "8.0"], ["7", "8"], "numbers"),
        ([" d1", "d2 "], ["d1", "d2"], "white space"),
        (["cafe\u0301"], ["caf\u00e9"], "Unicode"),
        (["DOC-A"], ["doc-a"], "case"),
        (["guide#3"], ["guide"], "chunk suffix"),
        (["guide"], ["guide#0", "guide#1"], "chunk suffix"),
    ],
)
def test_cause(missing: list[str], known: list[str], cause: str) -> None:
    said = likely_cause(missing, known)
    assert said is not None
    assert cause in said
    assert repr(missing[0]) in said


def test_no_cause_when_most_ids_are_simply_absent() -> None:
    assert likely_cause(["x", "y", "Known"], ["known", "other"]) is None
    assert likely_cause([], ["a"]) is None
    assert likely_cause(["a"], []) is None


def test_a_set_against_a_corpus_of_chunks() -> None:
    evalset = set_of({"q": {"guide": 1}, "r": {"manual": 1}})
    corpus = ["guide#0", "guide#1", "manual#0"]
    missing = evalset.dangling_documents(corpus)
    assert missing == ("guide", "manual")
    assert "chunk suffix" in str(likely_cause(missing, corpus))


def test_two_chunks_of_a_numbered_series_are_two_documents() -> None:
    assert likely_cause(["page-8"], ["page-7", "page-9"]) is None
    assert likely_cause(["guide#8"], ["guide#7"]) is None
