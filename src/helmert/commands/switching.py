"""`helmert promote`, `rollback`, `complete`: the three verbs that move an alias or end a migration."""

from __future__ import annotations

from dataclasses import dataclass

from helmert.commands.outcome import Outcome
from helmert.errors import NotFound, UsageError
from helmert.migration import executor
from helmert.migration.rollback import rollback as roll_back
from helmert.migration.stages import Phase
from helmert.registry import MigrationRecord, MigrationState
from helmert.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted(Outcome):
    """What the alias points at now."""

    migration: str
    state: str
    alias: str
    index: str | None
    model: str | None
    generation: int
    summary: str


def promote(workspace: Workspace, collection: str | None = None, *, override: str | None = None) -> Adjusted:
    """Point the alias at the new index and its model, if the gate has passed.

    Args:
        workspace: the workspace.
        collection: whose migration; the only collection when omitted.
        override: a reason to promote without a fresh PASS. It is written to the ledger. Incomplete indexes and
            moved aliases are refused all the same.

    Raises:
        GateRefused: no fresh PASS.
        IncompleteIndex: rows are missing, stale or foreign.
        AliasMoved: somebody moved the alias since the plan.
    """
    if override is not None and not override.strip():
        raise UsageError("An override needs a reason.", next_step='helmert promote --override "REASON"')
    record = _active(workspace, collection)
    after = executor.finish(record.id, Phase.PROMOTE, workspace.context, override=override)
    over = after.state is MigrationState.COMPLETED
    next_step = "helmert status" if over else f"helmert complete {after.collection}  (or helmert rollback)"
    return _outcome(workspace, after, "promote", next_step)


def complete(workspace: Workspace, collection: str | None = None) -> Adjusted:
    """End the holdover of a promoted migration; after this, going back is a new migration."""
    record = _active(workspace, collection)
    after = executor.finish(record.id, Phase.COMPLETE, workspace.context)
    return _outcome(workspace, after, "complete", "helmert status")


def rollback(workspace: Workspace, collection: str | None = None, *, why: str = "asked for") -> Adjusted:
    """Undo the active migration; after a promotion no write is lost. See `helmert.migration.rollback`."""
    record = _active(workspace, collection)
    done = roll_back(record.id, workspace.context, why=why)
    after = workspace.registry.migrations.get(record.id)
    return _outcome(workspace, after, None, f"helmert plan {after.collection} --model NAME", summary=done.summary)


def _active(workspace: Workspace, collection: str | None) -> MigrationRecord:
    name = workspace.only_collection(collection)
    record = workspace.registry.migrations.active(workspace.alias(name))
    if record is None:
        raise NotFound(f"No migration of {name!r} is under way.", next_step=f"helmert plan {name} --model NAME")
    return record


def _outcome(
    workspace: Workspace, record: MigrationRecord, stage: str | None, next_step: str, *, summary: str = ""
) -> Adjusted:
    alias = workspace.registry.aliases.find(record.alias)
    for run in workspace.registry.migrations.stages.list(record.id):
        if run.stage == stage:
            summary = str(run.detail.get("summary", ""))
    return Adjusted(
        migration=record.id,
        state=record.state,
        alias=record.alias,
        index=alias.index if alias else None,
        model=alias.model if alias else None,
        generation=alias.generation if alias else 0,
        summary=summary,
        next_step=next_step,
    )
