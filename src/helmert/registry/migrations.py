"""Migrations of an alias from one model to another, and the runs of their stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from helmert.errors import HelmertError, LeaseHeld, NotFound, Refused
from helmert.registry import tables
from helmert.registry.database import Database
from helmert.registry.numbering import migration_id, migration_number
from helmert.registry.stages import Stages
from helmert.types import Clock


class MigrationState(StrEnum):
    """Where a migration stands."""

    PLANNED = "planned"
    RUNNING = "running"
    READY = "ready"
    """The target is complete and may be promoted."""
    PROMOTED = "promoted"
    """The alias points at the target; the source is held over."""
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"
    ABORTED = "aborted"
    FAILED = "failed"
    """Stopped by an error that a person has to look at; may be run again."""


ACTIVE = (MigrationState.PLANNED, MigrationState.RUNNING, MigrationState.READY, MigrationState.PROMOTED)
"""States of which an alias has at most one migration; a partial unique index says the same."""

_NEXT: dict[MigrationState, frozenset[MigrationState]] = {
    MigrationState.PLANNED: frozenset({MigrationState.RUNNING, MigrationState.ABORTED, MigrationState.FAILED}),
    MigrationState.RUNNING: frozenset({MigrationState.READY, MigrationState.ABORTED, MigrationState.FAILED}),
    MigrationState.READY: frozenset(
        {MigrationState.RUNNING, MigrationState.PROMOTED, MigrationState.ABORTED, MigrationState.FAILED}
    ),
    MigrationState.PROMOTED: frozenset({MigrationState.COMPLETED, MigrationState.ROLLED_BACK}),
    MigrationState.FAILED: frozenset({MigrationState.RUNNING, MigrationState.ABORTED}),
    MigrationState.COMPLETED: frozenset(),
    MigrationState.ROLLED_BACK: frozenset(),
    MigrationState.ABORTED: frozenset(),
}


def may_become(before: MigrationState, after: MigrationState) -> bool:
    """Whether a migration in one state may go to another in one step."""
    return after in _NEXT[before]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationRecord:
    """One migration."""

    id: str
    """`m1`, `m2`, ... in the order they were planned."""
    collection: str
    alias: str
    source_index: str | None
    """None when the alias is new."""
    target_index: str
    target_model: str
    """Name of the model in the configuration."""
    plan: Mapping[str, object]
    state: MigrationState
    created_at: datetime
    updated_at: datetime


class Migrations:
    """Records of migrations. `stages` holds the runs of their stages."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.stages = Stages(database, clock)

    def create(
        self,
        *,
        collection: str,
        alias: str,
        source_index: str | None,
        target_index: str,
        target_model: str,
        plan: Mapping[str, object],
        stages: Sequence[str],
    ) -> MigrationRecord:
        """Write down a planned migration with pending stages. Raises `LeaseHeld` while another is active."""
        now = self._clock()
        row = {
            "collection": collection,
            "alias": alias,
            "source_index": source_index,
            "target_index": target_index,
            "target_model": target_model,
            "plan": dict(plan),
            "state": MigrationState.PLANNED,
            "created_at": now,
            "updated_at": now,
        }
        with self._database.transaction(conflict=lambda: self._occupied(alias)) as connection:
            added = tables.migrations.insert().values(row).returning(tables.migrations)
            record = _record(connection.execute(added).mappings().one())
            self.stages.add(record.id, stages)
        return record

    def get(self, migration: str) -> MigrationRecord:
        """The record of a migration. Raises `NotFound`."""
        with self._database.reading() as connection:
            return self._fetch(connection, select(tables.migrations), migration)

    def list(self, *, alias: str | None = None) -> tuple[MigrationRecord, ...]:
        """All migrations, or those of an alias, oldest first."""
        query = select(tables.migrations).order_by(tables.migrations.c.number)
        if alias is not None:
            query = query.where(tables.migrations.c.alias == alias)
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(query).mappings())

    def active(self, alias: str) -> MigrationRecord | None:
        """The migration that is under way for an alias."""
        table = tables.migrations
        query = select(table).where(table.c.alias == alias, table.c.state.in_(ACTIVE))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _record(row)

    def set_state(self, migration: str, state: MigrationState) -> MigrationRecord:
        """Move a migration on; being there already is no error.

        Raises `Refused` for a step that does not exist, `LeaseHeld` when a failed migration would run again
        while another is active for its alias, `NotFound`.
        """
        before = self.get(migration)
        with self._database.transaction(conflict=lambda: self._occupied(before.alias)) as connection:
            record = self._fetch(connection, select(tables.migrations).with_for_update(), migration)
            if record.state is state:
                return record
            if not may_become(record.state, state):
                raise Refused(
                    f"Migration {migration} is {record.state} and cannot become {state}; it may become "
                    f"{' or '.join(sorted(_NEXT[record.state])) or 'nothing else'}."
                )
            moved = replace(record, state=state, updated_at=self._clock())
            connection.execute(
                tables.migrations.update()
                .where(tables.migrations.c.number == migration_number(migration))
                .values(state=moved.state, updated_at=moved.updated_at)
            )
        return moved

    def _fetch(self, connection: Connection, query: Select[Any], migration: str) -> MigrationRecord:
        number = migration_number(migration)
        row = connection.execute(query.where(tables.migrations.c.number == number)).mappings().first()
        if row is None:
            known = ", ".join(record.id for record in self.list()) or "none"
            raise NotFound(f"There is no migration {migration!r}; there is {known}.")
        return _record(row)

    def _occupied(self, alias: str) -> HelmertError:
        active = self.active(alias)
        if active is None:
            return LeaseHeld(f"Another migration of alias {alias!r} ended just now.", next_step="Try again.")
        return LeaseHeld(
            f"Alias {alias!r} is being migrated: {active.id} to model {active.target_model!r} is "
            f"{active.state} since {active.updated_at.isoformat(timespec='seconds')}.",
            next_step=_way_out(active),
        )


def _way_out(active: MigrationRecord) -> str:
    match active.state:
        case MigrationState.READY:
            return "Finish it first: helmert promote, or end it: helmert rollback"
        case MigrationState.PROMOTED:
            return "Finish it first: helmert complete, or go back: helmert rollback"
        case _:
            return "Finish it first: helmert apply, or end it: helmert rollback"


def _record(row: RowMapping) -> MigrationRecord:
    fields = {**row, "id": migration_id(row["number"]), "state": MigrationState(row["state"])}
    del fields["number"]
    return MigrationRecord(**fields)
