"""A complete third-party driver in one file: rows in dictionaries, searched with numpy.

It declares what it cannot do: its data belong to one process, a scan sees what others write meanwhile, nothing
is ever approximate, and vectors are kept with length one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import Self

import numpy as np

from helmert.errors import StoreFailure
from helmert.spaces.naming import Alphabet
from helmert.stores.base import Capabilities, Filter, IndexInfo, IndexSpec, Rows
from helmert.stores.guards import (
    check_spec,
    checked_filter,
    checked_queries,
    checked_rows,
    lengths_of,
    missing_index,
    name_taken,
    require_positive,
    unique,
)
from helmert.types import Hit, Metadata, Vectors

CAPABILITIES = Capabilities(
    alphabet=Alphabet(max_length=100),
    consistent_scan=False,
    approximate=False,
    shared=False,
    keeps_norms=False,
)


@dataclass(frozen=True, slots=True)
class Row:
    vector: Vectors
    text: str
    hash: str
    metadata: Metadata
    space: str


@dataclass
class Index:
    spec: IndexSpec
    rows: dict[str, Row] = field(default_factory=dict)


databases: dict[str, dict[str, Index]] = {}
"""What stays between two openings of the same URL."""


def open_store(url: str, base: Path) -> MemoryStore:
    del base
    return MemoryStore(databases.setdefault(url, {}))


class MemoryStore:
    def __init__(self, indexes: dict[str, Index]) -> None:
        self._indexes: dict[str, Index] | None = indexes
        self._lock = RLock()

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def create_index(self, spec: IndexSpec) -> None:
        check_spec(spec, CAPABILITIES.alphabet)
        with self._lock:
            if spec.name in self._all():
                raise name_taken(spec.name)
            self._all()[spec.name] = Index(spec)

    def list_indexes(self) -> Sequence[str]:
        return sorted(self._all())

    def describe(self, name: str) -> IndexInfo:
        with self._lock:
            index = self._index(name)
            return IndexInfo(spec=index.spec, rows=len(index.rows), approximate=False)

    def update_metadata(self, name: str, patch: Mapping[str, str]) -> None:
        with self._lock:
            index = self._index(name)
            index.spec = replace(index.spec, metadata={**index.spec.metadata, **patch})

    def upsert(self, name: str, rows: Rows, *, space: str) -> None:
        with self._lock:
            index = self._index(name)
            kept = checked_rows(index.spec, rows, space=space)
            assert kept.vectors is not None
            units = (kept.vectors / lengths_of(kept.vectors)[:, None]).astype(np.float32)
            columns = zip(kept.ids, units, kept.texts, kept.hashes, kept.metadata, strict=True)
            for id_, vector, text, hash_, metadata in columns:
                index.rows[id_] = Row(vector, text, hash_, metadata, space)

    def delete(self, name: str, ids: Sequence[str]) -> None:
        with self._lock:
            for id_ in ids:
                self._index(name).rows.pop(id_, None)

    def fetch(self, name: str, ids: Sequence[str], *, with_vectors: bool = False) -> Rows:
        with self._lock:
            index = self._index(name)
            found = {id_: index.rows[id_] for id_ in unique(ids) if id_ in index.rows}
        return _batch(found, index.spec.dims, with_vectors=with_vectors)

    def scan(self, name: str, *, batch: int = 1000, with_vectors: bool = False) -> Iterator[Rows]:
        require_positive(batch, what="The batch size of a scan")
        ids = iter(sorted(self._index(name).rows))
        while part := list(islice(ids, batch)):
            if rows := self.fetch(name, part, with_vectors=with_vectors):
                yield rows

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
        require_positive(k, what="The number of hits")
        with self._lock:
            index = self._index(name)
            queries = checked_queries(index.spec, vectors, space=space)
            conditions = checked_filter(index.spec, filter).items()
            found = {
                id_: row
                for id_, row in index.rows.items()
                if all(row.metadata.get(field) in allowed for field, allowed in conditions)
            }
        return [_nearest(found, query / np.linalg.norm(query), k) for query in queries]

    def optimise(self, name: str) -> None:
        self._index(name)

    def drop_index(self, name: str) -> None:
        with self._lock:
            self._index(name)
            del self._all()[name]

    def close(self) -> None:
        self._indexes = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _all(self) -> dict[str, Index]:
        if self._indexes is None:
            raise StoreFailure("This store is closed.")
        return self._indexes

    def _index(self, name: str) -> Index:
        if name not in self._all():
            raise missing_index(name, sorted(self._all()))
        return self._all()[name]


def _batch(found: Mapping[str, Row], dims: int, *, with_vectors: bool) -> Rows:
    rows = found.values()
    return Rows(
        ids=list(found),
        vectors=np.array([row.vector for row in rows], dtype=np.float32).reshape(-1, dims) if with_vectors else None,
        texts=[row.text for row in rows],
        hashes=[row.hash for row in rows],
        metadata=[row.metadata for row in rows],
        spaces=[row.space for row in rows],
    )


def _nearest(found: Mapping[str, Row], unit: Vectors, k: int) -> list[Hit]:
    if not found:
        return []
    stacked = np.stack([row.vector for row in found.values()])
    cosines = np.clip((stacked * unit).sum(axis=1), -1, 1).tolist()
    best = nsmallest(k, zip(found, cosines, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return [Hit(id=id_, score=score, text=found[id_].text, metadata=found[id_].metadata) for id_, score in best]
