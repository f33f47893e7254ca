"""What SQLite's errors become, and what the file looks like."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from helmert.errors import StoreBusy, StoreFailure
from helmert.stores.base import IndexSpec, Rows
from helmert.stores.drivers.sqlite import SqliteStore
from helmert.stores.drivers.sqlite.connections import translated

NAME = "docs__a_v1__2026-03-01"
SPEC = IndexSpec(name=NAME, dims=3, space="a")
VECTORS = np.array([[1.5, -2.0, 0.25]], dtype=np.float32)
ROWS = Rows(ids=["x"], vectors=VECTORS, texts=["t"], hashes=["h"], metadata=[{}])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "vectors.db", busy_timeout=0.01) as opened:
        opened.create_index(SPEC)
        yield opened


@pytest.fixture
def other(store: SqliteStore, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program on the same file."""
    connection = sqlite3.connect(tmp_path / "vectors.db", isolation_level=None)
    yield connection
    connection.close()


def test_waiting_writer_is_told_to_try_again(store: SqliteStore, other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="locked"):
        store.upsert(NAME, ROWS, space="a")
    assert store.describe(NAME).rows == 0, "readers do not wait"
    other.execute("ROLLBACK")
    store.upsert(NAME, ROWS, space="a")
    assert store.describe(NAME).rows == 1


def test_unfinished_scan_does_not_block_writers(store: SqliteStore, other: sqlite3.Connection) -> None:
    store.upsert(NAME, ROWS, space="a")
    scanning = store.scan(NAME, batch=1)
    next(scanning)
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    store.delete(NAME, ["x"])
    assert list(scanning) == []


def test_failed_statement_is_a_failure_and_undone(store: SqliteStore, other: sqlite3.Connection) -> None:
    """Half of a transaction is not kept: the table of rows is there, the statement after it fails."""
    other.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON helmert_rows_1 WHEN NEW.id = 'bad' "
        "BEGIN SELECT RAISE(ABORT, 'refused by trigger'); END"
    )
    both = Rows(
        ids=["good", "bad"],
        vectors=np.repeat(VECTORS, 2, axis=0),
        texts=["t"] * 2,
        hashes=["h"] * 2,
        metadata=[{}, {}],
    )
    with pytest.raises(StoreFailure, match="refused by trigger"):
        store.upsert(NAME, both, space="a")
    assert store.describe(NAME).rows == 0
    store.upsert(NAME, ROWS, space="a")


def test_file_that_is_no_database_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("These are notes and no database. " * 100)
    with pytest.raises(StoreFailure, match=r"notes\.txt.*not a database"):
        SqliteStore(tmp_path / "notes.txt")


def test_folder_in_the_way_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(StoreFailure):
        SqliteStore(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailure, match="cannot be made"):
        SqliteStore(tmp_path / "file" / "vectors.db")


def test_every_error_of_the_client_is_translated() -> None:
    classes = [kind for kind in vars(sqlite3).values() if isinstance(kind, type) and issubclass(kind, sqlite3.Error)]
    assert len(classes) >= 9
    for kind in classes:
        assert type(translated(kind("x"), Path("v.db"))) is StoreFailure
    busy = sqlite3.OperationalError("database is locked")
    for code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_BUSY_SNAPSHOT):
        busy.sqlite_errorcode = code
        assert type(translated(busy, Path("v.db"))) is StoreBusy


def test_vectors_are_little_endian_single_precision(store: SqliteStore, other: sqlite3.Connection) -> None:
    """What other programs read: the numbers as given, and their length beside them."""
    store.upsert(NAME, ROWS, space="a")
    ((blob, length, space),) = other.execute("SELECT vector, length, space FROM helmert_rows_1")
    assert np.frombuffer(blob, dtype="<f4").tolist() == [1.5, -2.0, 0.25]
    assert length == pytest.approx(np.sqrt(1.5**2 + 2.0**2 + 0.25**2), rel=1e-12)
    assert space == "a"


def test_matrix_is_read_again_only_after_a_change(store: SqliteStore, other: sqlite3.Connection) -> None:
    """A change is what the index's counter says: a row altered behind it stays unseen until the next write."""
    store.upsert(NAME, ROWS, space="a")
    assert store.search(NAME, VECTORS, 1, space="a")[0][0].score == pytest.approx(1.0)
    other.execute("UPDATE helmert_rows_1 SET vector = ?", ((-VECTORS).tobytes(),))
    assert store.search(NAME, VECTORS, 1, space="a")[0][0].score == pytest.approx(1.0)
    other.execute("UPDATE helmert_indexes SET changes = changes + 1")
    assert store.search(NAME, VECTORS, 1, space="a")[0][0].score == pytest.approx(-1.0)


def test_scan_that_outlives_its_store_ends_well(store: SqliteStore) -> None:
    """Its connection is closed with it, and the store refuses everything new at once."""
    store.upsert(NAME, ROWS, space="a")
    scanning = store.scan(NAME, batch=1)
    next(scanning)
    store.close()
    with pytest.raises(StoreFailure, match="closed"):
        store.describe(NAME)
    assert list(scanning) == []
