"""The registry in one SQLite file, shared by the processes of one machine."""

from __future__ import annotations

import sqlite3
from time import sleep

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from helmert.errors import UsageError
from helmert.registry.columns import dump_json, load_json
from helmert.types import monotonic_seconds

_WRITES = "helmert_writes"
_PRIMARY_CODE = 0xFF


class Sqlite:
    """Write-ahead log, so that readers never wait; one writer at a time, which waits for its turn."""

    def __init__(self, url: URL, *, busy_seconds: float) -> None:
        if url.database in {None, "", ":memory:"}:
            raise UsageError(
                "The registry keeps durable state and cannot live in memory.",
                next_step="Name a file: sqlite:///path/to/registry.db",
            )
        self._url = url
        self._busy_seconds = busy_seconds

    @property
    def where(self) -> str:
        """The file."""
        return str(self._url.database)

    def connect(self) -> tuple[Engine, Engine]:
        """Both engines run the driver in autocommit mode; the second begins its transactions itself."""
        reads = create_engine(
            self._url,
            connect_args={"timeout": self._busy_seconds},
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            json_serializer=dump_json,
            json_deserializer=load_json,
        )
        event.listen(reads, "connect", _enforce_foreign_keys)
        event.listen(reads, "begin", _begin_immediate)
        return reads, reads.execution_options(**{_WRITES: True})

    def prepare(self, reads: Engine) -> None:
        """Switch the file to a write-ahead log, once and for all.

        The switch needs the file for itself, and SQLite does not wait for its turn here as it does for other
        statements; two processes that open a new file at once would otherwise fail each other.
        """
        deadline = monotonic_seconds() + self._busy_seconds
        while True:
            try:
                with reads.connect() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                return
            except DBAPIError as error:
                if not self.is_busy(error) or monotonic_seconds() > deadline:
                    raise
            sleep(0.01)

    def lock_schema(self, connection: Connection) -> None:
        """Nothing to do: a transaction that writes is alone from its first statement."""
        del connection

    def insert_missing(self, table: Table) -> Insert:
        """`INSERT ... ON CONFLICT DO NOTHING`."""
        return insert(table).on_conflict_do_nothing()

    def is_busy(self, error: DBAPIError) -> bool:
        """Another process or thread holds the file."""
        code = getattr(error.orig, "sqlite_errorcode", None)
        return code is not None and code & _PRIMARY_CODE in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _enforce_foreign_keys(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
    del entry
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock first: a transaction that reads and then writes could otherwise never finish."""
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
