"""Connections, transactions, and every database error as one of ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from helmert.errors import HelmertError, StoreBusy, StoreFailure
from helmert.registry.backends import Backend, backend_for

Conflict = Callable[[], HelmertError]
"""Builds the error to raise when a unique or foreign key says no; called after the transaction was undone."""


class Database:
    """The registry's database. Threads may share it; a transaction belongs to the thread that began it."""

    def __init__(self, url: str) -> None:
        self.backend: Backend = backend_for(url)
        self.reads, self._writes = self.backend.connect()
        self._thread = threading.local()

    @property
    def where(self) -> str:
        """How error messages name it."""
        return self.backend.where

    @contextmanager
    def transaction(self, *, conflict: Conflict | None = None) -> Iterator[Connection]:
        """All or nothing. Inside another transaction of this thread it is a part that can fail by itself.

        Raises what `conflict` builds when a key is violated, `StoreBusy` when the database is locked or away,
        `StoreFailure` for everything else the database refuses.
        """
        with self.translated(conflict):
            outer = self._current
            if outer is not None:
                with outer.begin_nested():
                    yield outer
                return
            with self._writes.begin() as connection:
                self._thread.connection = connection
                try:
                    yield connection
                finally:
                    self._thread.connection = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one SELECT; inside a transaction of this thread it sees what that has written."""
        with self.translated():
            outer = self._current
            if outer is not None:
                yield outer
                return
            with self.reads.connect() as connection:
                yield connection

    def prepare(self) -> None:
        """Settings that a new database needs before its first table."""
        with self.translated():
            self.backend.prepare(self.reads)

    def insert_missing(self, table: Table) -> Insert:
        """An insert that leaves an existing row with the same key as it is."""
        return self.backend.insert_missing(table)

    def close(self) -> None:
        """Give back all connections."""
        self.reads.dispose()

    @contextmanager
    def translated(self, conflict: Conflict | None = None) -> Iterator[None]:
        """Every database error inside leaves as one of ours."""
        try:
            yield
        except IntegrityError as error:
            raise conflict() if conflict else self._failure(error) from error
        except PoolTimeout as error:
            raise self._busy("all connections are in use") from error
        except DBAPIError as error:
            if self.backend.is_busy(error):
                raise self._busy(_first_line(error)) from error
            raise self._failure(error) from error
        except StatementError as error:
            raise self._failure(error) from error

    @property
    def _current(self) -> Connection | None:
        found: Connection | None = getattr(self._thread, "connection", None)
        return found

    def _busy(self, reason: str) -> StoreBusy:
        return StoreBusy(
            f"The registry {self.where} is locked or cannot be reached: {reason}.",
            next_step="Try again; if it stays so, look for another process that works on it.",
        )

    def _failure(self, error: StatementError) -> StoreFailure:
        return StoreFailure(
            f"The registry {self.where} refused a statement: {_first_line(error)}.",
            next_step="Check that its folder exists and may be written, and that it is a Helmert registry.",
        )


def _first_line(error: StatementError) -> str:
    """What the driver says; further lines may quote the row, which can be a document."""
    return str(error.orig).partition("\n")[0].rstrip(".")
