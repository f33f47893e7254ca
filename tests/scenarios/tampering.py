"""Changes to an index behind Helmert's back, made with the store's own client."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import lancedb

from helmert.types import Document
from tests.scenarios.checker import hash_of
from tests.scenarios.worlds import World
from tests.stores.memory_driver import Row, databases


def remove(world: World, index: str, ids: Sequence[str]) -> None:
    """Rows are gone."""
    match world.store:
        case "lancedb":
            _lance_table(world, index).delete(_among(ids))
        case "sqlite":
            _execute(world, f"DELETE FROM {_rows_table(world, index)} WHERE {_among(ids)}")
        case "memory":
            for id_ in ids:
                del _memory_rows(world, index)[id_]


def rewrite(world: World, index: str, id_: str, text: str) -> None:
    """A row has another text, with the hash of that text."""
    hash_ = hash_of(Document(id=id_, text=text))
    match world.store:
        case "lancedb":
            _lance_table(world, index).update(where=_among([id_]), values={"text": text, "hash": hash_})
        case "sqlite":
            table = _rows_table(world, index)
            _execute(world, f"UPDATE {table} SET text = ?, hash = ? WHERE id = ?", text, hash_, id_)
        case "memory":
            rows = _memory_rows(world, index)
            rows[id_] = replace(rows[id_], text=text, hash=hash_)


def restamp(world: World, index: str, id_: str, space: str) -> None:
    """A row says that its vector is of another space."""
    match world.store:
        case "lancedb":
            _lance_table(world, index).update(where=_among([id_]), values={"space": space})
        case "sqlite":
            _execute(world, f"UPDATE {_rows_table(world, index)} SET space = ? WHERE id = ?", space, id_)
        case "memory":
            rows = _memory_rows(world, index)
            rows[id_] = replace(rows[id_], space=space)


def add_copy(world: World, index: str, id_: str, new_id: str) -> None:
    """A row stands there once more under another id; where the store allows it, also under the same."""
    match world.store:
        case "lancedb":
            table = _lance_table(world, index)
            row = table.search().where(_among([id_])).to_arrow()
            column = row.schema.get_field_index("id")
            table.add(row.set_column(column, row.schema.field("id"), [[new_id]]))
        case "sqlite":
            table = _rows_table(world, index)
            columns = "vector, length, text, hash, space, metadata"
            copy = f"INSERT INTO {table} (id, {columns}) SELECT ?, {columns} FROM {table} WHERE id = ?"
            _execute(world, copy, new_id, id_)
        case "memory":
            rows = _memory_rows(world, index)
            rows[new_id] = rows[id_]


def _lance_table(world: World, index: str) -> Any:
    return lancedb.connect(world.folder / ".helmert" / "lancedb").open_table(index)


def _memory_rows(world: World, index: str) -> dict[str, Row]:
    return databases[f"memory://{world.folder}"][index].rows


def _rows_table(world: World, index: str) -> str:
    with closing(sqlite3.connect(world.folder / ".helmert" / "vectors.db")) as connection:
        query = "SELECT number FROM helmert_indexes WHERE name = ?"
        (number,) = connection.execute(query, (index,)).fetchone()
    return f"helmert_rows_{number}"


def _execute(world: World, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(world.folder / ".helmert" / "vectors.db")) as connection, connection:
        assert connection.execute(statement, values).rowcount > 0


def _among(ids: Sequence[str]) -> str:
    return f"id IN ({', '.join(repr(id_) for id_ in ids)})"
