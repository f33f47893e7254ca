"""The journal keeps every write in one order, until everybody has applied it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.errors import StillNeeded, StoreFailure
from helmert.registry import IndexState, JournalEntry, Registry
from helmert.types import content_hash
from tests.registry.staging import AddIndex


def upsert(document: str, text: str = "text") -> JournalEntry:
    return JournalEntry(
        op="upsert", id=document, text=text, hash=content_hash(text), metadata={"year": 1999, "open": True}
    )


def delete(document: str) -> JournalEntry:
    return JournalEntry(op="delete", id=document)


def test_entries_come_back_in_order_as_they_were(registry: Registry) -> None:
    entries = [upsert("a", "caf\u00e9"), upsert("b"), delete("c")]

    assert registry.journal.append_many("docs", entries[:1]) == 1
    assert registry.journal.append_many("docs", entries[1:]) == 3

    lines = registry.journal.read("docs", 0, 10)
    assert [line.entry for line in lines] == entries
    assert [line.seq for line in lines] == [1, 2, 3]
    assert registry.journal.read("docs", 1, 1) == lines[1:2]
    assert registry.journal.read("docs", 3, 10) == ()


def test_collections_have_journals_of_their_own(registry: Registry) -> None:
    registry.journal.append_many("docs", [upsert("a")])
    registry.journal.append_many("faq", [upsert("b"), upsert("c")])

    assert [line.entry.id for line in registry.journal.read("docs", 0, 10)] == ["a"]
    assert (registry.journal.head("docs"), registry.journal.head("faq")) == (1, 2)
    assert (registry.journal.count("faq", 0), registry.journal.count("faq", 1)) == (2, 1)
    assert (registry.journal.head("new"), registry.journal.count("new", 0)) == (0, 0)
    assert registry.journal.read("new", 0, 10) == ()


def test_documents_written_behind_a_place_are_named_once(registry: Registry) -> None:
    registry.journal.append_many("docs", [upsert("a"), upsert("b"), delete("c"), upsert("b")])
    registry.journal.append_many("faq", [upsert("d")])

    assert registry.journal.ids_after("docs", 1) == {"b", "c"}
    assert registry.journal.ids_after("docs", 4) == frozenset()


def test_appending_nothing_tells_the_head(registry: Registry) -> None:
    registry.journal.append_many("docs", [upsert("a")])

    assert registry.journal.append_many("docs", []) == 1


def test_concurrent_appends_stay_whole_and_a_follower_misses_none(registry: Registry) -> None:
    writers, batches, size = 6, 8, 3

    def write(writer: int) -> None:
        for batch in range(batches):
            registry.journal.append_many("docs", [upsert(f"{writer}/{batch}/{n}") for n in range(size)])

    def follow() -> Iterator[str]:
        seen = 0
        while seen < writers * batches * size:
            for line in registry.journal.read("docs", seen, 10):
                assert line.seq == seen + 1
                seen = line.seq
                yield line.entry.id

    with ThreadPoolExecutor(writers) as pool:
        running = [pool.submit(write, writer) for writer in range(writers)]
        followed = list(follow())
        for each in running:
            each.result()

    wholes = [followed[n : n + size] for n in range(0, len(followed), size)]
    assert all([w.rpartition("/")[0] for w in whole] == [whole[0][:-2]] * size for whole in wholes)
    for writer in range(writers):
        mine = [document for document in followed if document.startswith(f"{writer}/")]
        assert mine == [f"{writer}/{batch}/{n}" for batch in range(batches) for n in range(size)]


def test_a_deleted_text_does_not_stay_in_the_journal(registry: Registry) -> None:
    registry.journal.append_many("docs", [upsert("a", "secret"), upsert("b", "kept")])
    registry.journal.append_many("docs", [upsert("a", "secret too"), delete("a"), upsert("a", "public")])

    entries = [line.entry for line in registry.journal.read("docs", 0, 10)]
    assert [(e.op, e.id, e.text) for e in entries] == [
        ("delete", "a", ""),
        ("upsert", "b", "kept"),
        ("delete", "a", ""),
        ("delete", "a", ""),
        ("upsert", "a", "public"),
    ]
    assert entries[0].hash == ""
    assert entries[0].metadata == {}


entries_of_few_documents = st.builds(
    lambda op, document, n: upsert(document, f"text {n}") if op else delete(document),
    st.booleans(),
    st.sampled_from("abc"),
    st.integers(0, 9),
)


def replayed(entries: list[JournalEntry]) -> dict[str, str]:
    state: dict[str, str] = {}
    for entry in entries:
        if entry.op == "upsert":
            state[entry.id] = entry.text
        else:
            state.pop(entry.id, None)
    return state


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One registry for all examples of a property."""
    with Registry.open(f"sqlite:///{tmp_path_factory.mktemp('journal')}/registry.db") as registry:
        yield registry


