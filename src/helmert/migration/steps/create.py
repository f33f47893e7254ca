"""Create the target index."""

from __future__ import annotations

from helmert.errors import DifferentSpace
from helmert.migration.fingerprints import record_or_check
from helmert.migration.plan import stamp
from helmert.migration.stages import CreateIndex
from helmert.migration.task import Detail, Task
from helmert.spaces import IndexName
from helmert.stores.base import IndexSpec


def run(stage: CreateIndex, task: Task) -> Detail:
    """Register space and index, check the model's fingerprint, create the physical index.

    The target starts to follow the journal where the live index stands now. The backfill reads the live index
    after this moment, so every later write is either in what it reads or in the journal, or in both.
    """
    plan, context = task.plan, task.context
    registry, embedder = context.registry, context.embedder(stage.model)
    space = embedder.space
    if space.vector_hash != plan.target_space:
        raise DifferentSpace(
            f"Model {stage.model!r} makes {space}, but the plan was made for space {plan.target_space}.",
            next_step=f"helmert plan {plan.collection} --model {stage.model}",
        )
    registry.spaces.remember(space)
    behaviour = record_or_check(embedder, registry)
    if registry.indexes.find(stage.index) is None:
        live = registry.indexes.get(plan.source_index) if plan.source_index else None
        registry.indexes.add(
            name=stage.index,
            collection=plan.collection,
            store=plan.store,
            model=stage.model,
            space=space,
            version=IndexName.parse(stage.index).version,
            applied_seq=live.applied_seq if live else registry.journal.head(plan.collection),
        )
    store = context.store(plan.store)
    if stage.index not in store.list_indexes():
        facts = {
            "collection": plan.collection,
            "model": space.model,
            "space": str(space),
            "record_hash": space.record_hash,
            "created_at": stamp(context.clock()),
        }
        fields = context.fields(plan.collection)
        store.create_index(
            IndexSpec(name=stage.index, dims=space.dims, space=space.vector_hash, fields=fields, metadata=facts)
        )
    return {"summary": f"{stage.index} created in store {plan.store!r}. {behaviour}"}
