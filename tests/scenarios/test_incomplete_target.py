"""Rows that vanish, change or appear in the target behind Helmert's back: promotion is refused, apply repairs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.checker import assert_right, faults, indexes, pointer
from tests.scenarios.conftest import NewWorld
from tests.scenarios.tampering import add_copy, remove, restamp, rewrite
from tests.scenarios.worlds import LARGE, SMALL, StoreKind, World

STORES: tuple[StoreKind, ...] = ("lancedb", "sqlite", "memory")


def spoil(world: World, index: str) -> None:
    """Three rows missing and three too many, so that the count is right; one stale, one of another space."""
    remove(world, index, ["d050", "d051", "d052"])
    rewrite(world, index, "d060", "somebody wrote this")
    add_copy(world, index, "d070", "stranger1")
    add_copy(world, index, "d071", "stranger2")
    add_copy(world, index, "d072", "stranger3")
    restamp(world, index, "d080", "0123456789abcdef")


@pytest.mark.parametrize("store", STORES)
def test_an_incomplete_target_is_not_promoted_and_is_repaired_by_apply(store: StoreKind, new_world: NewWorld) -> None:
    world = new_world(store, "ready")
    target = built(world)
    spoil(world, target)
    for override in ((), ("--override", "the count is right")):
        told = world.verb("promote", *override)
        assert (told.code, told.json["kind"]) == (1, "IncompleteIndex")
        message = told.json["error"]
        assert "3 missing ('d050', 'd051', 'd052')" in message
        assert "1 stale ('d060')" in message
        assert "3 orphan ('stranger1', 'stranger2', 'stranger3')" in message
        assert "1 foreign ('d080')" in message
        assert told.json["next"] == "helmert apply docs"
        assert_right(world, live=SMALL)
    applied = world.go("apply")
    (proof,) = (stage["summary"] for stage in applied["stages"] if stage["stage"] == "prove")
    assert "Repaired first" in proof
    assert faults(world, target, LARGE) == {}
    world.go("promote")
    assert_right(world, live=LARGE)


def test_rows_that_stand_there_twice_are_found(new_world: NewWorld) -> None:
    """LanceDB keeps two rows of one id when somebody appends instead of merging."""
    world = new_world("lancedb", "ready")
    target = built(world)
    add_copy(world, target, "d070", "d070")
    told = world.verb("promote")
    assert (told.code, told.json["kind"]) == (1, "IncompleteIndex")
    assert "1 duplicate ('d070')" in told.json["error"]
    world.go("apply")
    assert faults(world, target, LARGE) == {}
    world.go("promote")
    assert_right(world, live=LARGE)


def test_rows_lost_while_apply_was_interrupted_are_brought_back(new_world: NewWorld) -> None:
    world = new_world("sqlite", "ready")
    target = built(world)
    spoil(world, target)
    with world.open() as workspace:
        world.change(workspace, fresh="late")
    world.go("apply")
    assert faults(world, target, LARGE) == {}


@pytest.mark.parametrize("damage", [spoil, lambda world, index: remove(world, index, ["d050"])])
def test_a_first_index_is_promoted_only_when_it_is_complete(
    damage: Callable[[World, str], None], new_world: NewWorld
) -> None:
    world = new_world("sqlite", "configured")
    world.go("plan")
    target = world.go("apply")["target_index"]
    damage(world, target)
    for override in ((), ("--override", "nothing is live yet")):
        told = world.verb("promote", *override)
        assert (told.code, told.json["kind"]) == (1, "IncompleteIndex")
        assert "'d050'" in told.json["error"]
    world.go("apply")
    world.go("promote")
    assert pointer(world).index == target
    assert_right(world, live=SMALL)


def built(world: World) -> str:
    (target,) = (name for name, (state, _) in indexes(world).items() if state == "built")
    return target
