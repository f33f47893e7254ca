"""The registry in Postgres, shared by a team. Needs the driver `psycopg`."""

from __future__ import annotations

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from helmert.errors import UsageError
from helmert.registry.columns import dump_json, load_json

_SCHEMA_LOCK = 0x4845_4C4D_4552_54
"""The letters HELMERT; advisory locks are numbers that all applications of a database share."""

_BUSY_STATES = ("08", "40", "53", "55P03", "57P")
"""Connection lost, serialisation or deadlock, no resources, lock not available, server going down."""


class Postgres:
    """Transactions at READ COMMITTED: every decision is one conditional statement or holds a row lock."""

    def __init__(self, url: URL, *, busy_seconds: float) -> None:
        self._busy_milliseconds = max(1, round(busy_seconds * 1000))
        self._url = url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url

    @property
    def where(self) -> str:
        """The URL without its password."""
        return self._url.render_as_string(hide_password=True)

    def connect(self) -> tuple[Engine, Engine]:
        """Raises `UsageError` without the driver."""
        try:
            reads = create_engine(
                self._url,
                isolation_level="AUTOCOMMIT",
                hide_parameters=True,
                json_serializer=dump_json,
                json_deserializer=load_json,
            )
        except ImportError as error:
            raise UsageError(
                "A registry in Postgres needs the driver psycopg, which is not installed.",
                next_step="pip install 'psycopg[binary]'",
            ) from error
        event.listen(reads, "connect", self._limit_waiting)
        return reads, reads.execution_options(isolation_level="READ COMMITTED")

    def prepare(self, reads: Engine) -> None:
        """Nothing to set: the server is configured by whoever runs it."""
        del reads

    def lock_schema(self, connection: Connection) -> None:
        """An advisory lock that ends with the transaction."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})

    def insert_missing(self, table: Table) -> Insert:
        """`INSERT ... ON CONFLICT DO NOTHING`."""
        return insert(table).on_conflict_do_nothing()

    def is_busy(self, error: DBAPIError) -> bool:
        """The server was not reached, went away, or asks to try again."""
        if error.connection_invalidated:
            return True
        state = getattr(error.orig, "sqlstate", None)
        if state is None:
            return isinstance(error, OperationalError)
        return str(state).startswith(_BUSY_STATES)

    def _limit_waiting(self, connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        """By default a session waits for a lock without end."""
        del entry
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {self._busy_milliseconds}")
        cursor.close()
        connection.commit()
