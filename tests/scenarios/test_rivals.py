"""Somebody else acts at the same time: the alias is moved, a second apply is started, an old plan is brought out."""

from __future__ import annotations

import threading

import pytest

from helmert.workspace import Workspace
from tests.scenarios.checker import assert_right, faults, indexes, pointer
from tests.scenarios.conftest import NewWorld
from tests.scenarios.metered import hosted
from tests.scenarios.worlds import ALIAS, DOCUMENTS, LARGE, SMALL, TURNED, World

PATIENCE = 120.0


def move_alias(workspace: Workspace, index: str) -> None:
    """What a colleague does by hand, or another tool."""
    aliases, target = workspace.registry.aliases, workspace.registry.indexes.get(index)
    aliases.swap(
        ALIAS,
        expected_generation=aliases.get(ALIAS).generation,
        index=target.name,
        model=target.model,
        space=target.space,
        who="a colleague",
        why="by hand",
    )


@pytest.mark.parametrize("override", [(), ("--override", "whatever it takes")])
@pytest.mark.parametrize("to", [SMALL, LARGE])
def test_an_alias_that_was_moved_since_the_plan_stays_where_it_is(
    to: str, override: tuple[str, ...], new_world: NewWorld
) -> None:
    world = new_world("sqlite", "ready")
    (index,) = (name for name, (_, model) in indexes(world).items() if model == to)
    with world.open() as workspace:
        move_alias(workspace, index)
    before = (pointer(world), indexes(world))
    told = world.verb("promote", *override)
    assert (told.code, told.json["kind"]) == (1, "AliasMoved")
    assert (pointer(world), indexes(world)) == before
    assert faults(world, index, to) == {}

    world.go("rollback", "--why", "make way for a new plan")
    assert pointer(world).index == index
    with world.open() as workspace:
        world.change(workspace, fresh="late")
    assert faults(world, index, to) == {}
    world.go("plan", "--model", TURNED)
    world.go("apply")
    world.go("promote")
    assert_right(world, live=TURNED)


def test_a_rollback_of_an_alias_that_was_moved_leaves_it_where_it_is(new_world: NewWorld) -> None:
    world = new_world("sqlite", "promoted")
    (held,) = (name for name, (state, _) in indexes(world).items() if state == "held")
    with world.open() as workspace:
        move_alias(workspace, held)
    before = (pointer(world), indexes(world))
    told = world.verb("rollback")
    assert (told.code, told.json["kind"]) == (1, "AliasMoved")
    assert (pointer(world), indexes(world)) == before


def test_of_two_applies_at_once_one_is_refused_and_the_other_is_right(new_world: NewWorld) -> None:
    world = new_world("sqlite", "live")
    arrived, go_on = threading.Event(), threading.Event()
    with hosted(world) as meter:
        world.go("plan", "--model", LARGE)

        def hold(number: int) -> None:
            if number == 30:
                arrived.set()
                assert go_on.wait(PATIENCE)

        meter.on_request = hold
        first = world.process("apply", "--json")
        assert arrived.wait(PATIENCE), first.communicate()
        second = world.verb("apply")
        promoted = world.verb("promote")
        undone = world.verb("rollback")
        go_on.set()
        out, _ = first.communicate(timeout=PATIENCE)
        assert (second.code, second.json["kind"]) == (1, "LeaseHeld")
        assert "is working on" in second.json["error"]
        assert (promoted.code, undone.code) == (1, 1)
        assert first.returncode == 0, out
        (target,) = (name for name, (state, _) in indexes(world).items() if state == "built")
        assert faults(world, target, LARGE) == {}
        assert meter.paid_for(world) == DOCUMENTS
        world.go("promote")
    assert_right(world, live=LARGE)


def test_a_plan_from_before_another_promotion_is_out_of_date(new_world: NewWorld) -> None:
    world = new_world("sqlite", "live")
    world.go("plan", "--model", TURNED, "--out", "kept.json")
    change_model(world, LARGE)
    told = world.verb("apply", "kept.json")
    assert (told.code, told.json["kind"]) == (1, "AliasMoved")
    assert "the plan was made at 1" in told.json["error"]
    assert told.json["next"] == f"helmert plan docs --model {TURNED}"
    assert len(indexes(world)) == 2
    assert_right(world, live=LARGE)


def test_a_plan_that_was_given_up_is_not_begun_again(new_world: NewWorld) -> None:
    world = new_world("sqlite", "ready")
    world.go("rollback")
    before = indexes(world)
    told = world.verb("apply")
    assert (told.code, told.json["kind"]) == (1, "Refused")
    assert "This plan is out of date" in told.json["error"]
    assert indexes(world) == before
    change_model(world, LARGE)
    assert_right(world, live=LARGE)


def test_a_second_plan_cannot_be_applied_while_the_first_is_under_way(new_world: NewWorld) -> None:
    world = new_world("sqlite", "live")
    world.go("plan", "--model", TURNED, "--out", "kept.json")
    world.go("plan", "--model", LARGE)
    world.go("apply")
    told = world.verb("apply", "kept.json")
    assert (told.code, told.json["kind"]) == (1, "LeaseHeld")
    assert "is being migrated" in told.json["error"]
    world.go("promote")
    assert_right(world, live=LARGE)


def change_model(world: World, model: str) -> None:
    world.go("plan", "--model", model)
    world.go("apply")
    world.go("promote")
    world.go("complete")
