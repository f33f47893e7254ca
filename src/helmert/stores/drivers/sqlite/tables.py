"""The tables of an SQLite store: one catalogue of indexes, one table of rows per index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from helmert.stores.base import IndexSpec, Rows
from helmert.stores.guards import lengths_of, missing_index
from helmert.types import Metadata, Vectors

T = TypeVar("T")

CATALOGUE = """
CREATE TABLE IF NOT EXISTS helmert_indexes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    dims INTEGER NOT NULL,
    space TEXT NOT NULL,
    fields TEXT NOT NULL,
    metadata TEXT NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0
)
"""
"""`changes` counts the transactions that touched the rows: a cache is current while (number, changes) is the
same."""

_STORED = np.dtype("<f4")
"""Vectors on disk: little-endian single precision, whatever machine wrote them."""

_AT_ONCE = 500
"""Bound values in one statement, well below SQLite's limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One index as the catalogue knows it at one moment."""

    number: int
    changes: int
    spec: IndexSpec

    @property
    def rows(self) -> str:
        """The table with its rows. Numbers are not reused: an index made again gets another table."""
        return f"helmert_rows_{self.number}"


def names(connection: sqlite3.Connection) -> list[str]:
    """All index names, sorted."""
    return [name for (name,) in connection.execute("SELECT name FROM helmert_indexes ORDER BY name")]


def find(connection: sqlite3.Connection, name: str) -> Entry:
    """The catalogue's entry of an index. Raises `NotFound`."""
    found = connection.execute(
        "SELECT number, changes, dims, space, fields, metadata FROM helmert_indexes WHERE name = ?", (name,)
    ).fetchone()
    if found is None:
        raise missing_index(name, names(connection))
    number, changes, dims, space, fields, metadata = found
    spec = IndexSpec(name=name, dims=dims, space=space, fields=json.loads(fields), metadata=json.loads(metadata))
    return Entry(number=number, changes=changes, spec=spec)


def create(connection: sqlite3.Connection, spec: IndexSpec) -> None:
    """Enter an index into the catalogue and make its table."""
    values = (
        spec.name,
        spec.dims,
        spec.space,
        json.dumps(dict(spec.fields)),
        json.dumps(dict(spec.metadata)),
    )
    connection.execute(
        "INSERT INTO helmert_indexes (name, dims, space, fields, metadata) VALUES (?, ?, ?, ?, ?)", values
    )
    connection.execute(f"""
        CREATE TABLE {find(connection, spec.name).rows} (
            row INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            vector BLOB NOT NULL,
            length REAL NOT NULL,
            text TEXT NOT NULL,
            hash TEXT NOT NULL,
            space TEXT NOT NULL,
            metadata TEXT NOT NULL
        )""")


def replace_metadata(connection: sqlite3.Connection, entry: Entry, metadata: Mapping[str, str]) -> None:
    """Set all facts about an index. The rows stay as they are."""
    connection.execute(
        "UPDATE helmert_indexes SET metadata = ? WHERE number = ?", (json.dumps(dict(metadata)), entry.number)
    )


def drop(connection: sqlite3.Connection, entry: Entry) -> None:
    """Remove an index and its rows."""
    connection.execute(f"DROP TABLE {entry.rows}")
    connection.execute("DELETE FROM helmert_indexes WHERE number = ?", (entry.number,))


def touch(connection: sqlite3.Connection, entry: Entry) -> None:
    """Count a change of the rows, so that every cache of them reloads."""
    connection.execute("UPDATE helmert_indexes SET changes = changes + 1 WHERE number = ?", (entry.number,))


def write(connection: sqlite3.Connection, entry: Entry, rows: Rows, *, space: str) -> None:
    """Insert or replace rows that `checked_rows` has verified."""
    assert rows.vectors is not None
    stored = rows.vectors.astype(_STORED, copy=False)
    connection.executemany(
        f"INSERT INTO {entry.rows} (id, vector, length, text, hash, space, metadata) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET vector = excluded.vector, length = excluded.length, text = "
        "excluded.text, "
        "hash = excluded.hash, space = excluded.space, metadata = excluded.metadata",
        (
            (
                id_,
                vector.tobytes(),
                length,
                text,
                hash_,
                space,
                json.dumps(dict(metadata), ensure_ascii=False),
            )
            for id_, vector, length, text, hash_, metadata in zip(
                rows.ids,
                stored,
                lengths_of(rows.vectors).tolist(),
                rows.texts,
                rows.hashes,
                rows.metadata,
                strict=True,
            )
        ),
    )


def delete(connection: sqlite3.Connection, entry: Entry, ids: Sequence[str]) -> None:
    """Remove rows by id."""
    connection.executemany(f"DELETE FROM {entry.rows} WHERE id = ?", ((id_,) for id_ in ids))


def scan(connection: sqlite3.Connection, entry: Entry, *, batch: int, with_vectors: bool) -> Iterator[Rows]:
    """All rows in batches, in the order of the table."""
    cursor = connection.execute(f"SELECT {_columns(with_vectors=with_vectors)} FROM {entry.rows} ORDER BY row")
    while found := cursor.fetchmany(batch):
        yield _rows(found, entry, with_vectors=with_vectors)


def fetch(connection: sqlite3.Connection, entry: Entry, ids: Sequence[str], *, with_vectors: bool) -> Rows:
    """Rows that exist among distinct ids, in their order."""
    found = {}
    for part in _parts(ids):
        statement = f"SELECT {_columns(with_vectors=with_vectors)} FROM {entry.rows} WHERE id IN ({_marks(part)})"
        found.update({row[0]: row for row in connection.execute(statement, part)})
    return _rows([found[id_] for id_ in ids if id_ in found], entry, with_vectors=with_vectors)


def payloads(connection: sqlite3.Connection, entry: Entry, rows: Iterable[int]) -> dict[int, tuple[str, Metadata]]:
    """Text and metadata of rows, by row number."""
    found = {}
    for part in _parts(list(rows)):
        statement = f"SELECT row, text, metadata FROM {entry.rows} WHERE row IN ({_marks(part)})"
        for row, text, metadata in connection.execute(statement, part):
            found[row] = (text, json.loads(metadata))
    return found


def unpacked(blobs: Iterable[bytes], dims: int) -> Vectors:
    """The vectors of stored blobs, shape (n, dims)."""
    return np.frombuffer(bytearray().join(blobs), dtype=_STORED).astype(np.float32, copy=False).reshape(-1, dims)


def _columns(*, with_vectors: bool) -> str:
    return "id, text, hash, space, metadata" + (", vector" if with_vectors else "")


def _rows(found: Sequence[tuple[Any, ...]], entry: Entry, *, with_vectors: bool) -> Rows:
    return Rows(
        ids=[row[0] for row in found],
        texts=[row[1] for row in found],
        hashes=[row[2] for row in found],
        spaces=[row[3] for row in found],
        metadata=[json.loads(row[4]) for row in found],
        vectors=unpacked((row[5] for row in found), entry.spec.dims) if with_vectors else None,
    )


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
