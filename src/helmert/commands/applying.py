"""`helmert apply`: build the planned index, prove it complete, judge it. The alias is not touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helmert.commands.outcome import Outcome
from helmert.commands.planning import is_plan_path, plan_file, read_plan
from helmert.errors import Refused
from helmert.migration import executor
from helmert.migration.plan import Plan
from helmert.registry import MigrationRecord
from helmert.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied(Outcome):
    """Where the migration stands after its stages up to the gate."""

    migration: str
    collection: str
    alias: str
    target_index: str
    state: str
    resumed: bool
    stages: tuple[Mapping[str, object], ...]
    """Name, state and summary of every stage that was run."""
    gate: str
    """PASS, FAIL or INCONCLUSIVE."""
    judgement: Mapping[str, object]
    """Scores, comparisons and the gate's findings; see `helmert.migration.judgement`."""


def apply(workspace: Workspace, target: str | None = None) -> Applied:
    """Run or continue a migration up to its gate.

    Args:
        workspace: the workspace.
        target: a collection (its active migration is continued, else its last plan is started) or the path of a
            plan file. The only collection when omitted.

    Raises:
        Refused: the plan is out of date, or another migration of the alias is under way.
        Transient: model or store are away; run it again later, it continues.
    """
    migration, resumed = _find_or_begin(workspace, target)
    record = executor.apply(migration, workspace.context)
    evaluation = workspace.registry.evaluations.latest(record.target_index)
    gate = evaluation.verdict if evaluation else "INCONCLUSIVE"
    go = gate == "PASS"
    return Applied(
        migration=record.id,
        collection=record.collection,
        alias=record.alias,
        target_index=record.target_index,
        state=record.state,
        resumed=resumed,
        stages=stage_lines(workspace, record),
        gate=gate,
        judgement=evaluation.report if evaluation else {},
        go=go,
        next_step=_after(gate, record.collection),
    )


def _after(gate: str, collection: str) -> str:
    match gate:
        case "PASS":
            return f"helmert promote {collection}"
        case "FAIL":
            return f"helmert rollback {collection}"
        case _:
            return f"add labelled queries to the `evalset` of {collection}, then helmert apply {collection} again"


def stage_lines(workspace: Workspace, record: MigrationRecord) -> tuple[Mapping[str, object], ...]:
    """The stages of a migration as the registry knows them."""
    return tuple(
        {"stage": run.stage, "state": run.state, "summary": str(run.detail.get("summary", ""))}
        for run in workspace.registry.migrations.stages.list(record.id)
    )


def _find_or_begin(workspace: Workspace, target: str | None) -> tuple[str, bool]:
    if target is not None and is_plan_path(target):
        plan = read_plan(Path(target))
        active = workspace.registry.migrations.active(plan.alias)
        if active is not None and _same(active, plan):
            return active.id, True
        return _begin(workspace, plan), False
    collection = workspace.only_collection(target)
    active = workspace.registry.migrations.active(workspace.alias(collection))
    if active is None:
        return _begin(workspace, read_plan(plan_file(workspace, collection))), False
    if active.state == "promoted":
        raise Refused(
            f"Migration {active.id} of {active.alias} is promoted and in its holdover.",
            next_step=f"helmert complete {collection}, or helmert rollback {collection}",
        )
    return active.id, True


def _begin(workspace: Workspace, plan: Plan) -> str:
    """Start a plan that was made for this workspace as it is configured now."""
    workspace.model(plan.target_model)
    settings = workspace.collection(plan.collection)
    if (plan.alias, plan.store) != (workspace.alias(plan.collection), settings.store):
        raise Refused(
            f"The plan is for alias {plan.alias!r} in store {plan.store!r}; helmert.toml says "
            f"{workspace.alias(plan.collection)!r} in store {settings.store!r}.",
            next_step=f"helmert plan {plan.collection} --model {plan.target_model}",
        )
    return executor.begin(plan, workspace.context).id


def _same(active: MigrationRecord, plan: Plan) -> bool:
    return Plan.from_dict(active.plan).digest == plan.digest
