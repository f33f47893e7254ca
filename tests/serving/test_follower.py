"""Whatever the journal says, an index that follows it holds what a dictionary would."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.errors import DifferentSpace, LeaseHeld, ProviderOutage
from helmert.models.base import EmbeddingBatch
from helmert.models.checked import CheckedEmbedder
from helmert.registry import JournalEntry
from helmert.serving.follower import CHUNK, LEASE_SECONDS, PAGE, Followed
from helmert.testing.embedder import Faults, ToyEmbedder
from helmert.types import Metadata, content_hash
from tests.migration.world import World, new_world
from tests.serving.staging import add_index

HANG_SECONDS = 60


def upsert(id_: str, text: str, **metadata: str | int | float | bool) -> JournalEntry:
    return JournalEntry(op="upsert", id=id_, text=text, hash=content_hash(text), metadata=metadata)


def delete(id_: str) -> JournalEntry:
    return JournalEntry(op="delete", id=id_)


class Listening(ToyEmbedder):
    """A toy that remembers the documents it was given."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.heard: list[str] = []

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        batch = super().embed_documents(texts)
        self.heard += texts
        return batch


@dataclass
class Model:
    """An index as a dictionary: what one pass over some entries does to it, and what that costs."""

    rows: dict[str, tuple[str, Metadata]] = field(default_factory=dict)
    embedded: list[str] = field(default_factory=list)

    def follow(self, entries: Sequence[JournalEntry]) -> Followed:
        last = {entry.id: entry for entry in entries}
        kept = embedded = deleted = 0
        for entry in last.values():
            if entry.op == "delete":
                self.rows.pop(entry.id, None)
                deleted += 1
                continue
            there = self.rows.get(entry.id)
            if there is not None and content_hash(there[0]) == entry.hash:
                kept += 1
            else:
                self.embedded.append(entry.text)
                embedded += 1
            self.rows[entry.id] = (entry.text, entry.metadata)
        return Followed(entries=len(entries), embedded=embedded, metadata_only=kept, deleted=deleted)


