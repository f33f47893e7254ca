"""`LanceStore`: the `VectorStore` over a folder of Lance tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from helmert.errors import MissingExtra
from helmert.spaces.naming import LANCEDB
from helmert.stores.base import Capabilities, Filter, IndexInfo, IndexSpec, Rows
from helmert.stores.drivers.lancedb import dialect, layout, tuning
from helmert.stores.drivers.lancedb.bridge import Bridge
from helmert.stores.drivers.lancedb.failures import committed, translating
from helmert.stores.drivers.lancedb.tables import Tables
from helmert.stores.guards import (
    check_spec,
    checked_filter,
    checked_queries,
    checked_rows,
    require_positive,
    unique,
)
from helmert.stores.urls import local_path
from helmert.types import Hit, Vectors

if TYPE_CHECKING:
    import pyarrow as pa
    from lancedb.arrow import AsyncRecordBatchReader

CAPABILITIES = Capabilities(
    alphabet=LANCEDB,
    consistent_scan=True,
    approximate=True,
    shared=True,
    keeps_norms=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One call of `search`, as it travels to the client's thread."""

    vectors: Vectors
    k: int
    space: str
    filter: Filter | None
    exact: bool


def open_store(url: str, base: Path) -> LanceStore:
    """The store in the folder that `lancedb:///relative` or `lancedb:////absolute` names, made if it is new.

    Raises `MissingExtra` when lancedb is not installed.
    """
    try:
        import lancedb
        import pyarrow as pa
    except ImportError as error:
        raise MissingExtra(f"Store {url}", extra="lancedb") from error
    del lancedb, pa
    return LanceStore(local_path(url, base))


