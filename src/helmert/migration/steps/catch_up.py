"""Bring the target up to the head of the journal."""

from __future__ import annotations

from helmert.migration.stages import CatchUp
from helmert.migration.task import Detail, Task


def run(stage: CatchUp, task: Task) -> Detail:
    """Replay what was written since the target started to follow the journal.

    The live index goes first: a crash between journal and live index may have left it one write behind.
    """
    if task.plan.source_index is not None:
        task.context.follower.follow(task.plan.source_index)
    followed = task.context.follower.follow(stage.index)
    if not followed.entries:
        return {"summary": "No document changed meanwhile.", "entries": 0}
    summary = (
        f"{followed.entries:,} journal entries replayed: {followed.embedded:,} documents embedded, "
        f"{followed.metadata_only:,} unchanged in text, {followed.deleted:,} deleted."
    )
    return {"summary": summary, "entries": followed.entries, "tokens": followed.tokens}
