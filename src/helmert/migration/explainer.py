"""A plan in words: what each stage will do, what it costs, how it is undone. Nothing is executed."""

from __future__ import annotations

from typing import assert_never

from helmert.migration.plan import Plan
from helmert.migration.quantities import price
from helmert.migration.stages import (
    Backfill,
    CatchUp,
    Complete,
    CreateIndex,
    Evaluate,
    Optimise,
    Promote,
    Prove,
    Stage,
)


def explain(plan: Plan) -> list[str]:
    """One sentence per stage, in order."""
    return [explain_stage(plan, stage) for stage in plan.stages]


def explain_stage(plan: Plan, stage: Stage) -> str:
    """What one stage of this plan will do."""
    match stage:
        case CreateIndex():
            return f"create {stage.index} in store {plan.store!r} and take the fingerprint of model {stage.model!r}"
        case Backfill():
            origin = f"the texts stored in {stage.source_index}" if stage.source_index else "the collection's source"
            rows, cost = plan.estimate.rows, price(plan.estimate.cost, plan.estimate.currency)
            return f"embed {rows:,} documents from {origin} with {stage.model!r}, for {cost}"
        case Optimise():
            return "compact the new index and build what makes its searches fast"
        case CatchUp():
            return "replay the writes that arrived during the backfill"
        case Prove():
            return "compare both sides id by id: text and space of every row"
        case Evaluate():
            if stage.incumbent is None:
                return "score the new index on the labelled queries; there is no live index to compare with"
            return f"compare it with {stage.incumbent} on the labelled queries and apply the gate"
        case Promote():
            return f"point {stage.alias} at the new index and model {stage.model!r}, if the gate passed"
        case Complete():
            return f"end the holdover: {stage.old_index} stops following writes"
        case _:
            assert_never(stage)
