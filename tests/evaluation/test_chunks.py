"""Labels of documents and passages against chunks: they survive every way of cutting."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, LabelFacts, Measure, score
from helmert.evaluation.chunks import MOST_ROOM, Chunk, ChunkFields, Fold, chunks_of, fold_chunks, lift_labels
from helmert.types import Document
from tests.evaluation.sets import span
from tests.evaluation.worlds import run_of, set_of

LENGTH = 60
NAMES = ["nDCG@10", "recall@5", "MRR@10"]


def spanned(evalset: EvalSet, *spans: tuple[str, str, int, int]) -> EvalSet:
    facts: dict[tuple[str, str], LabelFacts] = {}
    for query, document, start, end in spans:
        known = facts.get((query, document), LabelFacts()).spans
        facts[query, document] = LabelFacts(spans=(*known, span(start, end)))
    return replace(evalset, label_facts=facts)


def chunk(name: str, document: str, start: int, end: int) -> Chunk:
    return Chunk(id=name, document=document, span=span(start, end))


def cut(document: str, bounds: list[int]) -> list[Chunk]:
    """A document from 0 to `LENGTH`, cut at these places."""
    ends = [0, *sorted(set(bounds)), LENGTH]
    return [chunk(f"{document}#{number}", document, *pair) for number, pair in enumerate(pairwise(ends))]


CUTS = st.lists(st.integers(1, LENGTH - 1), max_size=20)


@st.composite
def labelled(draw: st.DrawFn) -> EvalSet:
    """Four documents, some relevant for two queries, as a whole or by passages."""
    qrels = draw(
        st.dictionaries(
            st.sampled_from(["q", "r"]),
            st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3), min_size=1).filter(lambda g: any(g.values())),
            min_size=1,
        )
    )
    evalset = set_of(qrels)
    starts = st.integers(0, LENGTH - 1)
    facts = {}
    for label in evalset.labels():
        found = draw(st.lists(st.tuples(starts, starts).filter(lambda pair: pair[0] < pair[1]), max_size=2))
        facts[label.query, label.document] = LabelFacts(spans=tuple(span(*pair) for pair in found))
    return replace(evalset, label_facts=facts)


@given(evalset=labelled(), data=st.data())
def test_a_perfect_ranking_stays_perfect_however_documents_are_cut(evalset: EvalSet, data: st.DataObject) -> None:
    chunks = {one.id: one for document in "abcd" for one in cut(document, data.draw(CUTS))}
    rankings = {}
    for query in evalset.qrels:
        useful = [
            (grade, one.id)
            for document, grade in evalset.qrels[query].items()
            for one in chunks.values()
            if one.document == document and one.satisfies(evalset.label(query, document).facts)
        ]
        rest = [(-1, name) for name in chunks if name not in {found for _, found in useful}]
        ranked = sorted([*useful, *rest], reverse=True)
        rankings[query] = {name: float(len(ranked) - rank) for rank, (_, name) in enumerate(ranked)}
    run, folded = fold_chunks(run_of(rankings), evalset, chunks)
    assert folded is evalset
    measures = [Measure.parse(name) for name in NAMES]
    for measure in measures:
        assert score(run, folded, measures).mean(measure) == pytest.approx(1.0)


@given(evalset=labelled(), data=st.data())
def test_every_label_can_be_satisfied_by_chunks_that_cover_the_document(evalset: EvalSet, data: st.DataObject) -> None:
    for label in evalset.labels():
        chunks = cut(label.document, data.draw(CUTS))
        overlap = data.draw(st.integers(0, 9))
        wider = [replace(one, span=span(max(0, one.span.start - overlap), one.span.end)) for one in chunks if one.span]
        for pieces in (chunks, wider):
            assert any(one.satisfies(label.facts) for one in pieces)


@pytest.mark.parametrize(
    ("start", "end", "counts"),
    [
        (10, 20, True),  # the span itself
        (0, 60, True),  # all of it
        (12, 14, True),  # inside
        (0, 15, True),  # half of the span
        (0, 14, False),  # less than half of it
        (19, 30, False),  # its last letter
        (18, 22, True),  # half of the chunk
        (20, 30, False),  # beside it
    ],
)
def test_what_counts_as_meeting_a_span(start: int, end: int, counts: bool) -> None:
    assert chunk("c", "d", start, end).satisfies(LabelFacts(spans=(span(10, 20),))) is counts


def test_a_label_is_credited_once_at_its_best_rank() -> None:
    chunks = {one.id: one for one in cut("a", [20, 40]) + cut("b", [20])}
    evalset = spanned(set_of({"q": {"a": 1, "b": 1}}), ("q", "a", 15, 45))
    run, folded = fold_chunks(
        run_of({"q": {"a#1": 0.9, "a#2": 0.8, "a#0": 0.7, "b#1": 0.6, "b#0": 0.5}}), evalset, chunks
    )
    assert run.ranking("q") == (("a", 0.9), ("a#2", 0.8), ("a#0", 0.7), ("b", 0.6))
    assert run.duplicates == 1
    assert folded is evalset


def test_a_chunk_may_satisfy_one_query_and_not_another() -> None:
    chunks = {one.id: one for one in cut("a", [30])}
    evalset = spanned(set_of({"q": {"a": 1}, "r": {"a": 1}}), ("q", "a", 0, 10), ("r", "a", 40, 50))
    run, _ = fold_chunks(run_of({"q": {"a#0": 1.0}, "r": {"a#0": 1.0}}), evalset, chunks)
    assert run.ranking("q") == (("a", 1.0),)
    assert run.ranking("r") == (("a#0", 1.0),)


def test_a_chunk_with_the_id_of_its_document_is_no_label_by_name_alone() -> None:
    chunks = {"a": chunk("a", "a", 0, 30), "a2": chunk("a2", "a", 30, 60)}
    evalset = spanned(set_of({"q": {"a": 1}}), ("q", "a", 40, 50))
    run, _ = fold_chunks(run_of({"q": {"a": 0.9, "a2": 0.8}}), evalset, chunks)
    assert run.ranking("q") == (("a#chunk", 0.9), ("a", 0.8))


def test_documents_that_were_not_cut_stay_themselves() -> None:
    evalset = set_of({"q": {"whole": 1, "a": 1}})
    run, folded = fold_chunks(
        run_of({"q": {"whole": 0.9, "a#0": 0.8, "other": 0.7}}), evalset, {"a#0": chunk("a#0", "a", 0, 9)}
    )
    assert [name for name, _ in run.ranking("q")] == ["whole", "a", "other"]
    assert folded.qrels == evalset.qrels


def test_labels_of_old_chunks_are_found_in_new_ones() -> None:
    old = {one.id: one for one in cut("a", [20, 40])}
    lifted = lift_labels(set_of({"q": {"a#1": 2, "a#2": 0, "b": 1}}), old)
    assert lifted.qrels == {"q": {"a": 2, "b": 1}}
    assert lifted.label("q", "a").facts.spans == (span(20, 40),)
    new = {one.id: one for one in (chunk("x", "a", 0, 25), chunk("y", "a", 25, 60))}
    run, _ = fold_chunks(run_of({"q": {"x": 0.9, "y": 0.8}}), lifted, new)
    assert [name for name, _ in run.ranking("q")] == ["x", "a"]


def test_spans_of_a_labelled_chunk_are_places_in_its_own_text() -> None:
    evalset = spanned(set_of({"q": {"a#1": 1}}), ("q", "a#1", 2, 5))
    lifted = lift_labels(evalset, {one.id: one for one in cut("a", [20])})
    assert lifted.label("q", "a").facts.spans == (span(22, 25),)


def test_chunks_from_the_metadata_of_what_is_indexed() -> None:
    documents = [
        Document(id="a#0", text="x", metadata={"document_id": "a", "start": 0, "end": 9}),
        Document(id="a#1", text="x", metadata={"document_id": "a", "start": "9", "end": "20"}),
        Document(id="b#0", text="x", metadata={"document_id": 7}),
        Document(id="c", text="x", metadata={"start": 3}),
    ]
    assert list(chunks_of(documents).values()) == [
        chunk("a#0", "a", 0, 9),
        chunk("a#1", "a", 9, 20),
        Chunk(id="b#0", document="7"),
        Chunk(id="c", document="c"),
    ]
    named = [Document(id="p", text="x", metadata={"page": "a", "from": 1, "to": 2})]
    assert chunks_of(named, document_field="page", start_field="from", end_field="to") == {"p": chunk("p", "a", 1, 2)}


@pytest.mark.parametrize(
    "ends", [{"start": 1}, {"start": 1, "end": "x"}, {"start": 5, "end": 5}, {"start": -1, "end": 4}]
)
def test_positions_that_are_none(ends: dict[str, int | str]) -> None:
    with pytest.raises(UsageError):
        chunks_of([Document(id="a#0", text="x", metadata={"document_id": "a", **ends})])


def test_a_chunk_that_nobody_labelled_keeps_its_id_even_if_a_document_has_the_same() -> None:
    chunks = {"a": Chunk(id="a", document="a"), "b": Chunk(id="b", document="b")}
    run, _ = fold_chunks(run_of({"q": {"a": 0.9, "b": 0.8}}), set_of({"q": {"b": 1}}), chunks)
    assert run.ranking("q") == (("a", 0.9), ("b", 0.8))


def test_an_empty_name_of_a_document_is_none() -> None:
    assert ChunkFields().read([("a", {"document_id": "", "start": "", "end": ""})]) == {
        "a": Chunk(id="a", document="a")
    }


def test_a_text_that_several_documents_hold_is_found_for_each_of_them() -> None:
    chunks = {one.id: one for one in cut("a", [20]) + cut("b", [20])}
    evalset = spanned(set_of({"q": {"a": 2, "b": 1}}), ("q", "a", 0, 20), ("q", "b", 0, 20))
    fold = Fold.of(evalset, chunks, {"a#0": "a#0", "b#0": "a#0"})
    assert fold.apply(run_of({"q": {"a#0": 0.9, "b#1": 0.8}})).ranking("q") == (("a", 0.9), ("b", 0.9), ("b#1", 0.8))
    assert list(fold.out_of_reach) == []


def test_what_nothing_satisfies_is_out_of_reach() -> None:
    chunks = {one.id: one for one in cut("a", [20])}
    evalset = spanned(set_of({"q": {"a": 1, "gone": 1, "no": 0}, "r": {"a": 1}}), ("r", "a", 90, 99))
    assert list(Fold.of(evalset, chunks).out_of_reach) == [("q", "gone"), ("r", "a")]


def test_without_a_chunk_go_the_labels_that_only_it_satisfies() -> None:
    chunks = {one.id: one for one in cut("a", [20]) + cut("b", [])}
    evalset = set_of({"q": {"a": 1, "b": 1, "gone": 1}})
    left = Fold.of(evalset, chunks).without({"q": {"a#0", "b#0"}})
    assert left.evalset.qrels == {"q": {"a": 1, "gone": 1}}


@given(evalset=labelled(), data=st.data())
def test_the_room_is_enough_to_see_as_many_results_as_are_looked_at(evalset: EvalSet, data: st.DataObject) -> None:
    chunks = {one.id: one for document in "abcd" for one in cut(document, data.draw(CUTS))}
    fold = Fold.of(evalset, chunks)
    order = data.draw(st.permutations(sorted(chunks)))
    wanted = data.draw(st.integers(1, 10))
    hits = order[: wanted + fold.room]
    run = run_of({query: {name: float(-rank) for rank, name in enumerate(hits)} for query in evalset.qrels})
    for query in evalset.qrels:
        assert len(fold.apply(run).ranking(query)) >= min(wanted, len(hits) - fold.room)


def test_the_room_has_a_limit() -> None:
    chunks = {f"a#{number}": Chunk(id=f"a#{number}", document="a") for number in range(MOST_ROOM + 9)}
    assert Fold.of(set_of({"q": {"a": 1}}), chunks).room == MOST_ROOM