ids = st.sampled_from(["a", "b", "c", "d"])
texts = st.sampled_from(["one harbour", "one  harbour", "two lanterns", "caf\u00e9", "cafe\u0301"])
entries = st.one_of(
    st.builds(delete, ids),
    st.builds(lambda id_, text, year: upsert(id_, text, year=year), ids, texts, st.integers(1990, 1993)),
)
journals = st.lists(st.lists(entries, min_size=1, max_size=6), max_size=6)
"""What is written between one pass and the next."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = new_world(tmp_path_factory.mktemp("follower"))
    yield made
    made.close()


numbers = count(1)


def stored(world: World, index: str) -> dict[str, tuple[str, Metadata]]:
    return {
        id_: (text, dict(metadata))
        for rows in world.vectors.scan(index)
        for id_, text, metadata in zip(rows.ids, rows.texts, rows.metadata, strict=True)
    }


@settings(max_examples=30)
@given(journals)
def test_an_index_that_follows_is_a_dictionary(shared: World, journal: list[list[JournalEntry]]) -> None:
    world, collection = shared, f"docs{next(numbers)}"
    listening = Listening(model="toy-small", dims=16, label="small")
    world.models["small"] = CheckedEmbedder(listening)
    steady, late = add_index(world, collection, "small"), add_index(world, collection, "large")
    model, written = Model(), 0
    for part in journal:
        world.registry.journal.append_many(collection, part)
        written += len(part)
        assert world.follower.behind(steady) == len(part)
        lines = world.registry.journal.read(collection, after_seq=written - len(part), limit=99)
        expected = model.follow([line.entry for line in lines])
        followed = world.follower.follow(steady)
        assert followed == Followed(
            entries=expected.entries,
            embedded=expected.embedded,
            metadata_only=expected.metadata_only,
            deleted=expected.deleted,
            tokens=followed.tokens,
        )
        assert stored(world, steady) == model.rows
        assert world.registry.indexes.get(steady).applied_seq == written
    assert listening.heard == model.embedded
    assert world.follower.follow(steady) == Followed()
    world.follower.follow(late)
    assert stored(world, late) == model.rows
    assert world.follower.behind(late) == 0


def test_the_vectors_are_those_of_the_texts(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    for text in ("an older text", "a newer text"):
        world.registry.journal.append_many("docs", [upsert("a", text)])
        world.follower.follow(index)
    rows = world.vectors.fetch(index, ["a"], with_vectors=True)
    assert rows.vectors is not None
    expected = world.models["small"].embed_documents(["a newer text"]).vectors
    assert rows.vectors == pytest.approx(expected, abs=1e-6)


def test_metadata_changes_without_the_model(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    world.registry.journal.append_many("docs", [upsert("a", "the same", year=1), upsert("b", "the same", year=1)])
    world.follower.follow(index)
    world.models["small"] = ToyEmbedder(model="toy-small", dims=16, label="small", faults=Faults(outage=range(1, 9)))
    world.registry.journal.append_many("docs", [upsert("a", "the  same", year=2), delete("b")])
    followed = world.follower.follow(index)
    assert (followed.embedded, followed.metadata_only, followed.deleted) == (0, 1, 1)
    assert stored(world, index) == {"a": ("the  same", {"year": 2})}


def test_a_long_journal_is_followed_page_by_page(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    entries = [upsert(f"d{number % 7}", f"text {number}") for number in range(2 * PAGE + 5)]
    world.registry.journal.append_many("docs", entries)
    assert world.follower.follow(index).entries == len(entries)
    assert stored(world, index) == {entry.id: (entry.text, {}) for entry in entries}
    assert world.registry.indexes.get(index).applied_seq == len(entries)


def test_an_interruption_costs_no_more_than_what_was_under_way(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    total = 3 * CHUNK
    world.registry.journal.append_many("docs", [upsert(f"d{number}", f"text {number}") for number in range(total)])
    world.models["small"] = ToyEmbedder(model="toy-small", dims=16, label="small", faults=Faults(outage=range(3, 99)))
    with pytest.raises(ProviderOutage):
        world.follower.follow(index)
    assert world.follower.behind(index) == total
    listening = Listening(model="toy-small", dims=16, label="small")
    world.models["small"] = listening
    followed = world.follower.follow(index)
    assert (followed.embedded, followed.metadata_only) == (CHUNK, 2 * CHUNK)
    assert len(listening.heard) == CHUNK
    assert len(stored(world, index)) == total


def test_a_model_of_another_space_writes_nothing(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    world.registry.journal.append_many("docs", [upsert("a", "some text")])
    world.models["small"] = world.models["turned"]
    with pytest.raises(DifferentSpace, match=f"fill {index} with 'small'"):
        world.follower.follow(index)
    assert stored(world, index) == {}
    assert world.follower.behind(index) == 1


def test_two_followers_at_once_keep_the_order(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    writing, failures = threading.Event(), []

    def wait(seconds: float) -> None:
        time.sleep(seconds / 20)

    def follow(owner: str) -> None:
        follower = world.new_follower(owner, sleep=wait)
        try:
            while not writing.is_set() or follower.behind(index):
                follower.follow(index)
        except Exception as error:  # noqa: BLE001 - told in the main thread
            failures.append(error)

    threads = [threading.Thread(target=follow, args=[f"follower {number}"]) for number in range(2)]
    for thread in threads:
        thread.start()
    expected: dict[str, tuple[str, Metadata]] = {}
    for number in range(120):
        entry = delete(f"d{number % 5}") if number % 11 == 3 else upsert(f"d{number % 5}", f"text {number}", n=number)
        world.registry.journal.append_many("docs", [entry])
        expected.pop(entry.id, None)
        if entry.op == "upsert":
            expected[entry.id] = (entry.text, entry.metadata)
    writing.set()
    for thread in threads:
        thread.join(HANG_SECONDS)
    assert failures == []
    assert stored(world, index) == expected
    assert world.registry.indexes.get(index).applied_seq == 120


def test_patience_ends(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    world.registry.journal.append_many("docs", [upsert("a", "some text")])
    world.registry.leases.acquire(f"follow:{index}", owner="another", ttl_seconds=LEASE_SECONDS)
    with pytest.raises(LeaseHeld, match="another"):
        world.follower.follow(index)
    assert 1.0 <= world.clocks.elapsed < 2.0
    assert stored(world, index) == {}


def test_a_follower_that_died_is_waited_for_and_then_replaced(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    world.registry.journal.append_many("docs", [upsert("a", "some text")])
    world.registry.leases.acquire(f"follow:{index}", owner="another", ttl_seconds=0.5)
    assert world.follower.follow(index).embedded == 1
    assert world.clocks.elapsed == pytest.approx(0.5, abs=0.1)


def test_the_lease_is_given_back_after_an_error(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    world.registry.journal.append_many("docs", [upsert("a", "some text")])
    world.models["small"] = ToyEmbedder(model="toy-small", dims=16, label="small", faults=Faults(outage=range(1, 2)))
    with pytest.raises(ProviderOutage):
        world.follower.follow(index)
    assert world.registry.leases.current(f"follow:{index}") is None


class Overtaken(ToyEmbedder):
    """While the model thinks about an old text, the lease runs out and somebody else follows to the end."""

    def __init__(self, world: World, index: str) -> None:
        super().__init__(model="toy-small", dims=16, label="small")
        self._world, self._index = world, index

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        if "an older text" in texts:
            self._world.models["small"] = ToyEmbedder(model="toy-small", dims=16, label="small")
            self._world.clocks.forward(LEASE_SECONDS + 1)
            self._world.registry.journal.append_many("docs", [upsert("a", "a newer text")])
            self._world.new_follower("another").follow(self._index)
        return super().embed_documents(texts)


def test_a_follower_that_lost_its_lease_overwrites_nothing(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    world.registry.journal.append_many("docs", [upsert("a", "an older text")])
    world.models["small"] = Overtaken(world, index)
    with pytest.raises(LeaseHeld, match="taken over by 'another'"):
        world.follower.follow(index)
    assert stored(world, index) == {"a": ("a newer text", {})}


class Slow(ToyEmbedder):
    """Every call takes most of a lease."""

    def __init__(self, world: World) -> None:
        super().__init__(model="toy-small", dims=16, label="small")
        self._world = world

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        self._world.clocks.forward(0.9 * LEASE_SECONDS)
        return super().embed_documents(texts)


def test_a_slow_model_keeps_its_lease(world: World) -> None:
    index = "docs__small_v1__2026-03-01"
    world.registry.journal.append_many("docs", [upsert(f"d{n}", f"text {n}") for n in range(4 * CHUNK)])
    world.models["small"] = Slow(world)
    assert world.follower.follow(index).embedded == 4 * CHUNK


def test_two_passes_add_up() -> None:
    one = Followed(entries=5, embedded=2, metadata_only=1, deleted=2, tokens=10)
    assert one + Followed(entries=1, tokens=3) == Followed(entries=6, embedded=2, metadata_only=1, deleted=2, tokens=13)
