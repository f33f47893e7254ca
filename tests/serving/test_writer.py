"""A write is in the journal before it is in an index, and in whichever index is live when it is acknowledged."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from helmert.errors import BadInput, DifferentSpace, GarbageVectors, NotFound, ProviderOutage
from helmert.migration.fingerprints import record_or_check
from helmert.registry import JournalEntry
from helmert.serving.follower import Followed
from helmert.serving.writer import Acknowledgement
from helmert.testing.embedder import Faults, ToyEmbedder
from helmert.types import Document
from tests.migration.world import World, document, documents
from tests.serving.staging import add_index, point

LIVE = "docs__small_v1__2026-03-01"


def test_what_is_acknowledged_is_found(world: World) -> None:
    acknowledged = world.writer.upsert("docs_current", documents(3))
    assert acknowledged.seq == 3
    assert acknowledged.followed.embedded == 3
    assert world.searcher.search("docs_current", document(1).text, 1).hits[0].id == "d001"
    world.writer.upsert("docs_current", [document(1, "something else entirely")])
    assert world.searcher.search("docs_current", "something else entirely", 1).hits[0].id == "d001"
    world.writer.delete("docs_current", ["d001", "never there"])
    assert {hit.id for hit in world.searcher.search("docs_current", "something else", 9).hits} == {"d000", "d002"}


def test_the_journal_keeps_what_an_outage_kept_from_the_index(world: World) -> None:
    world.models["small"] = ToyEmbedder(model="toy-small", dims=16, label="small", faults=Faults(outage=range(1, 2)))
    with pytest.raises(ProviderOutage):
        world.writer.upsert("docs_current", [document(1, year=1)])
    assert world.contents(LIVE) == {}
    (line,) = world.registry.journal.read("docs", after_seq=0, limit=9)
    assert (line.entry.id, line.entry.text, line.entry.metadata) == ("d001", document(1).text, {"year": 1})
    acknowledged = world.writer.upsert("docs_current", [document(2)])
    assert acknowledged.followed.entries == 2
    assert sorted(world.contents(LIVE)) == ["d001", "d002"]


def test_nothing_to_write_is_no_write(world: World) -> None:
    world.writer.upsert("docs_current", documents(2))
    assert world.writer.upsert("docs_current", []) == Acknowledgement(seq=2, followed=Followed())
    assert world.writer.delete("docs_current", []) == Acknowledgement(seq=2, followed=Followed())


BAD = [
    Document(id="", text="a text"),
    Document(id="a", text=""),
    Document(id="a", text=" \n\t"),
    Document(id="a", text="half of a pair: \ud800"),
    Document(id="\udfff", text="a text"),
    Document(id="a", text="a text", metadata={"score": float("nan")}),
    Document(id="a", text="a text", metadata={"tags": ["b"]}),  # type: ignore[dict-item]
    Document(id="a", text="a text", metadata={"missing": None}),  # type: ignore[dict-item]
    Document(id="a", text="a text", metadata={"year": "two thousand"}),
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_document_no_index_could_hold_is_refused_before_the_journal_has_it(world: World, bad: Document) -> None:
    world.fields = {"year": "int"}
    point(world, "docs_current", add_index(world, "docs", "small"))
    with pytest.raises(BadInput) as caught:
        world.writer.upsert("docs_current", [document(1, year=2000), bad])
    assert "number 1" in caught.value.message
    assert world.registry.journal.head("docs") == 0
    world.writer.upsert("docs_current", [document(1, year=2000)])


def test_an_index_that_is_held_for_rollback_could_hold_it_too(world: World) -> None:
    world.fields = {"year": "int"}
    point(world, "docs_current", add_index(world, "docs", "small"))
    world.fields = {}
    point(world, "docs_current", add_index(world, "docs", "large"))
    with pytest.raises(BadInput, match="year"):
        world.writer.upsert("docs_current", [document(1, year="unknown")])


def test_an_unknown_alias_is_refused_before_the_journal_has_it(world: World) -> None:
    with pytest.raises(NotFound, match="others_current"):
        world.writer.upsert("others_current", [document(1)])
    with pytest.raises(NotFound, match="others_current"):
        world.writer.delete("others_current", ["d001"])
    assert world.registry.journal.head("docs") == 0


def test_a_configured_model_of_another_space_is_refused_before_the_journal_has_it(world: World) -> None:
    world.models["small"] = world.models["turned"]
    with pytest.raises(DifferentSpace):
        world.writer.upsert("docs_current", [document(1)])
    assert world.registry.journal.head("docs") == 0


def promote_after_append(world: World, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a promotion happen between the moment a write is in the journal and the moment an index has it."""
    append = world.registry.journal.append_many

    def then_promote(collection: str, entries: Sequence[JournalEntry]) -> int:
        seq = append(collection, entries)
        monkeypatch.setattr(world.registry.journal, "append_many", append)
        point(world, "docs_current", target)
        return seq

    monkeypatch.setattr(world.registry.journal, "append_many", then_promote)


def test_a_promotion_after_the_journal_takes_the_write_along(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    target = add_index(world, "docs", "large")
    promote_after_append(world, target, monkeypatch)
    world.writer.upsert("docs_current", [document(1)])
    assert world.contents(target) == {"d001": document(1).text}
    assert world.follower.behind(target) == 0


def test_a_promotion_while_the_old_index_follows_takes_the_write_along(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = add_index(world, "docs", "large")
    follow = world.follower.follow

    def then_promote(index: str) -> Followed:
        followed = follow(index)
        if world.registry.aliases.get("docs_current").index == LIVE:
            point(world, "docs_current", target)
        return followed

    monkeypatch.setattr(world.follower, "follow", then_promote)
    world.writer.upsert("docs_current", [document(1)])
    assert world.contents(LIVE) == world.contents(target) == {"d001": document(1).text}


def test_a_delete_erases_the_text_from_the_journal(world: World) -> None:
    world.writer.upsert("docs_current", [document(1, "a secret")])
    world.writer.delete("docs_current", ["d001"])
    lines = world.registry.journal.read("docs", after_seq=0, limit=9)
    assert [(line.entry.op, line.entry.text) for line in lines] == [("delete", ""), ("delete", "")]
    assert world.contents(LIVE) == {}


def test_a_deletion_reaches_every_generation(world: World) -> None:
    world.writer.upsert("docs_current", documents(3))
    record = world.apply(world.plan("large"))
    world.promote(record.id, override="a test of the holdover")
    world.writer.delete("docs_current", ["d001"])
    assert set(world.contents(LIVE)) == set(world.contents(record.target_index)) == {"d000", "d002"}
    world.complete(record.id)
    world.writer.delete("docs_current", ["d002"])
    assert set(world.contents(LIVE)) == set(world.contents(record.target_index)) == {"d000"}


def test_a_model_that_was_replaced_behind_its_name_writes_nothing(world: World) -> None:
    world.writer.upsert("docs_current", [document(1)])
    record_or_check(world.models["small"], world.registry)
    world.models["small"] = ToyEmbedder(model="toy-small", dims=16, label="small", faults=Faults(swap_after=1))
    world.models["small"].embed_documents(["the last honest answer"])
    with pytest.raises(GarbageVectors, match="came back at"):
        world.writer.upsert("docs_current", [document(2)])
    assert set(world.contents(LIVE)) == {"d001"}
