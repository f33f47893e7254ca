"""What is taken out before anybody is tried, and that it is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, LabelFacts, Span
from helmert.evaluation.chunks import ChunkFields
from helmert.selection.candidates import Field
from helmert.selection.corpus import Corpus
from helmert.selection.engine import run_selection
from helmert.selection.material import prepare
from helmert.selection.terms import SweepTerms, Terms
from helmert.types import Document, Query
from tests.selection.worlds import candidate, corpus_of, evalset_of, instruments, selected, texts, toy

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


def pieces(*held: tuple[str, str, int, str]) -> Corpus:
    return Corpus.of(
        Document(id=name, text=text, metadata={"document_id": owner, "start": start, "end": start + len(text)})
        for name, owner, start, text in held
    )


def about(document: str, *span: int, text: str = "what is it") -> EvalSet:
    facts = LabelFacts(spans=(Span(start=span[0], end=span[1]),) if span else ())
    return replace(asking(document, text), label_facts={("q", document): facts})


def test_a_twin_of_a_chunk_stands_for_the_document_that_it_was_taken_from() -> None:
    held = pieces(("a#0", "a", 0, "the same words"), ("b#0", "b", 0, "the same words"), ("b#1", "b", 14, "others"))
    made = prepare(held, about("b", 0, 14), fields=ChunkFields())
    assert made.corpus.ids == ("a#0", "b#1")
    assert made.rows_of("q", "b") == (0,)
    assert any("3 chunks of 2 documents" in note for note in made.notes)
    assert not any("not in the corpus" in note for note in made.notes)


def test_documents_and_passages_that_no_chunk_holds_are_told_of() -> None:
    held = pieces(("a#0", "a", 0, "some words"))
    for wanted in (about("gone"), about("a", 50, 60)):
        assert any(
            "not in the corpus, or not with their labelled passages" in note
            for note in prepare(held, wanted, fields=ChunkFields()).notes
        )


def test_a_chunk_that_is_its_query_is_left_out_and_the_rest_of_its_document_stays() -> None:
    held = pieces(("a#0", "a", 0, "what is it"), ("a#1", "a", 10, "an answer"))
    made = prepare(held, about("a"), exclude_self=True, fields=ChunkFields())
    assert made.selves == {"q": frozenset({"a#0"})}
    assert made.rows_of("q", "a") == (1,)
    with pytest.raises(UsageError, match="no query"):
        prepare(held, about("a", 0, 10), exclude_self=True, fields=ChunkFields())


def test_a_selection_on_chunks_scores_documents_and_shows_them(tmp_path: Path) -> None:
    held = texts(20, length=16)
    chunks, queries, qrels = [], [], {}
    for number, text in enumerate(held):
        words = text.split()
        first, second = " ".join(words[:8]), " ".join(words[8:])
        name, middle = f"doc{number:02d}", len(first) + 1
        chunks += [(f"{name}-a", name, 0, first), (f"{name}-b", name, middle, second)]
        queries.append(Query(id=f"q{number:02d}", text=" ".join(words[8:11])))
        qrels[f"q{number:02d}"] = {name: 1}
    evalset = EvalSet(name="chunks", queries=tuple(queries), qrels=qrels)
    facts = {}
    for number, text in enumerate(held):
        start = len(" ".join(text.split()[:8])) + 1
        facts[f"q{number:02d}", f"doc{number:02d}"] = LabelFacts(spans=(Span(start=start, end=len(text)),))
    card = run_selection(
        Field(candidates=(candidate(toy(dims=4)),)),
        replace(evalset, label_facts=facts),
        pieces(*chunks),
        Terms(chunks=ChunkFields(), sweep=SweepTerms()),
        instruments(tmp_path),
    )
    rows = {row.name: row for row in card.rows}
    assert rows["BM25"].quality["recall@10"].value == rows["BM25"].quality["nDCG@10"].value == 1.0
    full = next(cell for cell in card.sweep if (cell.dims, cell.quantisation) == (4, "float32"))
    assert full.quality == rows["toy"].quality
    assert rows["toy"].quality["nDCG@10"].value > 0
    (changes,) = card.regressions
    assert changes.shown
    for change in changes.shown:
        (right,) = [document for document in change.before if document.relevant]
        assert right.id == f"doc{change.query[1:]}"
        assert right.text.startswith(change.text)
