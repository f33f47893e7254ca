"""Another model of the same dims under the old name: every way in is refused before anything is changed."""

from __future__ import annotations

import numpy as np
import pytest

from helmert import commands
from helmert.errors import DifferentSpace
from helmert.serving.retrieval import retrieve
from helmert.stores.base import Rows
from helmert.types import Query
from tests.scenarios.checker import assert_right, faults, indexes, pointer, registry_rows, stored, toy
from tests.scenarios.conftest import NewWorld
from tests.scenarios.metered import hosted, nothing
from tests.scenarios.worlds import ALIAS, LARGE, SMALL, TOYS, TURNED, StoreKind, World

STORES: tuple[StoreKind, ...] = ("lancedb", "sqlite", "memory")


@pytest.mark.parametrize("store", STORES)
def test_a_model_that_was_exchanged_can_neither_search_nor_write_nor_be_evaluated(
    store: StoreKind, new_world: NewWorld
) -> None:
    world = new_world(store, "promoted")
    before = journal(world)
    world.remodel(LARGE, **TOYS[TURNED])
    for verb in (("search", "ba de fi"), ("eval",), ("eval", "--index", pointer(world).index)):
        told = world.verb(*verb)
        assert (told.code, told.json["kind"]) == (1, "DifferentSpace"), (verb, told)
        assert "toy-turned" in told.json["error"]
    with world.open() as workspace:
        with pytest.raises(DifferentSpace) as refused:
            commands.upsert(workspace, world.author.documents(2, prefix="refused"))
        assert refused.value.exit_code == 1
    assert journal(world) == before
    assert world.verb("doctor").code == 1
    world.remodel_back(LARGE, **TOYS[TURNED])
    with world.open() as workspace:
        world.change(workspace, fresh="after")
    assert_right(world, live=LARGE)


@pytest.mark.parametrize("store", STORES)
def test_a_store_refuses_vectors_and_queries_of_another_space(store: StoreKind, new_world: NewWorld) -> None:
    world = new_world(store, "promoted")
    index = pointer(world).index
    known = world.truth["d100"]
    with world.open() as workspace:
        other = workspace.embedder(TURNED)
        batch = other.embed_documents([known.text])
        database = workspace.store("default")
        rows = Rows(ids=["d100"], vectors=batch.vectors, texts=[known.text], hashes=["0" * 32], metadata=[{}])
        with pytest.raises(DifferentSpace):
            database.upsert(index, rows, space=other.space.vector_hash)
        with pytest.raises(DifferentSpace):
            database.search(index, batch.vectors, 3, space=other.space.vector_hash)
        at = workspace.registry.indexes.get(index)
        with pytest.raises(DifferentSpace):
            retrieve(
                [Query(id="q", text=known.text)],
                store=database,
                index=index,
                space=workspace.registry.spaces.get(at.space),
                embedder=other,
                k=3,
            )
        workspace.registry.spaces.remember(other.space)
        with pytest.raises(DifferentSpace):
            workspace.registry.aliases.swap(
                ALIAS,
                expected_generation=2,
                index=index,
                model=TURNED,
                space=other.space.record_hash,
                who="somebody",
                why="the dims are the same",
            )
    assert_right(world, live=LARGE)


def test_a_backfill_is_not_continued_with_another_model(new_world: NewWorld) -> None:
    world = new_world("sqlite", "live")
    with hosted(world) as meter:
        world.go("plan", "--model", LARGE)

        def fail(number: int) -> None:
            if number > 30:
                raise ConnectionError

        meter.on_request = fail
        assert world.verb("apply").code == 3
        meter.on_request = nothing
        (target,) = (name for name, (state, _) in indexes(world).items() if state == "building")
        half = len(stored(world, target))
        assert half > 0
        world.edit('model = "toy-large"', 'model = "toy-other"')
        meter.model = toy(TURNED)
        told = world.verb("apply")
        assert (told.code, told.json["kind"]) == (1, "DifferentSpace")
        assert len(stored(world, target)) == half
        world.edit('model = "toy-other"', 'model = "toy-large"')
        meter.model = toy(LARGE)
        world.go("apply")
        world.go("promote")
    assert_right(world, live=LARGE)


def test_a_target_is_not_promoted_with_another_model_than_it_was_made_with(new_world: NewWorld) -> None:
    world = new_world("sqlite", "ready")
    world.remodel(LARGE, **TOYS[TURNED])
    for override in ((), ("--override", "same dims")):
        told = world.verb("promote", *override)
        assert (told.code, told.json["kind"]) == (1, "DifferentSpace")
        assert_right(world, live=SMALL)
    world.remodel_back(LARGE, **TOYS[TURNED])
    world.go("promote")
    assert_right(world, live=LARGE)


def test_an_alias_is_not_rolled_back_to_an_index_whose_model_was_exchanged(new_world: NewWorld) -> None:
    world = new_world("sqlite", "promoted")
    other = {**TOYS[SMALL], "model": "toy-other", "seed": 9}
    world.remodel(SMALL, **other)
    told = world.verb("rollback")
    assert (told.code, told.json["kind"]) == (1, "DifferentSpace")
    assert_right(world, live=LARGE)
    world.remodel_back(SMALL, **other)
    world.go("rollback")
    assert_right(world, live=SMALL)


def test_a_model_that_changed_under_its_name_is_found_before_the_promotion(new_world: NewWorld) -> None:
    """The name, the revision and the dims are the same; only the vectors differ."""
    world = new_world("sqlite", "live")
    with hosted(world) as meter:
        world.go("plan", "--model", LARGE)
        world.go("apply")
        meter.model = toy(TURNED)
        told = world.verb("promote")
        assert (told.code, told.json["kind"]) == (1, "DifferentSpace")
        assert "does not behave" in told.json["error"]
        assert_right(world, live=SMALL)
        assert world.verb("doctor").code == 1
        meter.model = toy(LARGE)
        world.go("promote")
    assert_right(world, live=LARGE)


def test_vectors_of_the_two_models_would_be_noise_to_each_other() -> None:
    """What the refusals above protect from."""
    texts = [f"word{number} ba de fi" for number in range(50)]
    large, turned = (toy(model).embed_documents(texts).vectors for model in (LARGE, TURNED))
    own, crossed = large @ large.T, large @ turned.T
    assert (own.argmax(axis=1) == np.arange(50)).all()
    assert np.abs(crossed).mean() < np.abs(own).mean() / 2


def journal(world: World) -> list[tuple[object, ...]]:
    return registry_rows(world, "SELECT collection, seq, op, document FROM journal ORDER BY seq")


def test_faults_sees_a_vector_of_another_space(new_world: NewWorld) -> None:
    """The checker itself: right stamps do not deceive it."""
    world = new_world("memory", "promoted")
    at = pointer(world)
    (row, *_) = stored(world, at.index)
    row.vector[:] = toy(TURNED).embed_documents([row.text]).vectors[0]
    assert faults(world, at.index, LARGE) == {"foreign vector": [row.id]}
