"""Rows are inserted, replaced and deleted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from helmert.stores.base import VectorStore
from helmert.testing.stores.samples import (
    CLOSE,
    NAME,
    SPACE,
    Stored,
    everything,
    expected,
    normal,
    numbered,
    rows,
    spec,
    unit,
    vectors_of,
)
from helmert.testing.stores.setting import StoreSetting
from helmert.types import content_hash


class WritingContract(StoreSetting):
    """See the module."""

    def test_what_is_written_is_there(self, store: VectorStore) -> None:
        """Text, hash, metadata and the space of every row."""
        store.create_index(spec())
        store.upsert(NAME, numbered(50), space=SPACE)
        assert everything(store) == expected(numbered(50))
        assert store.describe(NAME).rows == 50

    def test_writing_twice_changes_nothing(self, store: VectorStore) -> None:
        """The same rows again leave the same rows."""
        store.create_index(spec())
        for _ in range(3):
            store.upsert(NAME, numbered(50), space=SPACE)
        assert everything(store) == expected(numbered(50))
        assert store.describe(NAME).rows == 50

    def test_writing_replaces_the_whole_row(self, store: VectorStore) -> None:
        """Nothing of the old row stays: no metadata key, no text, no direction. Other rows are untouched."""
        store.create_index(spec())
        store.upsert(NAME, numbered(5), space=SPACE)
        changed = rows(["doc-0001"], -vectors_of(numbered(5))[1:2], texts=["New."], metadata=[{"year": 1999}])
        store.upsert(NAME, changed, space=SPACE)
        assert everything(store) == expected(numbered(5)) | {
            "doc-0001": Stored(text="New.", hash=content_hash("New."), space=SPACE, metadata={"year": 1999})
        }
        (hits,) = store.search(NAME, vectors_of(changed), 1, space=SPACE)
        assert hits[0].id == "doc-0001"
        assert abs(hits[0].score - 1.0) <= CLOSE

    def test_last_row_wins_within_one_call(self, store: VectorStore) -> None:
        """An id that comes several times leaves one row, the last; new and existing ids alike."""
        store.create_index(spec())
        store.upsert(NAME, numbered(2), space=SPACE)
        ids = ["doc-0001", "new", "doc-0001", "new", "other", "new"]
        drawn = normal(3, 6)
        store.upsert(NAME, rows(ids, drawn, texts=[f"Text {i}." for i in range(6)]), space=SPACE)
        found = everything(store)
        assert {id_: row.text for id_, row in found.items()} == {
            "doc-0000": "Text of doc-0000.",
            "doc-0001": "Text 2.",
            "new": "Text 5.",
            "other": "Text 4.",
        }
        kept = store.fetch(NAME, ["doc-0001", "new", "other"], with_vectors=True)
        np.testing.assert_allclose(unit(vectors_of(kept)), unit(drawn[[2, 5, 4]]), atol=CLOSE)

    def test_empty_batch_writes_nothing(self, store: VectorStore) -> None:
        """No rows are a legal batch."""
        store.create_index(spec())
        store.upsert(NAME, rows([], normal(0, 0)), space=SPACE)
        assert everything(store) == {}

    def test_rows_of_the_same_space_may_be_copied(self, store: VectorStore) -> None:
        """What a scan gave may be written back, with the space it names."""
        store.create_index(spec())
        store.upsert(NAME, numbered(5), space=SPACE)
        (batch,) = store.scan(NAME, with_vectors=True)
        store.upsert(NAME, replace(batch, ids=[f"copy of {id_}" for id_ in batch.ids]), space=SPACE)
        assert len(everything(store)) == 10

    def test_deleting_is_idempotent(self, store: VectorStore) -> None:
        """Ids that do not exist, or no longer, are ignored; an empty list deletes nothing."""
        store.create_index(spec())
        store.upsert(NAME, numbered(6), space=SPACE)
        store.delete(NAME, [])
        assert len(everything(store)) == 6
        for _ in range(2):
            store.delete(NAME, ["doc-0001", "doc-0004", "never there", "doc-0001"])
        assert sorted(everything(store)) == ["doc-0000", "doc-0002", "doc-0003", "doc-0005"]
        assert store.describe(NAME).rows == 4

    def test_deleted_row_is_not_found_and_may_return(self, store: VectorStore) -> None:
        """A search does not see it any more; writing the id again makes a new row."""
        store.create_index(spec())
        store.upsert(NAME, numbered(6), space=SPACE)
        query = vectors_of(numbered(6))[2:3]
        assert store.search(NAME, query, 1, space=SPACE)[0][0].id == "doc-0002"
        store.delete(NAME, ["doc-0002"])
        assert "doc-0002" not in {hit.id for hit in store.search(NAME, query, 10, space=SPACE)[0]}
        store.upsert(NAME, rows(["doc-0002"], query, texts=["Back."]), space=SPACE)
        assert store.search(NAME, query, 1, space=SPACE)[0][0].text == "Back."

    def test_many_rows_are_deleted_in_one_call(self, store: VectorStore) -> None:
        """More than fit into one statement of most databases."""
        store.create_index(spec())
        store.upsert(NAME, numbered(1500), space=SPACE)
        store.delete(NAME, [f"doc-{i:04d}" for i in range(1400)])
        assert sorted(everything(store)) == [f"doc-{i:04d}" for i in range(1400, 1500)]

    def test_writing_goes_on_after_optimising(self, store: VectorStore) -> None:
        """An optimised index takes inserts, replacements and deletes as before; optimising repeats safely."""
        store.create_index(spec())
        store.optimise(NAME)
        store.upsert(NAME, numbered(60), space=SPACE)
        for _ in range(2):
            store.optimise(NAME)
        store.upsert(NAME, numbered(80, seed=5), space=SPACE)
        store.delete(NAME, ["doc-0000", "doc-0079"])
        wanted = expected(numbered(80, seed=5))
        del wanted["doc-0000"], wanted["doc-0079"]
        assert everything(store) == wanted
        store.optimise(NAME)
        assert everything(store) == wanted
