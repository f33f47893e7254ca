"""`SqliteStore`: the `VectorStore` over one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from helmert.errors import StoreFailure
from helmert.spaces.naming import Alphabet
from helmert.stores.base import Capabilities, Filter, IndexInfo, IndexSpec, Rows
from helmert.stores.drivers.sqlite import tables
from helmert.stores.drivers.sqlite.connections import Connections
from helmert.stores.drivers.sqlite.snapshot import Snapshot, load
from helmert.stores.drivers.sqlite.tables import Entry
from helmert.stores.guards import (
    check_spec,
    checked_filter,
    checked_queries,
    checked_rows,
    name_taken,
    require_positive,
    unique,
)
from helmert.stores.urls import local_path
from helmert.types import Hit, Metadata, Vectors

CAPABILITIES = Capabilities(
    alphabet=Alphabet(max_length=255),
    consistent_scan=True,
    approximate=False,
    shared=True,
    keeps_norms=True,
)

BUSY_TIMEOUT = 10.0
"""Seconds that a writer waits for others before `StoreBusy`."""


def open_store(url: str, base: Path) -> SqliteStore:
    """The store in the file that `sqlite:///relative.db` or `sqlite:////absolute.db` names, made if new."""
    return SqliteStore(local_path(url, base))


class SqliteStore:
    """Vectors in an SQLite file; every search is exact.

    Threads may share one store. Each search sees one moment of the index: it compares the index's change
    count with that of the matrix in memory and reads the matrix again when anybody, in any process, changed a
    row.
    """

    def __init__(self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreFailure(f"The folder of SQLite store {path} cannot be made: {error}.") from error
        self._connections = Connections(path, busy_timeout=busy_timeout)
        self._snapshots: dict[str, Snapshot] = {}
        self._loading = threading.Lock()
        with self._connections.writing() as connection:
            connection.execute(tables.CATALOGUE)

    @property
    def capabilities(self) -> Capabilities:
        """See `CAPABILITIES`."""
        return CAPABILITIES

    def create_index(self, spec: IndexSpec) -> None:
        """See `VectorStore.create_index`."""
        check_spec(spec, CAPABILITIES.alphabet)
        with self._connections.writing() as connection:
            if spec.name in tables.names(connection):
                raise name_taken(spec.name)
            tables.create(connection, spec)

    def list_indexes(self) -> Sequence[str]:
        """See `VectorStore.list_indexes`."""
        with self._connections.reading() as connection:
            return tables.names(connection)

    def describe(self, name: str) -> IndexInfo:
        """See `VectorStore.describe`."""
        with self._connections.reading() as connection:
            entry = tables.find(connection, name)
            (rows,) = connection.execute(f"SELECT count(*) FROM {entry.rows}").fetchone()
        return IndexInfo(spec=entry.spec, rows=rows, approximate=False)

    def update_metadata(self, name: str, patch: Mapping[str, str]) -> None:
        """See `VectorStore.update_metadata`."""
        with self._connections.writing() as connection:
            entry = tables.find(connection, name)
            tables.replace_metadata(connection, entry, {**entry.spec.metadata, **patch})

    def upsert(self, name: str, rows: Rows, *, space: str) -> None:
        """See `VectorStore.upsert`."""
        with self._connections.writing() as connection:
            entry = tables.find(connection, name)
            tables.write(connection, entry, checked_rows(entry.spec, rows, space=space), space=space)
            tables.touch(connection, entry)

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """See `VectorStore.delete`."""
        with self._connections.writing() as connection:
            entry = tables.find(connection, name)
            tables.delete(connection, entry, ids)
            tables.touch(connection, entry)

    def fetch(self, name: str, ids: Sequence[str], *, with_vectors: bool = False) -> Rows:
        """See `VectorStore.fetch`."""
        with self._connections.reading() as connection:
            return tables.fetch(connection, tables.find(connection, name), unique(ids), with_vectors=with_vectors)

    def scan(self, name: str, *, batch: int = 1000, with_vectors: bool = False) -> Iterator[Rows]:
        """See `VectorStore.scan`. Holds a read transaction until the iterator ends or is closed."""
        require_positive(batch, what="The batch size of a scan")
        with self._connections.reading() as connection:
            yield from tables.scan(connection, tables.find(connection, name), batch=batch, with_vectors=with_vectors)

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
        """See `VectorStore.search`. Exact with and without `exact`."""
        del exact
        require_positive(k, what="The number of hits")
        with self._connections.reading() as connection:
            entry = tables.find(connection, name)
            queries = checked_queries(entry.spec, vectors, space=space)
            conditions = checked_filter(entry.spec, filter)
            snapshot = self._current(connection, entry)
            allowed = snapshot.allowed(conditions)
            ranked = [
                [(int(position), float(score)) for position, score in zip(*best, strict=True)]
                for best in snapshot.ranking.nearest(queries, k, allowed=allowed)
            ]
            found = {snapshot.rows[position] for hits in ranked for position, _ in hits}
            payloads = tables.payloads(connection, entry, found)
        return [[_hit(snapshot, payloads, position, score) for position, score in hits] for hits in ranked]

    def optimise(self, name: str) -> None:
        """See `VectorStore.optimise`. Folds the write-ahead log into the file; nothing else can be built."""
        with self._connections.reading() as connection:
            tables.find(connection, name)
        self._connections.checkpoint()

    def drop_index(self, name: str) -> None:
        """See `VectorStore.drop_index`."""
        with self._connections.writing() as connection:
            tables.drop(connection, tables.find(connection, name))
        self._snapshots.pop(name, None)

    def close(self) -> None:
        """See `VectorStore.close`."""
        self._connections.close()
        self._snapshots.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _current(self, connection: sqlite3.Connection, entry: Entry) -> Snapshot:
        """The index in memory, as the connection's transaction sees it."""
        with self._loading:
            known = self._snapshots.get(entry.spec.name)
            if known is None or not known.is_current(entry):
                known = self._snapshots[entry.spec.name] = load(connection, entry)
            return known


def _hit(snapshot: Snapshot, payloads: Mapping[int, tuple[str, Metadata]], position: int, score: float) -> Hit:
    text, metadata = payloads[snapshot.rows[position]]
    return Hit(id=snapshot.ids[position], score=score, text=text, metadata=metadata)
