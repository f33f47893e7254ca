"""Connections to one SQLite file: a pool, transactions, and what SQLite's errors mean."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helmert.errors import HelmertError, StoreBusy, StoreFailure
from helmert.stores.forking import OpenedHere

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY_CODE = 0xFF
"""The low byte of an extended result code is the primary one."""


def translated(error: sqlite3.Error, path: Path) -> HelmertError:
    """The Helmert error for one of sqlite3's: `StoreBusy` for a lock, `StoreFailure` for everything else."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & _PRIMARY_CODE in _BUSY:
        return StoreBusy(f"SQLite store {path} is locked by another writer: {error}.", next_step="Try again.")
    return StoreFailure(f"SQLite store {path} failed: {error}.")


class Connections:
    """Hands out connections so that each is used by one thread at a time.

    A transaction, also a long scan, keeps its connection to itself. In write-ahead mode readers see the
    moment at which their transaction began and never block a writer.
    """

    def __init__(self, path: Path, *, busy_timeout: float) -> None:
        self._path = path
        self._opened = OpenedHere(f"SQLite store {path}")
        self._busy_timeout = busy_timeout
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one moment of the file and changes nothing."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that waits for its turn to write; everything inside is kept or nothing is."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def checkpoint(self) -> None:
        """Move what is in the write-ahead log into the file, as far as no reader still needs it."""
        with self._borrowed() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close all connections; one that an unfinished scan still reads from is closed when the scan ends."""
        if self._opened.elsewhere:
            return
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._borrowed() as connection:
            connection.execute(begin)
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            raise translated(error, self._path) from error

    def _take(self) -> sqlite3.Connection:
        self._opened.check()
        with self._lock:
            if self._closed:
                raise StoreFailure(f"SQLite store {self._path} is closed.")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        """Keep the connection for the next caller; what was not committed is undone."""
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False
        )
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        return connection
