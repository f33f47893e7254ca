"""Runs of a migration's stages: what is done, what was under way when a process died, and how far it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, Select, select

from helmert.errors import NotFound, Refused
from helmert.registry import tables
from helmert.registry.database import Database
from helmert.registry.numbering import migration_id, migration_number
from helmert.types import Clock


class StageState(StrEnum):
    """Where the run of a stage stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """One stage of one migration."""

    migration: str
    position: int
    """Place in the plan, from 0."""
    stage: str
    state: StageState
    started_at: datetime | None
    finished_at: datetime | None
    detail: Mapping[str, object]
    """What the stage needs in order to continue, and what it found."""


class Stages:
    """Stage runs by migration and position."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, migration: str, stages: Sequence[str]) -> None:
        """Write down the pending stages of a new migration."""
        rows = [
            {
                "migration": migration_number(migration),
                "position": position,
                "stage": stage,
                "state": StageState.PENDING,
                "detail": {},
            }
            for position, stage in enumerate(stages)
        ]
        if rows:
            with self._database.transaction() as connection:
                connection.execute(tables.stage_runs.insert(), rows)

    def list(self, migration: str) -> tuple[StageRun, ...]:
        """All stages of a migration in the order of its plan."""
        table = tables.stage_runs
        query = select(table).where(table.c.migration == migration_number(migration)).order_by(table.c.position)
        with self._database.reading() as connection:
            return tuple(_run(row) for row in connection.execute(query).mappings())

    def start(self, migration: str, position: int) -> StageRun:
        """Begin a stage, or continue one that is running or failed: its detail and start time then stay."""
        with self._database.transaction() as connection:
            run = self._locked(connection, migration, position)
            continued = run.state in {StageState.RUNNING, StageState.FAILED}
            started = replace(
                run,
                state=StageState.RUNNING,
                started_at=run.started_at if continued else self._clock(),
                finished_at=None,
                detail=run.detail if continued else {},
            )
            self._write(connection, started)
        return started

    def update(self, migration: str, position: int, detail: Mapping[str, object]) -> StageRun:
        """Replace the detail of a running stage. Raises `Refused` for one that is not running."""
        with self._database.transaction() as connection:
            run = replace(self._running(connection, migration, position), detail=dict(detail))
            self._write(connection, run)
        return run

    def finish(
        self,
        migration: str,
        position: int,
        state: Literal[StageState.DONE, StageState.FAILED] = StageState.DONE,
        *,
        detail: Mapping[str, object] | None = None,
    ) -> StageRun:
        """End a running stage; without `detail` the last one stays. Raises `Refused` for one not running."""
        with self._database.transaction() as connection:
            run = self._running(connection, migration, position)
            ended = replace(
                run,
                state=state,
                finished_at=self._clock(),
                detail=run.detail if detail is None else dict(detail),
            )
            self._write(connection, ended)
        return ended

    def _running(self, connection: Connection, migration: str, position: int) -> StageRun:
        run = self._locked(connection, migration, position)
        if run.state is not StageState.RUNNING:
            raise Refused(f"Stage {run.stage!r} of migration {migration} is {run.state}, not running.")
        return run

    def _locked(self, connection: Connection, migration: str, position: int) -> StageRun:
        row = connection.execute(_at(select(tables.stage_runs), migration, position).with_for_update())
        found = row.mappings().first()
        if found is None:
            raise NotFound(f"Migration {migration} has no stage at position {position}.")
        return _run(found)

    def _write(self, connection: Connection, run: StageRun) -> None:
        connection.execute(
            tables.stage_runs.update()
            .where(
                tables.stage_runs.c.migration == migration_number(run.migration),
                tables.stage_runs.c.position == run.position,
            )
            .values(
                state=run.state,
                started_at=run.started_at,
                finished_at=run.finished_at,
                detail=dict(run.detail),
            )
        )


def _at(query: Select[Any], migration: str, position: int) -> Select[Any]:
    table = tables.stage_runs
    return query.where(table.c.migration == migration_number(migration), table.c.position == position)


def _run(row: RowMapping) -> StageRun:
    return StageRun(**{**row, "migration": migration_id(row["migration"]), "state": StageState(row["state"])})
