"""What is said about an index with and without queries, with and without an index to compare it with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from helmert.evaluation import EvalSet, LabelFacts, Span, Verdict
from helmert.evaluation.chunks import ChunkFields
from helmert.migration.judgement import REPORTED, SHOWN, Judgement, judge
from helmert.registry import IndexRecord, MigrationRecord
from helmert.testing.embedder import Faults, ToyEmbedder
from helmert.types import Document, Query
from tests.migration.world import World, document, documents, labelled


@pytest.fixture
def pair(world: World, built: MigrationRecord) -> tuple[IndexRecord, IndexRecord]:
    """An index that was built beside the live one, and the live one."""
    return world.registry.indexes.get(built.target_index), world.registry.indexes.get(str(built.source_index))


def report(judgement: Judgement) -> Mapping[str, Any]:
    """The report as JSON gives it back; plain values survive that without a change."""
    text = json.dumps(judgement.report, allow_nan=False)
    again: Mapping[str, Any] = json.loads(text)
    assert again == judgement.report
    return again


def test_two_indexes_are_compared_query_by_query(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    candidate, incumbent = pair
    judgement = judge(candidate, incumbent, labelled(30), world.context)
    assert judgement.verdict is Verdict.PASS
    found = report(judgement)
    assert found["decision"]["verdict"] == "PASS"
    assert found["decision"]["digests"]["evalset"] == labelled(30).digest
    assert found["decision"]["digests"]["candidate_run"] != found["decision"]["digests"]["incumbent_run"]
    assert found["sentences"] == [finding["sentence"] for finding in found["decision"]["findings"]]
    assert found["policy"] == world.policy.gate.to_dict()
    assert found["evalset"] == {"name": "labelled", "digest": labelled(30).digest, "queries": 30}
    assert {row["index"] for row in found["scores"]} == {candidate.name, incumbent.name}
    assert [row["measure"] for row in found["comparisons"]] == list(REPORTED)
    ruled = [row for row in found["comparisons"] if row["verdict"] is not None]
    assert [(row["measure"], row["verdict"], row["margin"]) for row in ruled] == [("recall@10", "PASS", 0.2)]
    recall = next(row for row in found["scores"] if row["measure"] == "recall@10")
    assert recall["low"] <= recall["mean"] <= recall["high"]
    assert recall["queries"] == 30


def test_without_queries_nothing_can_be_said(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    judgement = judge(*pair, None, world.context)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "evalset" in judgement.sentences[0]
    assert (judgement.candidate, judgement.incumbent) == (None, None)
    assert report(judgement)["evalset"] is None


def test_a_set_of_no_queries_never_passes(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    empty = EvalSet(name="empty", queries=(), qrels={})
    judgement = judge(*pair, empty, world.context)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert report(judgement)["scores"] == []


def test_queries_without_a_relevant_document_are_as_good_as_none(
    world: World, pair: tuple[IndexRecord, IndexRecord]
) -> None:
    unanswerable = EvalSet(name="hard", queries=(Query(id="q", text="harbour"),), qrels={"q": {"d000": 0}})
    assert judge(*pair, unanswerable, world.context).verdict is Verdict.INCONCLUSIVE


def test_one_query_gives_numbers_and_no_verdict(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    judgement = judge(*pair, labelled(1), world.context)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert report(judgement)["scores"]


@pytest.mark.parametrize("queries", [0, 1, 30])
def test_without_an_incumbent_there_is_nothing_to_be_worse_than(
    world: World, pair: tuple[IndexRecord, IndexRecord], queries: int
) -> None:
    judgement = judge(pair[0], None, labelled(queries), world.context)
    assert judgement.verdict is Verdict.PASS
    assert "nothing to be worse than" in judgement.sentences[0]
    assert len(report(judgement)["scores"]) == (len(REPORTED) if queries else 0)
    assert judge(pair[0], None, None, world.context).verdict is Verdict.PASS


def test_a_worse_index_fails_and_its_regressions_are_shown(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    candidate, incumbent = pair
    gone = [f"d{number:03d}" for number in range(20)]
    world.vectors.delete(candidate.name, gone)
    judgement = judge(candidate, incumbent, labelled(30), world.context)
    assert judgement.verdict is Verdict.FAIL
    shown = report(judgement)["regressions"]
    assert len(shown) == SHOWN
    first = shown[0]
    assert first["worse_in_all"] == 20
    assert first["query"] == document(int(first["query_id"][1:])).text
    assert any(hit["relevant"] for hit in first["before"])
    assert not any(hit["relevant"] for hit in first["after"])


def test_progress_counts_the_queries_of_both_sides(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    heard: list[tuple[int, int]] = []
    judge(*pair, labelled(30), world.context, lambda done, total: heard.append((done, total)))
    assert heard == [(30, 60), (60, 60)]
    heard.clear()
    judge(pair[0], None, labelled(30), world.context, lambda done, total: heard.append((done, total)))
    assert heard == [(30, 30)]


def test_judging_changes_nothing(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    before = world.registry.evaluations.list()
    judge(*pair, labelled(30), world.context)
    assert world.registry.evaluations.list() == before
    assert world.contents(pair[0].name) == {d.id: d.text for d in documents(30)}


def unreachable(queries: int) -> EvalSet:
    """Thirty queries, so many of which ask for documents that no index holds."""
    whole = labelled(30)
    qrels = {
        query.id: {f"gone-{query.id}": 1} if number < queries else whole.qrels[query.id]
        for number, query in enumerate(whole.queries)
    }
    return EvalSet(name="torn", queries=whole.queries, qrels=qrels)


def test_labels_of_other_documents_never_pass(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    judgement = judge(*pair, unreachable(30), world.context)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "30 of 30 relevant documents are in no index" in judgement.sentences[0]


def test_ids_written_in_another_way_are_explained(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    whole = labelled(30)
    qrels = {query: {id_.upper(): grade for id_, grade in grades.items()} for query, grades in whole.qrels.items()}
    judgement = judge(*pair, EvalSet(name="upper", queries=whole.queries, qrels=qrels), world.context)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "upper and lower case" in judgement.sentences[1]


def test_a_few_missing_documents_are_a_note(world: World, pair: tuple[IndexRecord, IndexRecord]) -> None:
    judgement = judge(*pair, unreachable(1), world.context)
    assert judgement.verdict is Verdict.PASS
    assert any("1 of 30 relevant documents are in no index" in note for note in report(judgement)["notes"])


def test_a_live_index_that_cannot_be_asked_leaves_the_gate_open(
    world: World, pair: tuple[IndexRecord, IndexRecord]
) -> None:
    gone = ToyEmbedder(model="toy-small", dims=16, label="small", faults=Faults(outage=range(1, 99)))
    world.models["small"] = gone
    judgement = judge(*pair, labelled(30), world.context)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "its model does not answer" in judgement.sentences[0]
    assert judgement.candidate is not None


def halves_of(number: int, *, at: int) -> list[Document]:
    """Document n in two chunks, cut before a word."""
    words = document(number).text.split()
    first = " ".join(words[:at])
    places = [(0, first), (len(first) + 1, " ".join(words[at:]))]
    return [
        Document(
            id=f"d{number:03d}#{place}" if at == 1 else f"{at}-{number}-{place}",
            text=text,
            metadata={"document_id": f"d{number:03d}", "start": start, "end": start + len(text)},
        )
        for place, (start, text) in enumerate(places)
    ]


def passages(count: int) -> EvalSet:
    """Query n asks for the last word of document n, and that is its relevant passage."""
    whole = labelled(count)
    facts = {}
    for number in range(count):
        text = document(number).text
        span = Span(start=text.rindex(" ") + 1, end=len(text))
        facts[f"q{number}", f"d{number:03d}"] = LabelFacts(spans=(span,))
    queries = tuple(Query(id=f"q{number}", text=f"number{number}") for number in range(count))
    return EvalSet(name="passages", queries=queries, qrels=whole.qrels, label_facts=facts)


@pytest.fixture
def rechunked(world: World) -> tuple[IndexRecord, IndexRecord]:
    """An index of chunks that were cut anew, and the live one with those of before."""
    world.chunks = ChunkFields()
    world.source.held = [chunk for number in range(30) for chunk in halves_of(number, at=1)]
    live = world.go_live("small")
    world.source.held = [chunk for number in range(30) for chunk in halves_of(number, at=2)]
    record = world.apply(world.plan("large"))
    return world.registry.indexes.get(record.target_index), world.registry.indexes.get(live)


def test_labels_of_passages_hold_for_indexes_that_were_chunked_in_different_ways(
    world: World, rechunked: tuple[IndexRecord, IndexRecord]
) -> None:
    judgement = judge(*rechunked, passages(30), world.context)
    assert judgement.candidate is not None
    assert judgement.incumbent is not None
    found = report(judgement)
    assert not any("relevant documents are" in note for note in (*found["notes"], *found["sentences"]))
    recall = {row["index"]: row["mean"] for row in found["scores"] if row["measure"] == "recall@10"}
    assert recall[rechunked[0].name] == 1.0
    assert recall[rechunked[1].name] > 0.5
    assert found["evalset"]["digest"] == found["decision"]["digests"]["evalset"] == passages(30).digest
    assert judgement.candidate.run.ranking("q7")[0][0] == "d007"


def test_documents_and_passages_that_no_chunk_holds_never_pass(
    world: World, rechunked: tuple[IndexRecord, IndexRecord]
) -> None:
    beyond = {pair: LabelFacts(spans=(Span(start=900, end=990),)) for pair in passages(30).label_facts}
    behind = EvalSet(name="behind", queries=passages(30).queries, qrels=passages(30).qrels, label_facts=beyond)
    for evalset in (unreachable(30), behind):
        judgement = judge(*rechunked, evalset, world.context)
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert "30 of 30 relevant documents are in no index, or not with" in judgement.sentences[0]


def test_labels_of_live_chunks_hold_for_chunks_that_were_cut_anew(
    world: World, rechunked: tuple[IndexRecord, IndexRecord]
) -> None:
    qrels = {f"q{number}": {f"d{number:03d}#1": 1} for number in range(30)}
    judgement = judge(*rechunked, EvalSet(name="old", queries=passages(30).queries, qrels=qrels), world.context)
    assert judgement.candidate is not None
    recall = {row["index"]: row["mean"] for row in report(judgement)["scores"] if row["measure"] == "recall@10"}
    assert min(recall.values()) > 0.5
