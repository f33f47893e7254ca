"""Several threads and several handles use one store at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier

import pytest

from helmert.errors import DifferentSpace, NotFound, StoreBusy
from helmert.stores.base import Rows, VectorStore
from helmert.testing.stores.samples import (
    NAME,
    OTHER_NAME,
    OTHER_SPACE,
    SPACE,
    everything,
    expected,
    numbered,
    rows,
    spec,
    vectors_of,
)
from helmert.testing.stores.setting import Opening, StoreSetting

ROUNDS = 6
ATTEMPTS = 20


class SharingContract(StoreSetting):
    """See the module."""

    @pytest.mark.parametrize("optimised", [False, True], ids=["fresh", "optimised"])
    def test_racing_writers_leave_each_row_once(self, store: VectorStore, reopen: Opening, *, optimised: bool) -> None:
        """Two writers insert the same new ids at once, on two handles where the store is shared."""
        store.create_index(spec())
        store.upsert(NAME, numbered(10), space=SPACE)
        if optimised:
            store.optimise(NAME)
        writers = [store, reopen() if store.capabilities.shared else store]
        for number in range(ROUNDS):
            batch = numbered(20, prefix=f"round-{number}")
            _at_once([partial(_insist, partial(writer.upsert, NAME, batch, space=SPACE)) for writer in writers])
        found = everything(store)
        assert len(found) == 10 + 20 * ROUNDS
        assert store.describe(NAME).rows == len(found)

    def test_threads_write_and_read(self, store: VectorStore) -> None:
        """Overlapping writes, deletes, searches and scans: no error but `StoreBusy`, and the right rows."""
        store.create_index(spec())
        store.upsert(NAME, numbered(40), space=SPACE)
        query = vectors_of(numbered(1))

        def write(part: int) -> None:
            for _ in range(3):
                _insist(partial(store.upsert, NAME, numbered(40), space=SPACE))
                own = numbered(10, prefix=f"own-{part}")
                _insist(partial(store.upsert, NAME, own, space=SPACE))
                _insist(partial(store.delete, NAME, own.ids[:5]))

        def read() -> None:
            for _ in range(6):
                (hits,) = store.search(NAME, query, 60, space=SPACE)
                assert len({hit.id for hit in hits}) == len(hits) >= 40
                assert set(everything(store)) >= set(numbered(40).ids)

        _at_once([lambda: write(0), lambda: write(1), read])
        wanted = set(numbered(40).ids) | {f"own-{part}-{row:04d}" for part in (0, 1) for row in range(5, 10)}
        assert set(everything(store)) == wanted

    def test_reader_never_sees_half_a_batch(self, store: VectorStore) -> None:
        """While rows are replaced again and again, a read shows one state of all of them."""
        store.create_index(spec())
        store.upsert(NAME, _generation(0), space=SPACE)

        def write() -> None:
            for number in range(1, 10):
                store.upsert(NAME, _generation(number), space=SPACE)

        def read() -> None:
            ids = _generation(0).ids
            for _ in range(15):
                assert len(set(store.fetch(NAME, ids).texts)) == 1
                (hits,) = store.search(NAME, vectors_of(_generation(0))[:1], 30, space=SPACE)
                assert len({hit.text for hit in hits}) == 1

        _at_once([write, read])
        assert everything(store) == expected(_generation(9))

    def test_metadata_patches_of_threads_all_arrive(self, store: VectorStore) -> None:
        """Merging is done by the store and not by whoever read last."""
        store.create_index(spec())

        def patch(part: int) -> None:
            for number in range(5):
                _insist(partial(store.update_metadata, NAME, {f"key {part} {number}": "set"}))

        _at_once([lambda: patch(0), lambda: patch(1)])
        assert len(store.describe(NAME).spec.metadata) == 10

    def test_other_handle_sees_every_change(self, store: VectorStore, reopen: Opening) -> None:
        """At once, in both directions, for rows, metadata and indexes, also when it has searched before."""
        other = reopen() if store.capabilities.shared else store
        store.create_index(spec())
        other.upsert(NAME, numbered(5), space=SPACE)
        query = vectors_of(numbered(5))[:1]
        for reader in (store, other):
            assert len(reader.search(NAME, query, 9, space=SPACE)[0]) == 5
        store.upsert(NAME, numbered(8), space=SPACE)
        assert len(other.search(NAME, query, 9, space=SPACE)[0]) == 8
        other.delete(NAME, ["doc-0000"])
        assert store.search(NAME, query, 1, space=SPACE)[0][0].id != "doc-0000"
        assert "doc-0000" not in everything(store)
        other.update_metadata(NAME, {"state": "built"})
        assert store.describe(NAME).spec.metadata == {"state": "built"}
        store.create_index(spec(OTHER_NAME))
        assert list(other.list_indexes()) == [NAME, OTHER_NAME]
        other.drop_index(OTHER_NAME)
        assert list(store.list_indexes()) == [NAME]

    def test_index_made_again_by_another_handle(self, store: VectorStore, reopen: Opening) -> None:
        """A handle that knew the old index refuses its space and finds nothing of its rows."""
        other = reopen() if store.capabilities.shared else store
        store.create_index(spec())
        store.upsert(NAME, numbered(5), space=SPACE)
        query = vectors_of(numbered(5))[:1]
        store.search(NAME, query, 1, space=SPACE)
        other.drop_index(NAME)
        with pytest.raises(NotFound):
            store.search(NAME, query, 1, space=SPACE)
        other.create_index(spec(space=OTHER_SPACE))
        other.upsert(NAME, numbered(5, prefix="new"), space=OTHER_SPACE)
        with pytest.raises(DifferentSpace):
            store.search(NAME, query, 1, space=SPACE)
        with pytest.raises(DifferentSpace):
            store.upsert(NAME, numbered(5), space=SPACE)
        (hits,) = store.search(NAME, query, 9, space=OTHER_SPACE)
        assert {hit.id for hit in hits} == set(numbered(5, prefix="new").ids)


def _generation(number: int) -> Rows:
    """The same thirty rows with a text of their time."""
    batch = numbered(30)
    return replace(rows(batch.ids, vectors_of(batch)), texts=[f"Generation {number}."] * 30)


def _insist(write: Callable[[], None]) -> None:
    """Repeat a write that is told to try again; a store that stays busy for that long fails the test."""
    for _ in range(ATTEMPTS - 1):
        try:
            return write()
        except StoreBusy:
            continue
    return write()


def _at_once(tasks: list[Callable[[], None]]) -> None:
    """Run the tasks in threads that start together; the first error is raised."""
    barrier = Barrier(len(tasks))

    def started(task: Callable[[], None]) -> None:
        barrier.wait()
        task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        for done in [pool.submit(started, task) for task in tasks]:
            done.result()
