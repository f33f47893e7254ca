"""Point the alias at the target and its model, as one unit."""

from __future__ import annotations

from helmert.errors import AliasMoved, IncompleteIndex
from helmert.migration.evidence import require_pass
from helmert.migration.fingerprints import record_or_check
from helmert.migration.plan import Plan
from helmert.migration.stages import CatchUp, Promote, Prove
from helmert.migration.steps import catch_up, prove
from helmert.migration.task import Detail, Task
from helmert.registry import IndexState, MigrationState


def run(stage: Promote, task: Task) -> Detail:
    """Catch up, prove complete, check the evidence, then swap alias, index and model by compare-and-swap.

    Raises `GateRefused` without a fresh PASS unless `task.override` gives a reason, which goes into the ledger;
    `IncompleteIndex` when rows are missing, which nothing overrides; `AliasMoved` when somebody moved the alias
    since the plan was made; `DifferentSpace` when the configured model is not the one that made the target.
    Nothing has changed in any of these cases.
    """
    plan, context = task.plan, task.context
    context.follower.require_writable(stage.index)
    catch_up.run(CatchUp(index=stage.index), task)
    proof = prove.compare(Prove(index=stage.index, source_index=plan.source_index), task)
    if not proof.complete:
        raise IncompleteIndex(f"{stage.index} is not complete: {proof}", next_step=f"helmert apply {plan.collection}")
    behaviour = record_or_check(context.embedder(stage.model), context.registry)
    if task.override is None:
        evaluation = require_pass(plan, task.migration, proof, context)
        why = f"gate PASS in evaluation {evaluation.id}"
    else:
        why = f"override: {task.override}"
    context.follower.follow(stage.index)
    with context.follower.pausing(plan.source_index):
        context.follower.follow(stage.index)
        generation = _swap(stage, plan, task, why)
    context.resolver.forget(stage.alias)
    return {
        "summary": f"{stage.alias} points at {stage.index}, model {stage.model!r} (generation {generation}; {why}).",
        "generation": generation,
        "why": why,
        "behaviour": behaviour,
    }


def _swap(stage: Promote, plan: Plan, task: Task, why: str) -> int:
    registry = task.context.registry
    target = registry.indexes.get(stage.index)
    current = registry.aliases.find(stage.alias)
    if current is not None and current.index != plan.source_index:
        raise AliasMoved(
            f"{stage.alias} points at {current.index} (generation {current.generation}), "
            f"the plan expected {plan.source_index} (generation {plan.expected_generation}).",
            next_step="helmert status",
        )
    with registry.transaction():
        record = registry.aliases.swap(
            stage.alias,
            expected_generation=plan.expected_generation,
            index=stage.index,
            model=stage.model,
            space=target.space,
            who=task.context.owner,
            why=why,
        )
        registry.indexes.set_state(stage.index, IndexState.LIVE)
        if plan.source_index is not None:
            registry.indexes.set_state(plan.source_index, IndexState.HELD)
        registry.migrations.set_state(task.migration, MigrationState.PROMOTED)
        if plan.source_index is None:
            registry.migrations.set_state(task.migration, MigrationState.COMPLETED)
    return record.generation
