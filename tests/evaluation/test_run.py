"""Runs: order by score, duplicates, and input that cannot be a ranking."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import Run
from helmert.types import Hit
from tests.evaluation.worlds import DOCUMENTS

HITS = st.lists(st.tuples(st.sampled_from(DOCUMENTS), st.floats(allow_nan=False)), max_size=12)


@given(found=st.dictionaries(st.text(min_size=1, max_size=3), HITS, max_size=4))
def test_rankings_are_sorted_and_free_of_duplicates(found: dict[str, list[tuple[str, float]]]) -> None:
    run = Run.from_hits(list(found), [[Hit(id=doc, score=value) for doc, value in hits] for hits in found.values()])
    assert run.query_ids == tuple(found)
    for query, hits in found.items():
        ranking = run.ranking(query)
        values = [value for _, value in ranking]
        assert values == sorted(values, reverse=True)
        best = {doc: max(value for other, value in hits if other == doc) for doc, _ in hits}
        assert dict(ranking) == best
        assert len(ranking) == len(best)
    assert run.duplicates == sum(map(len, found.values())) - sum(len(run.ranking(query)) for query in found)


def test_order_of_hits_with_equal_scores_is_kept() -> None:
    run = Run.from_hits(["q"], [[Hit(id="b", score=0.5), Hit(id="a", score=0.5)]])
    assert [doc for doc, _ in run.ranking("q")] == ["b", "a"]


def test_a_query_that_the_run_does_not_have() -> None:
    assert Run.from_hits(["q"], [[Hit(id="a", score=0.5)]]).ranking("other") == ()


def test_infinite_scores_rank_at_the_ends() -> None:
    run = Run.from_columns(["q"], [3], ["a", "b", "c"], [-math.inf, 0.0, math.inf])
    assert [doc for doc, _ in run.ranking("q")] == ["c", "b", "a"]


def test_codes_of_a_vocabulary_give_the_same_run_as_ids() -> None:
    scores = np.array([0.9, 0.8, 0.7])
    coded = Run.from_codes(["q", "r"], [2, 1], ["a", "b", "unused"], np.array([1, 0, 1]), scores)
    named = Run.from_columns(["q", "r"], [2, 1], ["b", "a", "b"], scores)
    assert [coded.ranking(query) for query in "qr"] == [named.ranking(query) for query in "qr"]


def test_not_a_number_is_refused_with_its_query() -> None:
    with pytest.raises(UsageError, match="1 scores of the run are NaN, the first for query 'second'"):
        Run.from_hits(["first", "second"], [[Hit(id="a", score=0.1)], [Hit(id="b", score=math.nan)]])


@pytest.mark.parametrize(
    ("queries", "lengths", "documents", "scores", "message"),
    [
        (["q", "q"], [1, 1], ["a", "b"], [1, 2], "query id more than once"),
        (["q"], [1, 1], ["a", "b"], [1, 2], "one list of hits per query; got 2 for 1"),
        (["q"], [3], ["a", "b"], [1, 2], "add up to 3 hits"),
        (["q"], [2], ["a", "b"], [1], "scores of shape"),
        (["q", "r"], [3, -1], ["a", "b"], [1, 2], "add up to 2 hits"),
    ],
)
def test_columns_that_do_not_fit_are_refused(
    queries: list[str], lengths: list[int], documents: list[str], scores: list[float], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Run.from_columns(queries, lengths, documents, scores)


def test_a_vocabulary_with_a_repeated_id_is_refused() -> None:
    with pytest.raises(UsageError, match="vocabulary"):
        Run.from_codes(["q"], [1], ["a", "a"], [0], [1.0])


def test_a_vocabulary_does_not_hold_the_code() -> None:
    for code in (-1, 1):
        with pytest.raises(UsageError, match="vocabulary of 1"):
            Run.from_codes(["q"], [1], ["a"], [code], [1.0])


def test_an_empty_run() -> None:
    assert len(Run.from_hits([], [])) == 0
