"""`helmert status`: what is live, what is under way, what blocks it."""

from __future__ import annotations

from dataclasses import dataclass

from helmert.commands.applying import stage_lines
from helmert.commands.outcome import Outcome
from helmert.registry import ACTIVE, IndexRecord, MigrationRecord, MigrationState, StageRun, StageState
from helmert.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasLine:
    """An alias and what it points at."""

    alias: str
    collection: str
    index: str
    model: str
    generation: int
    behind: int
    """Journal entries the live index has not followed yet; 0 unless a write was interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLine:
    """An index the registry knows."""

    name: str
    collection: str
    space: str
    state: str
    rows: int
    """Rows at the last proof; 0 when it was never proven complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationLine:
    """A migration that is not over, and where it stands."""

    id: str
    collection: str
    alias: str
    state: str
    target_index: str
    stages: tuple[object, ...]
    standing: str
    """One sentence: where it is and what it waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Outcome):
    """The whole workspace at one moment."""

    aliases: tuple[AliasLine, ...]
    indexes: tuple[IndexLine, ...]
    migrations: tuple[MigrationLine, ...]


def status(workspace: Workspace) -> Status:
    """Read the registry; nothing is asked of stores or models."""
    registry = workspace.registry
    active = tuple(record for record in registry.migrations.list() if record.state in ACTIVE)
    migrations = tuple(_migration_line(workspace, record) for record in active)
    return Status(
        aliases=tuple(
            AliasLine(
                alias=record.alias,
                collection=record.collection,
                index=record.index,
                model=record.model,
                generation=record.generation,
                behind=workspace.follower.behind(record.index),
            )
            for record in registry.aliases.list()
        ),
        indexes=tuple(_index_line(workspace, record) for record in registry.indexes.list()),
        migrations=migrations,
        next_step=_next_step(workspace, active),
    )


def _index_line(workspace: Workspace, record: IndexRecord) -> IndexLine:
    return IndexLine(
        name=record.name,
        collection=record.collection,
        space=str(workspace.registry.spaces.get(record.space)),
        state=record.state,
        rows=record.rows,
    )


def _migration_line(workspace: Workspace, record: MigrationRecord) -> MigrationLine:
    runs = workspace.registry.migrations.stages.list(record.id)
    return MigrationLine(
        id=record.id,
        collection=record.collection,
        alias=record.alias,
        state=record.state,
        target_index=record.target_index,
        stages=stage_lines(workspace, record),
        standing=_standing(workspace, record, runs),
    )


def _standing(workspace: Workspace, record: MigrationRecord, runs: tuple[StageRun, ...]) -> str:
    if record.state is MigrationState.PROMOTED:
        return f"promoted; {record.source_index} is held for rollback"
    if record.state is MigrationState.READY:
        evaluation = workspace.registry.evaluations.latest(record.target_index)
        return f"built and judged: the gate says {evaluation.verdict if evaluation else 'nothing'}"
    stopped = next((run for run in runs if run.state in {StageState.RUNNING, StageState.FAILED}), None)
    if stopped is None:
        done = [run.stage for run in runs if run.state is StageState.DONE]
        return f"stopped after stage {done[-1]}" if done else "not started"
    reached, total = stopped.detail.get("done"), stopped.detail.get("total")
    share = f" at {reached:,} of {total:,} rows" if isinstance(reached, int) and isinstance(total, int) else ""
    reason = f": {stopped.detail['error']}" if stopped.state is StageState.FAILED else ""
    return f"in stage {stopped.stage}{share} since {stopped.started_at:%Y-%m-%d %H:%M} UTC{reason}"


def _next_step(workspace: Workspace, active: tuple[MigrationRecord, ...]) -> str:
    if not active:
        live = {record.collection for record in workspace.registry.aliases.list()}
        waiting = sorted(set(workspace.settings.collections) - live)
        return f"helmert plan {waiting[0]}" if waiting else "helmert plan --model NAME"
    record = active[0]
    if record.state is MigrationState.PROMOTED:
        return f"helmert complete {record.collection}  (or helmert rollback {record.collection})"
    evaluation = workspace.registry.evaluations.latest(record.target_index)
    if record.state is MigrationState.READY and evaluation and evaluation.verdict == "PASS":
        return f"helmert promote {record.collection}"
    return f"helmert apply {record.collection}  (or helmert rollback {record.collection})"
