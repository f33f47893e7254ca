"""Rows come back by id and by scan, complete and unchanged."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from helmert.errors import UsageError
from helmert.stores.base import VectorStore
from helmert.testing.stores.samples import (
    CLOSE,
    NAME,
    ODD_STRINGS,
    SPACE,
    everything,
    expected,
    normal,
    numbered,
    rows,
    spec,
    stored,
    unit,
    vectors_of,
)
from helmert.testing.stores.setting import StoreSetting
from helmert.types import Metadata, Vectors

VALUES: Metadata = {
    "zero": 0,
    "one": 1,
    "whole fraction": 1.0,
    "yes": True,
    "no": False,
    "digits": "1",
    "word": "true",
    "nothing": "",
    "third": 1 / 3,
    "tiny": 5e-324,
    "negative": -(2**40),
    "beyond 64 bits": 2**80,
}


class ReadingContract(StoreSetting):
    """See the module."""

    def test_fetch_keeps_the_asked_order(self, store: VectorStore) -> None:
        """Ids that do not exist are left out, an id asked for twice comes once."""
        store.create_index(spec())
        store.upsert(NAME, numbered(9), space=SPACE)
        batch = store.fetch(NAME, ["doc-0007", "absent", "doc-0002", "doc-0007", "doc-0005", ""])
        assert list(batch.ids) == ["doc-0007", "doc-0002", "doc-0005"]
        wanted = expected(numbered(9))
        assert stored(batch) == {id_: wanted[id_] for id_ in batch.ids}
        assert batch.vectors is None

    def test_fetch_of_nothing_is_empty(self, store: VectorStore) -> None:
        """No ids, unknown ids and an empty index all give no rows."""
        store.create_index(spec())
        assert len(store.fetch(NAME, ["absent"])) == 0
        store.upsert(NAME, numbered(3), space=SPACE)
        assert len(store.fetch(NAME, [])) == 0
        empty = store.fetch(NAME, ["absent"], with_vectors=True)
        assert vectors_of(empty).shape == (0, normal(0, 1).shape[1])

    def test_many_rows_are_fetched_in_one_call(self, store: VectorStore) -> None:
        """More than fit into one statement of most databases, in the asked order."""
        store.create_index(spec())
        store.upsert(NAME, numbered(1500), space=SPACE)
        ids = [f"doc-{i:04d}" for i in reversed(range(1500))]
        batch = store.fetch(NAME, ids, with_vectors=True)
        assert list(batch.ids) == ids
        np.testing.assert_allclose(unit(vectors_of(batch)), unit(vectors_of(numbered(1500))[::-1]), atol=CLOSE)

    def test_vectors_come_back(self, store: VectorStore) -> None:
        """Bit by bit where the store keeps lengths, else with length one; never with another direction."""
        store.create_index(spec())
        written = numbered(40)
        scales = np.geomspace(1e-3, 1e3, 40, dtype=np.float32)[:, None]
        given: Vectors = vectors_of(written) * scales
        store.upsert(NAME, rows(written.ids, given), space=SPACE)
        scanned = list(store.scan(NAME, batch=7, with_vectors=True))
        by_id = dict(chain.from_iterable(zip(batch.ids, vectors_of(batch), strict=True) for batch in scanned))
        fetched = vectors_of(store.fetch(NAME, written.ids, with_vectors=True))
        for found in (fetched, np.stack([by_id[id_] for id_ in written.ids])):
            assert found.dtype == np.float32
            if store.capabilities.keeps_norms:
                np.testing.assert_array_equal(found, given)
            else:
                np.testing.assert_allclose(found, unit(given), atol=CLOSE)

    @pytest.mark.parametrize("batch", [1, 7, 1000])
    def test_scan_gives_every_row_once(self, store: VectorStore, batch: int) -> None:
        """In batches not larger than asked, also after rows were written, replaced and deleted piecemeal."""
        store.create_index(spec())
        for start in range(0, 50, 5):
            part = numbered(50)
            chosen = slice(start, start + 5)
            store.upsert(
                NAME,
                rows(part.ids[chosen], vectors_of(part)[chosen], metadata=part.metadata[chosen]),
                space=SPACE,
            )
        store.upsert(NAME, numbered(8), space=SPACE)
        store.delete(NAME, [f"doc-{i:04d}" for i in range(3, 50, 10)])
        batches = list(store.scan(NAME, batch=batch))
        assert all(0 < len(part) <= batch for part in batches)
        ids = [id_ for part in batches for id_ in part.ids]
        assert sorted(ids) == [f"doc-{i:04d}" for i in range(50) if i % 10 != 3]
        assert all(part.vectors is None for part in batches)

    def test_scan_of_an_empty_index_ends(self, store: VectorStore) -> None:
        """It gives no batches, also after all rows were deleted."""
        store.create_index(spec())
        assert list(store.scan(NAME)) == []
        store.upsert(NAME, numbered(3), space=SPACE)
        store.delete(NAME, numbered(3).ids)
        assert list(store.scan(NAME)) == []

    def test_batch_size_must_be_positive(self, store: VectorStore) -> None:
        """A batch of nothing would never end."""
        store.create_index(spec())
        with pytest.raises(UsageError):
            list(store.scan(NAME, batch=0))

    def test_scan_may_be_abandoned(self, store: VectorStore) -> None:
        """Leaving a scan half-way blocks neither writes nor other scans."""
        store.create_index(spec())
        store.upsert(NAME, numbered(30), space=SPACE)
        half = store.scan(NAME, batch=10)
        assert len(next(half)) <= 10
        store.upsert(NAME, numbered(40), space=SPACE)
        assert len(everything(store)) == 40
        half.close()  # type: ignore[attr-defined]
        store.drop_index(NAME)

    def test_scan_while_others_write(self, store: VectorStore) -> None:
        """A consistent scan shows the index as it was. Any other shows each untouched row exactly once."""
        store.create_index(spec())
        store.upsert(NAME, numbered(60), space=SPACE)
        scanning = store.scan(NAME, batch=10)
        batches = [next(scanning)]
        store.upsert(NAME, numbered(20, seed=9, prefix="new"), space=SPACE)
        store.upsert(NAME, rows(["doc-0030", "doc-0031"], normal(8, 2), texts=["New.", "New."]), space=SPACE)
        store.delete(NAME, ["doc-0040", "doc-0041"])
        store.optimise(NAME)
        batches += scanning
        ids = [id_ for batch in batches for id_ in batch.ids]
        if store.capabilities.consistent_scan:
            assert {id_: row for batch in batches for id_, row in stored(batch).items()} == expected(numbered(60))
            assert len(ids) == 60
        else:
            touched = {"doc-0030", "doc-0031", "doc-0040", "doc-0041"}
            untouched = [id_ for id_ in ids if id_.startswith("doc-") and id_ not in touched]
            assert sorted(untouched) == sorted(set(numbered(60).ids) - touched)

    def test_odd_ids_are_kept(self, store: VectorStore) -> None:
        """Quotes, line breaks, other scripts and long ids are found, replaced and deleted like any other."""
        store.create_index(spec())
        ids = [*ODD_STRINGS, "plain"]
        written = rows(ids, normal(2, len(ids)))
        store.upsert(NAME, written, space=SPACE)
        store.upsert(NAME, written, space=SPACE)
        assert everything(store) == expected(written)
        assert list(store.fetch(NAME, ids).ids) == ids
        for position, id_ in enumerate(ids):
            assert list(store.fetch(NAME, [id_]).ids) == [id_]
            (hits,) = store.search(NAME, vectors_of(written)[position : position + 1], 1, space=SPACE)
            assert hits[0].id == id_
        for gone in range(len(ODD_STRINGS)):
            store.delete(NAME, [ids[gone]])
            assert sorted(everything(store)) == sorted(ids[gone + 1 :])

    def test_texts_are_kept(self, store: VectorStore) -> None:
        """Character by character, the empty text and a very long one too."""
        store.create_index(spec())
        texts = [*ODD_STRINGS, "", "word " * 40_000]
        ids = [f"doc-{i}" for i in range(len(texts))]
        written = rows(ids, normal(2, len(ids)), texts=texts)
        store.upsert(NAME, written, space=SPACE)
        assert everything(store) == expected(written)

    def test_metadata_keeps_its_types(self, store: VectorStore) -> None:
        """True is not 1, 1 is not 1.0, and "1" is neither."""
        store.create_index(spec())
        odd: Metadata = {text: text for text in ODD_STRINGS}
        store.upsert(NAME, rows(["a", "b"], normal(2, 2), metadata=[VALUES, odd]), space=SPACE)
        found = everything(store)
        assert found["a"].metadata == VALUES
        assert {k: type(v) for k, v in found["a"].metadata.items()} == {k: type(v) for k, v in VALUES.items()}
        assert found["b"].metadata == odd
