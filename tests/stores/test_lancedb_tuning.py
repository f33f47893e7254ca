"""Which index a Lance table gets, and that searching it keeps what the protocol promises."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pytest
from lancedb.index import IvfFlat

from helmert.errors import StoreFailure
from helmert.stores.base import VectorStore
from helmert.stores.drivers.lancedb import LanceStore
from helmert.stores.drivers.lancedb.tuning import PROBES, Thresholds
from helmert.testing.stores.samples import (
    NAME,
    SPACE,
    assert_same_ranking,
    best,
    clustered,
    everything,
    expected,
    numbered,
    rows,
    spec,
)

DIMS, ROWS = 128, 3000
SMALL = Thresholds(approximate_from=1000, quantised_from=2000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VectorStore]:
    """A store whose thresholds are reached with few rows."""
    with LanceStore(tmp_path, thresholds=SMALL) as opened:
        yield opened


def fill(store: VectorStore, count: int, dims: int = DIMS) -> np.ndarray:
    vectors = clustered(1, count, dims, 40)
    store.create_index(spec(dims=dims))
    facts = [{"lang": "rare" if i % 600 == 7 else "en"} for i in range(count)]
    ids = [f"doc-{i:05d}" for i in range(count)]
    store.upsert(NAME, rows(ids, vectors, metadata=facts), space=SPACE)
    return vectors


def kinds(folder: Path) -> set[str]:
    """Types of all indexes of the table, as the client names them."""
    return {index.index_type for index in lancedb.connect(folder).open_table(NAME).list_indices()}


@pytest.mark.parametrize(
    ("count", "dims", "kind"),
    [
        (0, 8, None),
        (9_999, 8, None),
        (10_000, 8, "IvfFlat"),
        (199_999, 384, "IvfFlat"),
        (200_000, 384, "IvfRq"),
        (200_000, 300, "IvfFlat"),
        (200_000, 120, "IvfFlat"),
    ],
)
def test_kind_follows_size(count: int, dims: int, kind: str | None) -> None:
    assert Thresholds().kind(count, dims) == kind


def test_small_index_stays_exact(store: VectorStore, tmp_path: Path) -> None:
    fill(store, 999)
    store.optimise(NAME)
    assert not store.describe(NAME).approximate
    assert kinds(tmp_path) == {"BTree"}


def test_growing_index_changes_its_kind(store: VectorStore, tmp_path: Path) -> None:
    vectors = fill(store, 1500)
    store.optimise(NAME)
    assert kinds(tmp_path) == {"BTree", "IvfFlat"}
    more = [f"more-{i}" for i in range(1500)]
    store.upsert(NAME, rows(more, clustered(2, 1500, DIMS, 40)), space=SPACE)
    store.optimise(NAME)
    assert kinds(tmp_path) == {"BTree", "IvfRq"}
    assert store.search(NAME, vectors[3:4], 1, space=SPACE)[0][0].id == "doc-00003"


def test_quantised_index_is_refined(store: VectorStore) -> None:
    """One bit per dimension alone would miss many neighbours; scores are those of the full vectors."""
    vectors = fill(store, ROWS)
    store.optimise(NAME)
    written = rows([f"doc-{i:05d}" for i in range(ROWS)], vectors)
    queries = clustered(3, 40, DIMS, 40)
    kept = 0
    for query, hits in zip(queries, store.search(NAME, queries, 10, space=SPACE), strict=True):
        truth = dict(best(written, query, ROWS))
        assert all(abs(hit.score - truth[hit.id]) < 1e-5 for hit in hits)
        kept += len({hit.id for hit in hits} & set(list(truth)[:10]))
    assert kept / 400 >= 0.95
    (hits,) = store.search(NAME, queries[:1], 10, space=SPACE, exact=True)
    assert_same_ranking(hits, best(written, queries[0], 10))


def test_narrow_filter_finds_rows_in_every_partition(tmp_path: Path) -> None:
    """With more partitions than probes, rows that fulfil a narrow filter lie outside those probed."""
    with LanceStore(tmp_path) as store:
        fill(store, ROWS)
        table = lancedb.connect(tmp_path).open_table(NAME)
        table.create_index("vector", config=IvfFlat(distance_type="cosine", num_partitions=4 * PROBES))
        assert store.describe(NAME).approximate
        for hits in store.search(NAME, clustered(3, 30, DIMS, 40), 10, space=SPACE, filter={"lang": "rare"}):
            assert len(hits) == ROWS // 600


def test_optimising_beside_writers(tmp_path: Path) -> None:
    """Compaction and index building lose against other commits; the driver tries again and loses nothing."""
    with LanceStore(tmp_path) as store, LanceStore(tmp_path) as other:
        store.create_index(spec())
        store.upsert(NAME, numbered(40), space=SPACE)
        failures: list[BaseException] = []

        def insist(work: LanceStore) -> None:
            try:
                for _ in range(4):
                    work.optimise(NAME)
            except BaseException as error:  # noqa: BLE001 -- handed to the main thread
                failures.append(error)

        threads = [threading.Thread(target=insist, args=(each,)) for each in (store, other)]
        for thread in threads:
            thread.start()
        for seed in range(8):
            store.upsert(NAME, numbered(40, seed=seed), space=SPACE)
        for thread in threads:
            thread.join()
        assert failures == []
        assert everything(store) == expected(numbered(40, seed=7))


def test_tables_of_others_are_left_alone(tmp_path: Path) -> None:
    """A table that Helmert did not make is not listed, and using it says why."""
    lancedb.connect(tmp_path).create_table("theirs", pa.table({"x": [1]}))
    with LanceStore(tmp_path) as store:
        store.create_index(spec())
        assert list(store.list_indexes()) == [NAME]
        with pytest.raises(StoreFailure, match="not made by Helmert"):
            store.describe("theirs")


def test_spec_and_rows_are_readable_without_helmert(tmp_path: Path) -> None:
    """A person with only the client finds space, metadata and one typed column per declared field."""
    with LanceStore(tmp_path) as store:
        store.create_index(spec(metadata={"model": "model-a"}))
        store.upsert(NAME, numbered(3), space=SPACE)

    async def look() -> pa.Table:
        table = await (await lancedb.connect_async(tmp_path)).open_table(NAME)
        return await table.query().to_arrow()

    found = asyncio.run(look())
    assert set(found["space"].to_pylist()) == {SPACE}
    assert found.schema.field("id").metadata[b"helmert:model"] == b"model-a"
    assert found.schema.field("f_year").type == pa.int64()
    assert sorted(found["f_year"].to_pylist(), key=str) == [2001, 2002, None]
