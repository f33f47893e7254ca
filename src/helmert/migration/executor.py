"""Run the stages of a plan, journal each, and continue after an interruption.

The registry knows which stages are done. A stage that was interrupted is run again from its beginning, which is
safe because every stage comes to the same end however often it is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import assert_never

from helmert.errors import AliasMoved, HelmertError, Refused
from helmert.migration import steps
from helmert.migration.context import Context
from helmert.migration.leasing import held
from helmert.migration.plan import Plan
from helmert.migration.stages import (
    Backfill,
    CatchUp,
    Complete,
    CreateIndex,
    Evaluate,
    Optimise,
    Phase,
    Promote,
    Prove,
    Stage,
)
from helmert.migration.task import Detail, Task
from helmert.registry import MigrationRecord, MigrationState, StageState
from helmert.spaces import IndexName
from helmert.telemetry import StageFinished, StageStarted

ONCE = (CreateIndex, Backfill, Optimise)
"""Stages that are not repeated once they are done; the others refresh their evidence at every run."""


def begin(plan: Plan, context: Context) -> MigrationRecord:
    """Register a plan as the alias's migration. Raises `Refused` when the plan is out of date."""
    alias = context.registry.aliases.find(plan.alias)
    generation = alias.generation if alias else 0
    if generation != plan.expected_generation:
        raise AliasMoved(
            f"{plan.alias} is at generation {generation}, the plan was made at {plan.expected_generation}.",
            next_step=f"helmert plan {plan.collection} --model {plan.target_model}",
        )
    version = IndexName.parse(plan.target_index).version
    active = context.registry.migrations.active(plan.alias)
    if active is None and version != context.registry.indexes.next_version(plan.collection):
        raise Refused(
            f"This plan is out of date: version {version} of {plan.collection!r} exists by now.",
            next_step=f"helmert plan {plan.collection} --model {plan.target_model}",
        )
    return context.registry.migrations.create(
        collection=plan.collection,
        alias=plan.alias,
        source_index=plan.source_index,
        target_index=plan.target_index,
        target_model=plan.target_model,
        plan=plan.to_dict(),
        stages=[stage.name for stage in plan.stages],
    )


def apply(migration: str, context: Context) -> MigrationRecord:
    """Run the stages up to the gate. Called again, it continues where it stopped, or renews the evidence."""
    registry = context.registry
    record = registry.migrations.get(migration)
    if record.state not in {MigrationState.PLANNED, MigrationState.RUNNING, MigrationState.READY}:
        raise Refused(f"Migration {migration} is {record.state}; nothing is left to apply.", next_step="helmert status")
    plan = Plan.from_dict(record.plan)
    with held(f"migration:{record.alias}", context) as lease:
        registry.migrations.set_state(migration, MigrationState.RUNNING)
        for position, stage in enumerate(plan.stages):
            if stage.phase is Phase.APPLY:
                registry.leases.require(lease)
                run_stage(migration, plan, position, stage, context)
        registry.leases.require(lease)
        registry.migrations.set_state(migration, MigrationState.READY)
    return registry.migrations.get(migration)


def finish(migration: str, phase: Phase, context: Context, *, override: str | None = None) -> MigrationRecord:
    """Run the stages of a later phase: promote or complete. Raises `Refused` when it is not their turn."""
    registry = context.registry
    record = registry.migrations.get(migration)
    expected = MigrationState.READY if phase is Phase.PROMOTE else MigrationState.PROMOTED
    if record.state is not expected:
        raise Refused(
            f"Migration {migration} is {record.state}; {phase} needs one that is {expected}.",
            next_step="helmert status",
        )
    plan = Plan.from_dict(record.plan)
    with held(f"migration:{record.alias}", context):
        for position, stage in enumerate(plan.stages):
            if stage.phase is phase:
                run_stage(migration, plan, position, stage, context, override=override)
    return registry.migrations.get(migration)


def run_stage(
    migration: str, plan: Plan, position: int, stage: Stage, context: Context, *, override: str | None = None
) -> Detail:
    """Run one stage with its journal entries; skip it when it is done for good."""
    runs = context.registry.migrations.stages
    before = runs.list(migration)[position]
    if before.state is StageState.DONE and isinstance(stage, ONCE):
        return dict(before.detail)
    resumed = before.state in {StageState.RUNNING, StageState.FAILED}
    task = Task(migration=migration, plan=plan, context=context, stage=stage.name, position=position, override=override)
    context.listener(StageStarted(stage=stage.name, title=stage.title, resumed=resumed))
    runs.start(migration, position)
    with _failure_noted(task):
        detail = _dispatch(stage, task)
    runs.finish(migration, position, detail=detail)
    context.listener(StageFinished(stage=stage.name, title=stage.title, summary=str(detail["summary"])))
    return detail


def _dispatch(stage: Stage, task: Task) -> Detail:
    match stage:
        case CreateIndex():
            return steps.create.run(stage, task)
        case Backfill():
            return steps.backfill.run(stage, task)
        case Optimise():
            return steps.optimise.run(stage, task)
        case CatchUp():
            return steps.catch_up.run(stage, task)
        case Prove():
            return steps.prove.run(stage, task)
        case Evaluate():
            return steps.evaluate.run(stage, task)
        case Promote():
            return steps.promote.run(stage, task)
        case Complete():
            return steps.complete.run(stage, task)
        case _:
            assert_never(stage)


@contextmanager
def _failure_noted(task: Task) -> Iterator[None]:
    try:
        yield
    except HelmertError as error:
        runs = task.context.registry.migrations.stages
        before = runs.list(task.migration)[task.position].detail
        detail = {**before, **task.reached, "error": error.message}
        runs.finish(task.migration, task.position, StageState.FAILED, detail=detail)
        raise