@given(batches=st.lists(st.lists(entries_of_few_documents, max_size=5), max_size=4))
@settings(max_examples=50)
def test_erasing_does_not_change_where_a_replay_ends(long_lived: Registry, batches: list[list[JournalEntry]]) -> None:
    collection = uuid4().hex
    for batch in batches:
        long_lived.journal.append_many(collection, batch)
    kept = [line.entry for line in long_lived.journal.read(collection, 0, 100)]

    written = [entry for batch in batches for entry in batch]
    assert replayed(kept) == replayed(written)
    assert len(kept) == len(written)


def test_trimming_waits_for_every_index_that_follows(registry: Registry, add_index: AddIndex) -> None:
    registry.journal.append_many("docs", [upsert(str(n)) for n in range(10)])
    ahead, behind = add_index(applied_seq=10), add_index(state=IndexState.BUILDING, applied_seq=4)
    add_index("faq")

    with pytest.raises(StillNeeded, match=r"cannot be trimmed up to 5: docs_v2 \(at 4\)") as caught:
        registry.journal.trim("docs", 5)
    assert caught.value.next_step is not None
    assert "Trim up to 4" in caught.value.next_step

    assert registry.journal.trim("docs", 4) == 4
    assert [line.seq for line in registry.journal.read("docs", 4, 2)] == [5, 6]
    registry.indexes.set_state(behind.name, IndexState.RETIRED)
    assert registry.journal.trim("docs", 99) == 6
    registry.indexes.set_state(ahead.name, IndexState.RETIRED)


@pytest.mark.parametrize("state", [IndexState.BUILDING, IndexState.BUILT, IndexState.LIVE, IndexState.HELD])
def test_an_index_is_waited_for_in_every_state_in_which_it_follows(
    registry: Registry, add_index: AddIndex, state: IndexState
) -> None:
    registry.journal.append_many("docs", [upsert("a")])
    name = add_index(state=IndexState.BUILDING).name
    for step in (IndexState.BUILT, IndexState.LIVE, IndexState.HELD):
        if registry.indexes.get(name).state is not state:
            registry.indexes.set_state(name, step)

    with pytest.raises(StillNeeded):
        registry.journal.trim("docs", 1)
    registry.indexes.set_state(name, IndexState.RETIRED)
    assert registry.journal.trim("docs", 1) == 1


def test_numbers_go_on_after_everything_was_trimmed(registry: Registry) -> None:
    registry.journal.append_many("docs", [upsert("a"), upsert("b")])
    registry.journal.trim("docs", 2)

    assert registry.journal.head("docs") == 2
    assert registry.journal.read("docs", 2, 10) == ()
    assert registry.journal.append_many("docs", [upsert("c")]) == 3


@pytest.mark.parametrize("more", [0, 1])
def test_a_follower_that_missed_entries_is_told(registry: Registry, more: int) -> None:
    registry.journal.append_many("docs", [upsert("a"), upsert("b")])
    registry.journal.trim("docs", 2)
    registry.journal.append_many("docs", [upsert("c")] * more)

    for ask in (lambda: registry.journal.read("docs", 1, 10), lambda: registry.journal.ids_after("docs", 1)):
        with pytest.raises(StoreFailure, match="Entries 2 to 2 of the journal of 'docs' were trimmed"):
            ask()
