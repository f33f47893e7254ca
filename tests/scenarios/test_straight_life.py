"""A whole life in order: two changes of the model with writes in every phase, one taken back, one completed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.checker import assert_right, faults, indexes, pointer, registry_rows
from tests.scenarios.worlds import ALIAS, LARGE, SMALL, StoreKind, World, make_world


@pytest.mark.parametrize("store", ["lancedb", "sqlite", "memory"])
def test_nothing_is_lost_from_the_first_index_to_the_end_of_the_second_migration(
    store: StoreKind, tmp_path: Path
) -> None:
    world = make_world(tmp_path / "world", store)
    first = build(world, SMALL)
    assert world.go("promote")["generation"] == 1
    change(world, "a")
    assert_right(world, live=SMALL)

    second = build(world, LARGE)
    change(world, "b", count=1)
    assert world.go("promote")["generation"] == 2
    assert_right(world, live=LARGE)
    change(world, "c")
    assert_right(world, live=LARGE)
    assert world.go("search", "anything", "-k", "3")["index"] == second

    assert world.go("rollback", "--why", "to see it")["generation"] == 3
    assert_right(world, live=SMALL)
    assert pointer(world).index == first
    change(world, "d")
    assert_right(world, live=SMALL)

    third = build(world, LARGE)
    change(world, "e", count=1)
    assert world.go("promote")["generation"] == 4
    change(world, "f")
    assert world.go("complete")["state"] == "completed"
    change(world, "g")
    assert_right(world, live=LARGE)
    assert {name: state for name, (state, _) in indexes(world).items()} == {
        first: "retired",
        second: "retired",
        third: "live",
    }
    assert moves(world) == [(1, first), (2, second), (3, first), (4, third)]


def build(world: World, model: str) -> str:
    """Plan and apply; the name of the index that is ready to be promoted, which must be complete already."""
    world.go("plan", "--model", model)
    applied = world.go("apply")
    assert applied["gate"] == "PASS"
    index = str(applied["target_index"])
    assert faults(world, index, model) == {}
    return index


def change(world: World, fresh: str, *, count: int = 3) -> None:
    with world.open() as workspace:
        world.change(workspace, fresh=fresh, count=count)


def moves(world: World) -> list[tuple[int, str]]:
    """The alias's history."""
    rows = registry_rows(world, 'SELECT generation, "index" FROM alias_moves WHERE alias = ? ORDER BY 1', ALIAS)
    return [(generation, index) for generation, index in rows]
