"""What is taken out before anybody is tried, and that it is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helmert.errors import UsageError
from helmert.evaluation import EvalSet
from helmert.selection.corpus import Corpus
from helmert.selection.material import prepare
from helmert.selection.terms import Terms
from helmert.types import Document, Query
from tests.selection.worlds import candidate, corpus_of, evalset_of, selected, texts, toy

HELD = texts(6)


def corpus(**held: str) -> Corpus:
    return Corpus.of(Document(id=name, text=text) for name, text in held.items())


def asking(relevant: str, text: str = "what is it") -> EvalSet:
    return EvalSet(name="one", queries=(Query(id="q", text=text),), qrels={"q": {relevant: 1}})


def test_a_twin_of_a_relevant_document_counts_as_it() -> None:
    made = prepare(corpus(a="same text", b="same  text\n", c="another"), asking("b"))
    assert made.corpus.ids == ("a", "c")
    assert made.evalset.qrels == {"q": {"a": 1}}
    assert any("2 documents have the text of another one" in note for note in made.notes)


def test_empty_documents_and_queries_are_counted_and_left_out() -> None:
    evalset = asking("a")
    evalset = replace(
        evalset, queries=(*evalset.queries, Query(id="blank", text=" \n")), qrels={**evalset.qrels, "blank": {"a": 1}}
    )
    made = prepare(corpus(a="text", b="", c=" \t "), evalset)
    assert made.corpus.ids == ("a",)
    assert [query.id for query in made.queries] == ["q"]
    assert "Documents without text, left out: 2." in made.notes
    assert "Queries without text, left out: 1." in made.notes


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(UsageError, match="All 1 documents are empty"):
        prepare(corpus(a=""), asking("a"))
    with pytest.raises(UsageError, match="no query"):
        prepare(corpus(a="text"), EvalSet(name="none", queries=(Query(id="q", text="x"),), qrels={"q": {"a": 0}}))


def test_relevant_documents_that_are_not_there_are_told_of_with_a_likely_cause() -> None:
    made = prepare(corpus(Doc1="text"), asking("doc1"))
    (note,) = made.notes
    assert "1 relevant documents are not in the corpus, first 'doc1'" in note
    assert "upper and lower case" in note


def test_a_document_that_is_its_query_stays_unless_asked_for(tmp_path: Path) -> None:
    """Ids that collide by accident (query 0 and document 0) never matter; only the text does."""
    evalset = evalset_of(HELD, asked=8)
    made = prepare(corpus_of(HELD), evalset)
    assert made.selves == {}
    assert len(made.queries) == len(HELD)
    assert any("6 queries are the text of a document word for word" in note for note in made.notes)
    card = selected(tmp_path, [candidate(toy())], HELD, evalset=evalset)
    assert card.rows[0].quality["recall@10"].value == 1.0


def test_a_document_that_is_its_query_is_left_out_of_its_results_when_asked_for(tmp_path: Path) -> None:
    evalset = EvalSet(
        name="selves",
        queries=tuple(Query(id=f"d{n:03d}", text=text) for n, text in enumerate(HELD)),
        qrels={f"d{n:03d}": {f"d{n:03d}": 1, f"d{(n + 1) % 6:03d}": 1} for n in range(6)},
    )
    card = selected(tmp_path, [candidate(toy())], HELD, evalset=evalset, terms=Terms(sweep=None, exclude_self=True))
    assert card.regressions
    for change in card.regressions[0].shown:
        assert change.query not in {document.id for document in (*change.before, *change.after)}
    assert next(row for row in card.rows if row.name == "toy").quality["nDCG@10"].value < 1.0


def test_a_query_whose_only_answer_is_itself_leaves_the_mean() -> None:
    evalset = evalset_of(HELD, asked=8)
    evalset = replace(evalset, qrels={**evalset.qrels, "q000": {"d000": 1, "d001": 1}})
    made = prepare(corpus_of(HELD), evalset, exclude_self=True)
    assert [query.id for query in made.queries] == ["q000"]


def test_ids_used_twice_and_no_documents_are_errors() -> None:
    with pytest.raises(UsageError, match="no documents"):
        Corpus.of([])
    with pytest.raises(UsageError, match="more than once"):
        Corpus.of([Document(id="a", text="x"), Document(id="a", text="y")])


def test_the_digest_of_a_corpus_knows_texts_and_not_their_order() -> None:
    one = corpus(a="x", b="y")
    assert one.digest == corpus(b="y", a="x").digest
    assert one.digest != corpus(a="y", b="x").digest
