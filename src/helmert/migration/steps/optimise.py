"""Make the filled index fast to search."""

from __future__ import annotations

from helmert.migration.stages import Optimise
from helmert.migration.task import Detail, Task


def run(stage: Optimise, task: Task) -> Detail:
    """Compact the index, build its approximate index where the store thinks it is worth one."""
    record = task.context.registry.indexes.get(stage.index)
    store = task.context.store(record.store)
    store.optimise(stage.index)
    info = store.describe(stage.index)
    kind = "an approximate index answers searches" if info.approximate else "searches are exact"
    return {"summary": f"{info.rows:,} rows compacted; {kind}.", "approximate": info.approximate}
