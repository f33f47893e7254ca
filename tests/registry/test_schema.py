"""Opening a registry: new, again, by several processes at once, by an older Helmert, or not at all."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from helmert.errors import StoreFailure, UsageError
from helmert.registry import Registry
from helmert.registry.database import Database
from helmert.registry.schema import HEAD, VERSION_TABLE
from helmert.registry.tables import metadata
from helmert.registry.upgrading import alembic_config, known_revisions
from tests.registry.staging import NewUrl, RunTogether


def described(engine: Engine) -> Mapping[str, Mapping[str, Any]]:
    """Every table as the database sees it: columns, keys, checks, indexes with their conditions."""
    inspector = inspect(engine)
    return {
        table: {
            "columns": [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": in_order(inspector.get_foreign_keys(table)),
            "unique": in_order(inspector.get_unique_constraints(table)),
            "checks": in_order(inspector.get_check_constraints(table)),
            "indexes": in_order(inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
        if table != VERSION_TABLE
    }


def in_order(found: Sequence[Any]) -> list[str]:
    """Descriptions whose order and clauses can be compared."""
    return sorted(str({key: plain(value) for key, value in one.items()}) for one in found)


def plain(value: object) -> object:
    """A value with its SQL clauses written out."""
    if isinstance(value, dict):
        return {key: str(each) for key, each in value.items()}
    return value


def counts_up_for_ever(engine: Engine) -> set[str]:
    """Tables of a SQLite file whose numbers are never given twice."""
    with engine.connect() as connection:
        return set(
            connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")).scalars()
        )


def test_migrations_build_what_the_tables_say(new_url: NewUrl) -> None:
    migrated, created = new_url(), new_url()
    Registry.open(migrated).close()
    by_migrations, by_metadata = create_engine(migrated), create_engine(created)
    metadata.create_all(by_metadata)

    assert described(by_migrations) == described(by_metadata)
    if by_migrations.dialect.name == "sqlite":
        assert counts_up_for_ever(by_migrations) == counts_up_for_ever(by_metadata) != set()
    by_migrations.dispose()
    by_metadata.dispose()


def test_the_head_named_in_the_code_is_the_newest_revision(url: str) -> None:
    database = Database(url)
    with database.reading() as connection:
        assert max(known_revisions(alembic_config(connection))) == HEAD
    database.close()


def test_what_was_written_is_there_after_opening_again(url: str) -> None:
    with Registry.open(url) as first:
        written = first.ledger.append(kind="noted", subject="registry", who="test", why="to keep")
    with Registry.open(url) as second:
        assert second.ledger.read() == (written,)


def test_processes_may_race_to_open_a_new_registry(new_url: NewUrl, run_together: RunTogether) -> None:
    urls = [new_url() for _ in range(6)]

    printed = run_together("open_new", [(str(n), *urls) for n in range(3)])

    for numbers in zip(*(lines.split() for lines in printed), strict=True):
        assert sorted(numbers) == ["1", "2", "3"]


def test_opening_an_up_to_date_registry_does_not_import_alembic(url: str, run_together: RunTogether) -> None:
    Registry.open(url).close()

    assert run_together("open_again", [(url,)]) == ["['sqlalchemy']\n"]


def test_a_registry_of_a_newer_helmert_is_refused(url: str) -> None:
    Registry.open(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(StoreFailure, match="has schema '9999'; this Helmert knows up to") as caught:
        Registry.open(url)
    assert caught.value.next_step is not None
    assert "Upgrade" in caught.value.next_step


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("registry.db", "cannot be read"),
        ("mysql://host/database", "cannot live in 'mysql'"),
        ("sqlite://", "cannot live in memory"),
        ("sqlite:///:memory:", "cannot live in memory"),
        ("sqlite:///registry.db?timeout=long", "timeout=long"),
    ],
)
def test_urls_that_name_no_registry(url: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Registry.open(url)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(UsageError, match="psycopg") as caught:
        Registry.open("postgresql://nobody@localhost/nothing")
    assert caught.value.next_step == "pip install 'psycopg[binary]'"


def test_files_that_are_no_registry(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(b"something else entirely, and long enough to have a header" * 100)

    with pytest.raises(StoreFailure, match=r"other\.db refused"):
        Registry.open(f"sqlite:///{other}")
    with pytest.raises(StoreFailure, match="unable to open database file"):
        Registry.open(f"sqlite:///{tmp_path / 'no' / 'folder' / 'registry.db'}")
