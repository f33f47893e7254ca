"""Exact rankings against the simplest program that could be right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.evaluation import EvalSet, Measure, Run, score
from helmert.selection.bm25 import BM25Ranking, words
from helmert.selection.ranking import Ids, as_run, best_with_ties, products, rank_exact, without
from helmert.types import Query


@given(st.integers(0, 500), st.integers(1, 12))
def test_the_nearest_are_those_of_a_full_sort(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    documents, queries = rng.standard_normal((9, 4)), rng.standard_normal((3, 4))
    run = rank_exact(
        documents.astype(np.float32), [f"d{n}" for n in range(9)], queries.astype(np.float32), ["a", "b", "c"], k
    )
    units = documents / np.linalg.norm(documents, axis=1, keepdims=True)
    for name, query in zip("abc", queries / np.linalg.norm(queries, axis=1, keepdims=True), strict=True):
        expected = [f"d{row}" for row in np.argsort(-(units @ query))[:k]]
        assert [document for document, _ in run.ranking(name)] == expected


def test_lengths_do_not_count_mixed_norms_rank_as_unit_vectors_do() -> None:
    rng = np.random.default_rng(1)
    documents = rng.standard_normal((30, 8)).astype(np.float32)
    documents /= np.linalg.norm(documents, axis=1, keepdims=True)
    queries = rng.standard_normal((5, 8)).astype(np.float32)
    names = [f"d{n}" for n in range(30)]
    stretched = documents * rng.uniform(0.01, 100, (30, 1)).astype(np.float32)
    one, other = (rank_exact(each, names, queries, list("abcde"), 10) for each in (documents, stretched))
    for query in "abcde":
        assert [d for d, _ in one.ranking(query)] == [d for d, _ in other.ranking(query)]


def test_a_document_without_direction_is_never_found_and_a_query_without_direction_finds_nothing() -> None:
    documents = np.array([[0, 0], [1, 0], [0, 1], [-1, -1]], dtype=np.float32)
    queries = np.array([[1, 0.5], [0, 0], [-1, 0]], dtype=np.float32)
    run = rank_exact(documents, list("zabc"), queries, ["q1", "q2", "q3"], 4)
    assert [document for document, _ in run.ranking("q1")] == ["a", "b", "c"]
    assert run.ranking("q2") == ()
    assert len(run.ranking("q3")) == 3


@given(st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=4), st.integers(1, 8))
def test_a_group_of_ties_is_never_cut(rows: list[list[int]], k: int) -> None:
    scores = [np.array(row, dtype=np.float32) for row in rows]
    for row, (found, values) in zip(scores, best_with_ties(iter(scores), k), strict=True):
        last = np.sort(row)[::-1][min(k, len(row)) - 1]
        assert set(found.tolist()) == set(np.flatnonzero(row >= last).tolist())
        np.testing.assert_array_equal(values, row[found])


def test_minus_infinity_is_never_found() -> None:
    ((found, _),) = best_with_ties(iter([np.array([1, -np.inf, 2, -np.inf], dtype=np.float32)]), 3)
    assert sorted(found.tolist()) == [0, 2]


def test_ties_of_binary_codes_count_by_their_expected_value() -> None:
    """Four documents with the same code, one of them relevant: a random order finds it at rank one in 1 of 4."""
    run = as_run(
        best_with_ties(products(np.ones((1, 3), np.float32), np.ones((4, 3), np.float32)), 1),
        Ids(documents=list("abcd"), queries=["q"]),
    )
    for relevant in "abcd":
        evalset = EvalSet(name="ties", queries=(Query(id="q", text="x"),), qrels={"q": {relevant: 1}})
        assert score(run, evalset, [Measure.parse("recall@1")]).mean(Measure.parse("recall@1")) == pytest.approx(0.25)


def test_products_in_blocks_are_the_products() -> None:
    rng = np.random.default_rng(0)
    queries, documents = rng.standard_normal((7, 3)), rng.standard_normal((5, 3))
    found = np.stack(list(products(queries.astype(np.float32), documents.astype(np.float32))))
    np.testing.assert_allclose(found, queries @ documents.T, rtol=1e-5)


def test_dropped_documents_move_the_others_up() -> None:
    run = Run.from_columns(["q1", "q2"], [3, 2], ["a", "b", "c", "a", "c"], [3.0, 2.0, 1.0, 2.0, 1.0])
    seen = without(run, lambda query: frozenset({"a", "nowhere"}) if query == "q1" else frozenset())
    assert [document for document, _ in seen.ranking("q1")] == ["b", "c"]
    assert [document for document, _ in seen.ranking("q2")] == ["a", "c"]


def test_bm25_keeps_all_that_tie_with_the_last() -> None:
    ranking = BM25Ranking(list("abcde"), ["red fox", "red cat", "red dog", "blue owl", "blue jay"])
    found = ranking.rank([Query(id="q", text="red"), Query(id="none", text="green")], 1)
    assert {document for document, _ in found.ranking("q")} == {"a", "b", "c"}
    assert found.ranking("none") == ()


def test_bm25_of_texts_without_words_finds_nothing() -> None:
    ranking = BM25Ranking(["a", "b"], ["!!!", "..."])
    assert ranking.rank([Query(id="q", text="anything")], 5).ranking("q") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("snake_case and CamelCase", ["snake", "case", "and", "camelcase"]),
        ("東京の春", ["東京", "京の", "の春"]),
        ("Preis: 12€", ["preis", "12"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
