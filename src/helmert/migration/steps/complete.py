"""End the holdover."""

from __future__ import annotations

from helmert.migration.stages import Complete
from helmert.migration.task import Detail, Task
from helmert.registry import FOLLOWING, IndexState, MigrationState


def run(stage: Complete, task: Task) -> Detail:
    """Retire the old index and trim the journal. The old rows stay in the store until somebody deletes them.

    Nobody follows the journal into the old index meanwhile, so nobody needs what is trimmed.
    """
    plan, registry = task.plan, task.context.registry
    with task.context.follower.pausing(stage.old_index), registry.transaction():
        registry.indexes.set_state(stage.old_index, IndexState.RETIRED)
        registry.migrations.set_state(task.migration, MigrationState.COMPLETED)
        registry.ledger.append(
            who=task.context.owner,
            kind="migration.completed",
            subject=task.migration,
            why="",
            detail={"alias": plan.alias, "live": plan.target_index, "retired": stage.old_index},
        )
        following = registry.indexes.list(plan.collection, states=FOLLOWING)
        followed = min(index.applied_seq for index in following)
        trimmed = registry.journal.trim(plan.collection, up_to_seq=followed)
    summary = (
        f"{plan.target_index} is the only live index. {stage.old_index} no longer follows writes; "
        "its rows are still stored."
    )
    return {"summary": summary, "trimmed": trimmed}
