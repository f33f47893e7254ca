"""What stands in an index, read with the store's own client, compared with what should stand there.

Nothing of the product is used: not its drivers, not its hashes, not its proof. Vectors are compared with those
that the model gives for the document's text, so a row that carries the right stamps and another space's vector
is found.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
from numpy.typing import NDArray

from helmert.testing.embedder import ToyEmbedder
from helmert.types import Document
from tests.scenarios.worlds import ALIAS, TOYS, World
from tests.stores.memory_driver import databases

CLOSE = 1e-5
"""Largest difference of a coordinate between a stored vector and the model's, both of length one."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """One row as the store has it."""

    id: str
    text: str
    hash: str
    space: str
    metadata: Mapping[str, object]
    vector: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """Where an alias points, read from the registry's table."""

    index: str
    model: str
    generation: int


def pointer(world: World, alias: str = ALIAS) -> Pointer:
    """The alias as the registry's file has it."""
    (row,) = registry_rows(world, 'SELECT "index", model, generation FROM aliases WHERE alias = ?', alias)
    return Pointer(index=row[0], model=row[1], generation=row[2])


def registry_rows(world: World, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The answer to a query on the registry's file."""
    with closing(sqlite3.connect(f"file:{world.folder}/.helmert/registry.db?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchall()


def indexes(world: World) -> dict[str, tuple[str, str]]:
    """Name to (state, model) of every index the registry knows, oldest first."""
    rows = registry_rows(world, "SELECT name, state, model FROM indexes ORDER BY version")
    return {name: (state, model) for name, state, model in rows}


def stored(world: World, index: str) -> list[Stored]:
    """Every row of an index, in the order of ids."""
    match world.store:
        case "lancedb":
            rows = _read_lancedb(world.folder / ".helmert" / "lancedb", index)
        case "sqlite":
            rows = _read_sqlite(world.folder / ".helmert" / "vectors.db", index)
        case "memory":
            rows = _read_memory(f"memory://{world.folder}", index)
    return sorted(rows, key=lambda row: row.id)


def faults(world: World, index: str, model: str) -> dict[str, list[str]]:
    """Ids by what is wrong with them; empty when the index is what the truth says."""
    rows, truth = stored(world, index), world.truth
    (recorded,) = registry_rows(world, "SELECT vector_hash FROM indexes WHERE name = ?", index)
    wrong: dict[str, list[str]] = {
        "missing": sorted(truth.keys() - {row.id for row in rows}),
        "orphan": sorted({row.id for row in rows} - truth.keys()),
        "duplicate": sorted(id_ for id_, count in Counter(row.id for row in rows).items() if count > 1),
        "foreign stamp": [row.id for row in rows if row.space != recorded[0]],
    }
    known = [row for row in rows if row.id in truth]
    wrong["stale text"] = [row.id for row in known if row.text != truth[row.id].text]
    wrong["stale hash"] = [row.id for row in known if row.hash != hash_of(truth[row.id])]
    wrong["stale metadata"] = [row.id for row in known if row.metadata != truth[row.id].metadata]
    wrong["foreign vector"] = _foreign(known, truth, model)
    return {kind: ids for kind, ids in wrong.items() if ids}


def assert_right(world: World, *, live: str | None = None) -> None:
    """The index behind the alias is what the truth says, and the registry calls it live."""
    at = pointer(world)
    if live is not None:
        assert at.model == live
    assert faults(world, at.index, at.model) == {}
    assert indexes(world)[at.index] == ("live", at.model)


def hash_of(document: Document) -> str:
    """The content hash as the documentation describes it."""
    text = unicodedata.normalize("NFC", " ".join(document.text.split()))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def toy(model: str) -> ToyEmbedder:
    """The model behind a name of `TOYS`."""
    options: dict[str, Any] = {key: value for key, value in TOYS[model].items() if key != "provider"}
    return ToyEmbedder(**options)


def similarities(world: World, index: str, model: str) -> dict[str, dict[str, float]]:
    """Cosine of every query of the world, by its text, with every row of an index, by its id."""
    rows = stored(world, index)
    asked = toy(model).embed_queries([query.text for query in world.queries]).vectors
    scores = asked @ np.stack([row.vector for row in rows]).T
    ids = [row.id for row in rows]
    return {
        query.text: dict(zip(ids, line.tolist(), strict=True))
        for query, line in zip(world.queries, scores, strict=True)
    }


def _foreign(rows: list[Stored], truth: Mapping[str, Document], model: str) -> list[str]:
    if not rows:
        return []
    expected = toy(model).embed_documents([truth[row.id].text for row in rows]).vectors
    found = np.stack([row.vector for row in rows])
    if found.shape != expected.shape:
        return [row.id for row in rows]
    off = np.abs(found - expected).max(axis=1) > CLOSE
    return [row.id for row, bad in zip(rows, off, strict=True) if bad]


def _read_lancedb(folder: Path, index: str) -> list[Stored]:
    columns = lancedb.connect(folder).open_table(index).to_arrow().to_pydict()
    return [
        Stored(
            id=id_,
            text=text,
            hash=hash_,
            space=space,
            metadata=json.loads(metadata),
            vector=np.asarray(vector, dtype=np.float32),
        )
        for id_, text, hash_, space, metadata, vector in zip(
            *(columns[name] for name in ("id", "text", "hash", "space", "metadata", "vector")), strict=True
        )
    ]


def _read_sqlite(path: Path, index: str) -> list[Stored]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        (number,) = connection.execute("SELECT number FROM helmert_indexes WHERE name = ?", (index,)).fetchone()
        found = connection.execute(f"SELECT id, text, hash, space, metadata, vector FROM helmert_rows_{number}")
        return [
            Stored(
                id=id_,
                text=text,
                hash=hash_,
                space=space,
                metadata=json.loads(metadata),
                vector=np.frombuffer(vector, dtype="<f4"),
            )
            for id_, text, hash_, space, metadata, vector in found
        ]


def _read_memory(url: str, index: str) -> list[Stored]:
    return [
        Stored(id=id_, text=row.text, hash=row.hash, space=row.space, metadata=row.metadata, vector=row.vector)
        for id_, row in databases[url][index].rows.items()
    ]
