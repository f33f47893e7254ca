"""Are the tables of a registry up to date? Asked at every opening, so it must cost next to nothing."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from helmert.registry.database import Database

HEAD = "0001"
"""The newest revision under `alembic/versions`, known here so that opening does not import Alembic."""

VERSION_TABLE = "helmert_schema"
"""Not Alembic's usual name: an application that uses Alembic itself may share the database."""


def ensure_current(database: Database) -> None:
    """Create or migrate the tables where needed; several processes may do so at once.

    Raises `StoreFailure` for a registry that a newer Helmert has migrated.
    """
    with database.reading() as connection:
        if current_revision(connection) == HEAD:
            return
    from helmert.registry.upgrading import upgrade  # noqa: PLC0415 - Alembic takes half a second to import

    upgrade(database)


def current_revision(connection: Connection) -> str | None:
    """The revision the tables are at; None where there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return found
