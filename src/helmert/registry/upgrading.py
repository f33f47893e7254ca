"""Runs the Alembic migrations that ship with this package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from helmert.errors import StoreFailure
from helmert.registry.database import Database
from helmert.registry.schema import HEAD, current_revision


def upgrade(database: Database) -> None:
    """Bring the tables to the newest revision, alone: whoever comes second finds the work done.

    Raises `StoreFailure` for a registry that a newer Helmert has migrated.
    """
    database.prepare()
    with database.transaction() as connection:
        database.backend.lock_schema(connection)
        revision = current_revision(connection)
        if revision == HEAD:
            return
        config = alembic_config(connection)
        if revision is not None and revision not in known_revisions(config):
            raise StoreFailure(
                f"The registry {database.where} has schema {revision!r}; this Helmert knows up to {HEAD!r}.",
                next_step="A newer Helmert has opened it. Upgrade this one: pip install -U helmert",
            )
        command.upgrade(config, "head")


def alembic_config(connection: Connection) -> Config:
    """What Alembic needs to know to work on this connection."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).with_name("alembic")).replace("%", "%%"))
    return config


def known_revisions(config: Config) -> frozenset[str]:
    """Every revision that ships with this package."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())
