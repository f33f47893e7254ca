"""Prove the target complete, and mend it once when it is not."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from helmert.errors import IncompleteIndex
from helmert.migration.completeness import Comparison, Proof
from helmert.migration.pipeline import fill
from helmert.migration.stages import Prove
from helmert.migration.task import Detail, Task
from helmert.registry import IndexRecord, IndexState
from helmert.serving.canary import filling

CHUNK = 1000


def run(stage: Prove, task: Task) -> Detail:
    """Compare target and source id by id, repair what differs, and compare again.

    Raises `IncompleteIndex` with the first ids when the two still differ after one repair.
    """
    proof, repaired = compare(stage, task), ""
    if not proof.complete:
        repair(stage, task)
        repaired = f" Repaired first: {proof.summary()}."
        proof = compare(stage, task)
    if not proof.complete:
        raise IncompleteIndex(
            f"{stage.index} is not complete: {proof}",
            next_step=f"helmert apply {task.plan.collection}  repairs and proves again",
        )
    indexes = task.context.registry.indexes
    indexes.set_rows(stage.index, proof.found)
    if indexes.get(stage.index).state is IndexState.BUILDING:
        indexes.set_state(stage.index, IndexState.BUILT)
    return {**proof.to_dict(), "summary": f"{proof}{repaired}"}


def compare(stage: Prove, task: Task) -> Proof:
    """The proof as it stands, without repair."""
    with _comparison(stage, task) as comparison:
        return comparison.proof


def repair(stage: Prove, task: Task) -> None:
    """Remove rows that should not be there, then embed what is missing or made from another text."""
    context = task.context
    record = context.registry.indexes.get(stage.index)
    store = context.store(record.store)
    with _comparison(stage, task) as comparison:
        for kind in ("orphan", "duplicate", "foreign"):
            for ids in _chunks(comparison.ids(kind)):
                store.delete(record.name, ids)
    fill(
        task.source_rows(stage.source_index),
        embedder=filling(record, context.registry, context.embedder(record.model)),
        store=store,
        index=record.name,
        space=record.vector_hash,
        spool=context.spool(record.name),
        workers=context.policy.workers,
    )


def _comparison(stage: Prove, task: Task) -> Comparison:
    """Both sides without what is on its way: entries that one of them had not applied when the scans began."""
    registry, collection = task.context.registry, task.plan.collection
    record: IndexRecord = registry.indexes.get(stage.index)
    position = record.applied_seq
    if stage.source_index is not None:
        position = min(position, registry.indexes.get(stage.source_index).applied_seq)
    return Comparison(
        task.source_rows(stage.source_index),
        task.context.store(record.store).scan(record.name, batch=10_000),
        space=record.vector_hash,
        moving=lambda: registry.journal.ids_after(collection, position),
    )


def _chunks(ids: Iterable[str]) -> Iterable[list[str]]:
    iterator = iter(ids)
    return iter(lambda: list(islice(iterator, CHUNK)), [])
