"""Fill the target index."""

from __future__ import annotations

from dataclasses import asdict

from helmert.migration.pipeline import Filled, fill
from helmert.migration.planner import skipped
from helmert.migration.quantities import price
from helmert.migration.stages import Backfill
from helmert.migration.task import Detail, Task
from helmert.serving.canary import filling


def run(stage: Backfill, task: Task) -> Detail:
    """Embed and write every document of the source that the target does not have yet."""
    context = task.context
    index = context.registry.indexes.get(stage.index)
    embedder = filling(index, context.registry, context.embedder(index.model))
    rate = embedder.limits.price_per_million / 1e6

    def report(total: Filled) -> None:
        done = total.written + total.skipped
        rows = max(done, task.plan.estimate.rows)
        task.report(done, rows, tokens=total.tokens, spent=total.tokens * rate)

    filled = fill(
        task.source_rows(stage.source_index),
        embedder=embedder,
        store=context.store(index.store),
        index=stage.index,
        space=index.vector_hash,
        spool=context.spool(stage.index),
        workers=context.policy.workers,
        on_written=report,
    )
    spent = filled.tokens * rate
    kept = f"; {filled.skipped:,} were there from an earlier run" if filled.skipped else ""
    cost = f" for {price(spent, context.policy.currency)}" if spent else ""
    return {
        "summary": f"{filled.written:,} documents embedded and written{cost}{kept}{skipped(task.read)}.",
        "written": filled.written,
        "skipped": filled.skipped,
        "tokens": filled.tokens,
        "spent": spent,
        "bad_rows": [asdict(row) for row in task.read.skipped],
    }
