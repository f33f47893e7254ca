"""Indexes and aliases without a migration: what serving stands on."""

from __future__ import annotations

from helmert.registry import AliasRecord, IndexState
from helmert.spaces import IndexName
from helmert.stores.base import IndexSpec
from tests.migration.world import START, World


def add_index(world: World, collection: str, model: str) -> str:
    """An empty index that follows the journal from its beginning."""
    space = world.models[model].space
    version = world.registry.indexes.next_version(collection)
    name = str(IndexName(collection=collection, slug=space.slug, version=version, day=START.date()))
    world.vectors.create_index(IndexSpec(name=name, dims=space.dims, space=space.vector_hash, fields=world.fields))
    world.registry.indexes.add(
        name=name,
        collection=collection,
        store="main",
        model=model,
        space=space,
        version=version,
        state=IndexState.BUILT,
    )
    return name


def point(world: World, alias: str, index: str) -> AliasRecord:
    """Move an alias as a promotion does: the new index is live, the old one is held."""
    record = world.registry.indexes.get(index)
    before = world.registry.aliases.find(alias)
    with world.registry.transaction():
        after = world.registry.aliases.swap(
            alias,
            expected_generation=before.generation if before else 0,
            index=index,
            model=record.model,
            space=record.space,
            who="a test",
            why="a test",
        )
        world.registry.indexes.set_state(index, IndexState.LIVE)
        if before is not None:
            world.registry.indexes.set_state(before.index, IndexState.HELD)
    return after
