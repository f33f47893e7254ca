"""One prepared SELECT on a connection that stays open: for what is asked at every search."""

from __future__ import annotations

import threading

from sqlalchemy import Connection, Select
from sqlalchemy.sql.compiler import SQLCompiler

from helmert.registry.database import Database


class QuickRead:
    """Asks for a single value by a single key, in tens of microseconds on a local file.

    The statement is compiled once and the connection is checked out once, which are the two costs of an
    ordinary read. It always sees what is committed, never the running transaction of the caller.
    """

    def __init__(self, database: Database, statement: Select[tuple[int]], parameter: str) -> None:
        compiled = statement.compile(database.reads)
        assert isinstance(compiled, SQLCompiler)
        self._database = database
        self._sql = str(compiled)
        self._positional = bool(compiled.positional)
        self._parameter = parameter
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def __call__(self, key: str) -> int | None:
        """The value for a key, or None. After an error the next call connects anew."""
        with self._lock, self._database.translated():
            try:
                return self._ask(key)
            except BaseException:
                self._drop()
                raise

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._drop()

    def _ask(self, key: str) -> int | None:
        if self._connection is None:
            self._connection = self._database.reads.connect()
        values = (key,) if self._positional else {self._parameter: key}
        found: int | None = self._connection.exec_driver_sql(self._sql, values).scalar()
        return found

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