class LanceStore:
    """Vectors in Lance tables; exact while small, approximate from `thresholds` on.

    Threads may share one store. Every operation reads the table's newest schema first, so an index that
    another process dropped, or made again in another space, is noticed.
    """

    def __init__(self, folder: Path, *, thresholds: tuning.Thresholds | None = None) -> None:
        self._thresholds = thresholds or tuning.Thresholds()
        self._bridge = Bridge()
        try:
            with translating(f"open {folder}"):
                self._tables = self._bridge.run(Tables.of(folder))
        except BaseException:
            self._bridge.close()
            raise

    @property
    def capabilities(self) -> Capabilities:
        """See `CAPABILITIES`."""
        return CAPABILITIES

    def create_index(self, spec: IndexSpec) -> None:
        """See `VectorStore.create_index`."""
        check_spec(spec, CAPABILITIES.alphabet)
        with translating(f"create index {spec.name}"):
            self._bridge.run(self._tables.create(spec))

    def list_indexes(self) -> Sequence[str]:
        """See `VectorStore.list_indexes`. Tables that Helmert did not make are left out."""
        with translating("list indexes"):
            return self._bridge.run(self._tables.names())

    def describe(self, name: str) -> IndexInfo:
        """See `VectorStore.describe`."""
        with translating(f"describe index {name}"):
            return self._bridge.run(self._describe(name))

    def update_metadata(self, name: str, patch: Mapping[str, str]) -> None:
        """See `VectorStore.update_metadata`."""
        with translating(f"update the metadata of index {name}"):
            self._bridge.run(self._update_metadata(name, patch))

    def upsert(self, name: str, rows: Rows, *, space: str) -> None:
        """See `VectorStore.upsert`."""
        with translating(f"write into index {name}"):
            spec = self._bridge.run(self._spec(name))
            verified = checked_rows(spec, rows, space=space)
            if len(verified):
                self._bridge.run(self._merge(name, layout.to_arrow(spec, verified, space=space)))

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """See `VectorStore.delete`."""
        with translating(f"delete from index {name}"):
            self._bridge.run(self._delete(name, unique(ids)))

    def fetch(self, name: str, ids: Sequence[str], *, with_vectors: bool = False) -> Rows:
        """See `VectorStore.fetch`."""
        wanted = unique(ids)
        with translating(f"read index {name}"):
            spec, found = self._bridge.run(self._found(name, wanted, layout.columns(with_vectors=with_vectors)))
            return layout.from_arrow(layout.in_order(found, wanted), spec, with_vectors=with_vectors)

    def scan(self, name: str, *, batch: int = 1000, with_vectors: bool = False) -> Iterator[Rows]:
        """See `VectorStore.scan`. One query reads one version of the table, however long it takes."""
        require_positive(batch, what="The batch size of a scan")
        with translating(f"scan index {name}"):
            columns = layout.columns(with_vectors=with_vectors)
            spec, reader = self._bridge.run(self._reader(name, batch, columns))
            while (part := self._bridge.run(_next(reader))) is not None:
                if part.num_rows:
                    yield layout.from_arrow(part, spec, with_vectors=with_vectors)

    def search(
        self,
        name: str,
        vectors: Vectors,
        k: int,
        *,
        space: str,
        filter: Filter | None = None,  # noqa: A002
        exact: bool = False,
    ) -> list[list[Hit]]:
        """See `VectorStore.search`."""
        require_positive(k, what="The number of hits")
        wanted = Wanted(vectors=vectors, k=k, space=space, filter=filter, exact=exact)
        with translating(f"search index {name}"):
            found = self._bridge.run(self._nearest(name, wanted))
            return [] if found is None else layout.hits(found, len(vectors))

    def optimise(self, name: str) -> None:
        """See `VectorStore.optimise`. Compacts, indexes the ids, and from `thresholds` on the vectors."""
        with translating(f"optimise index {name}"):
            self._bridge.run(self._optimise(name))

    def drop_index(self, name: str) -> None:
        """See `VectorStore.drop_index`."""
        with translating(f"drop index {name}"):
            self._bridge.run(self._tables.drop(name))

    def close(self) -> None:
        """See `VectorStore.close`."""
        self._tables.close()
        self._bridge.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    async def _spec(self, name: str) -> IndexSpec:
        _, schema = await self._tables.open(name)
        return layout.read_spec(name, schema)

    async def _describe(self, name: str) -> IndexInfo:
        table, schema = await self._tables.open(name)
        approximate = bool(await tuning.index_types(table, "vector"))
        return IndexInfo(spec=layout.read_spec(name, schema), rows=await table.count_rows(), approximate=approximate)

    async def _update_metadata(self, name: str, patch: Mapping[str, str]) -> None:
        table, _ = await self._tables.open(name)
        await committed(lambda: table.update_field_metadata(layout.fact_update(patch)))

    async def _merge(self, name: str, rows: pa.Table) -> None:
        """Upsert in one commit.

        The join does not use the index on `id`: with it, Lance does not notice that another writer inserted
        the same id in the meantime, and both rows would stay.
        """
        table, _ = await self._tables.open(name)
        merge = (
            table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().use_index(use_index=False)
        )
        await committed(lambda: merge.execute(rows))

    async def _delete(self, name: str, ids: Sequence[str]) -> None:
        table, _ = await self._tables.open(name)
        for condition in dialect.with_ids(ids):
            await committed(partial(table.delete, condition))

    async def _found(self, name: str, ids: Sequence[str], columns: list[str]) -> tuple[IndexSpec, pa.Table]:
        import pyarrow as pa

        table, schema = await self._tables.open(name)
        parts = [await table.query().where(some).select(columns).to_arrow() for some in dialect.with_ids(ids)]
        empty = pa.schema([schema.field(column) for column in columns]).empty_table()
        return layout.read_spec(name, schema), pa.concat_tables([*parts, empty])

    async def _reader(self, name: str, batch: int, columns: list[str]) -> tuple[IndexSpec, AsyncRecordBatchReader]:
        table, schema = await self._tables.open(name)
        reader = await table.query().select(columns).to_batches(max_batch_length=batch)
        return layout.read_spec(name, schema), reader

    async def _nearest(self, name: str, wanted: Wanted) -> pa.Table | None:
        """What LanceDB finds, or None when there is nothing to look for."""
        table, schema = await self._tables.open(name)
        spec = layout.read_spec(name, schema)
        vectors = checked_queries(spec, wanted.vectors, space=wanted.space)
        condition = dialect.where(checked_filter(spec, wanted.filter))
        if not len(vectors):
            return None
        query = table.vector_search(vectors[0] if len(vectors) == 1 else list(vectors)).column("vector")
        query = query.distance_type("cosine").limit(wanted.k).select(layout.HIT_COLUMNS)
        if condition is not None:
            query = query.where(condition)
        return await tuning.tuned(query, kind=layout.ann_kind(schema), exact=wanted.exact).to_arrow()

    async def _optimise(self, name: str) -> None:
        table, schema = await self._tables.open(name)
        await tuning.optimise(table, layout.read_spec(name, schema).dims, self._thresholds)


async def _next(reader: AsyncRecordBatchReader) -> pa.RecordBatch | None:
    return await anext(reader, None)
