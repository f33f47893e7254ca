"""Killed at the beginning or end of every stage, and around the swap: the same command again comes to the same end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenarios.checker import assert_right, faults, indexes, pointer, registry_rows
from tests.scenarios.conftest import NewWorld
from tests.scenarios.worlds import LARGE, SMALL, StoreKind, World, python

STAGES = ("create", "backfill", "optimise", "catch_up", "prove", "evaluate")
MOMENTS = [(when, stage) for stage in STAGES for when in ("started", "finished")]

Kill = Callable[[World, str, tuple[str, str]], None]
"""Runs a verb of a project in a child that dies at a moment."""


@pytest.fixture(scope="module")
def kill(installed: Path) -> Iterator[Kill]:
    process = python("-m", "tests.scenarios.programs.dying", folder=installed)
    assert process.stdin is not None
    assert process.stdout is not None
    orders, ends = process.stdin, process.stdout

    def die(world: World, verb: str, moment: tuple[str, str]) -> None:
        orders.write(json.dumps({"folder": str(world.folder), "verb": verb, "moment": moment}) + "\n")
        orders.flush()
        assert ends.readline() == "-9\n"

    yield die
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def finish(world: World) -> None:
    """Apply and promote as if nothing had happened, and look at everything."""
    applied = world.go("apply")
    assert applied["gate"] == "PASS"
    target = applied["target_index"]
    assert faults(world, target, LARGE) == {}
    assert {stage["state"] for stage in applied["stages"][: len(STAGES)]} == {"done"}
    assert world.go("promote")["index"] == target
    assert_right(world, live=LARGE)
    assert [state for state, _ in indexes(world).values()] == ["held", "live"]


@pytest.mark.parametrize("moment", MOMENTS, ids="-".join)
def test_apply_killed_at_a_stage_is_continued(moment: tuple[str, str], new_world: NewWorld, kill: Kill) -> None:
    world = new_world("sqlite", "planned")
    kill(world, "apply", moment)
    assert_right(world, live=SMALL)
    with world.open() as workspace:
        world.change(workspace, fresh="b", count=1)
    finish(world)


def test_apply_killed_after_every_stage_in_turn_is_continued(new_world: NewWorld, kill: Kill) -> None:
    world = new_world("lancedb", "planned")
    for number, moment in enumerate(MOMENTS[1::2]):
        kill(world, "apply", moment)
        with world.open() as workspace:
            world.write(workspace, world.author.documents(1, prefix=f"k{number}-"))
    assert_right(world, live=SMALL)
    finish(world)


@pytest.mark.parametrize("store", ["lancedb", "sqlite"])
@pytest.mark.parametrize("moment", ["before", "inside"])
def test_a_promotion_killed_before_its_swap_is_committed_has_changed_nothing(
    store: StoreKind, moment: str, new_world: NewWorld, kill: Kill
) -> None:
    world = new_world(store, "ready")
    before = (pointer(world), indexes(world), moves(world))
    kill(world, "promote", ("swap", moment))
    assert (pointer(world), indexes(world), moves(world)) == before
    assert_right(world, live=SMALL)
    finish(world)


@pytest.mark.parametrize("store", ["lancedb", "sqlite"])
def test_a_promotion_killed_after_its_swap_is_complete(store: StoreKind, new_world: NewWorld, kill: Kill) -> None:
    world = new_world(store, "ready")
    kill(world, "promote", ("swap", "after"))
    assert_right(world, live=LARGE)
    again = world.verb("promote")
    assert (again.code, "promoted" in again.json["error"]) == (1, True)
    with world.open() as workspace:
        world.change(workspace, fresh="b")
    assert_right(world, live=LARGE)
    world.go("rollback")
    assert_right(world, live=SMALL)


@pytest.mark.parametrize(("moment", "model"), [("before", LARGE), ("inside", LARGE), ("after", SMALL)])
def test_a_rollback_killed_around_its_swap_is_done_or_not(
    moment: str, model: str, new_world: NewWorld, kill: Kill
) -> None:
    world = new_world("sqlite", "promoted")
    with world.open() as workspace:
        world.change(workspace, fresh="b")
    kill(world, "rollback", ("swap", moment))
    assert_right(world, live=model)
    if model == LARGE:
        world.go("rollback")
    assert_right(world, live=SMALL)
    with world.open() as workspace:
        world.change(workspace, fresh="c")
    assert_right(world, live=SMALL)


def moves(world: World) -> list[tuple[object, ...]]:
    return registry_rows(world, "SELECT * FROM alias_moves ORDER BY generation")
