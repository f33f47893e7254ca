"""What the registry needs from a database beyond plain SQL, and which databases give it."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import URL, Connection, Engine, Insert, Table, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from helmert.errors import UsageError
from helmert.registry.postgres import Postgres
from helmert.registry.sqlite import Sqlite

BUSY_SECONDS = 10.0
"""How long a statement waits for a lock. `?timeout=` in the URL sets another time."""

_FORMS = "sqlite:///path/to/registry.db or postgresql://user@host/database"


class Backend(Protocol):
    """One database product. Everything that only it understands lives in its file."""

    @property
    def where(self) -> str:
        """How error messages name the registry; without the password."""

    def connect(self) -> tuple[Engine, Engine]:
        """An engine whose statements stand alone, and one that writes in transactions; they share a pool."""

    def prepare(self, reads: Engine) -> None:
        """Settings of the database itself, before the first table exists. Safe to repeat and to race."""

    def lock_schema(self, connection: Connection) -> None:
        """Until the end of this transaction nobody else changes the schema."""

    def insert_missing(self, table: Table) -> Insert:
        """An insert that leaves an existing row with the same key as it is."""

    def is_busy(self, error: DBAPIError) -> bool:
        """The same statement may succeed later."""


def backend_for(url: str) -> Backend:
    """The backend a URL names. Raises `UsageError` for other databases and for malformed URLs."""
    try:
        parsed: URL = make_url(url)
    except ArgumentError as error:
        raise UsageError("The registry's URL cannot be read.", next_step=f"Write {_FORMS}.") from error
    wait, bare = _seconds(parsed), parsed.difference_update_query(["timeout"])
    match parsed.get_backend_name():
        case "sqlite":
            return Sqlite(bare, busy_seconds=wait)
        case "postgresql":
            return Postgres(bare, busy_seconds=wait)
        case name:
            raise UsageError(f"A registry cannot live in {name!r}.", next_step=f"Write {_FORMS}.")


def _seconds(url: URL) -> float:
    asked = url.query.get("timeout", str(BUSY_SECONDS))
    try:
        return float(str(asked))
    except ValueError as error:
        raise UsageError(f"The registry's URL has timeout={asked}, which is no number of seconds.") from error
