"""A deleted document is gone from every generation of its collection at once, and a later text of it is not."""

from __future__ import annotations

import pytest

from helmert.serving.follower import Follower
from helmert.types import Document
from tests.scenarios.checker import assert_right, indexes, stored
from tests.scenarios.conftest import NewWorld, Point
from tests.scenarios.worlds import ALIAS, LARGE, SMALL, StoreKind, World

GONE = ["d120", "d121"]


@pytest.mark.parametrize("store", ["lancedb", "sqlite", "memory"])
@pytest.mark.parametrize("point", ["ready", "promoted"])
def test_a_deletion_reaches_every_generation(store: StoreKind, point: Point, new_world: NewWorld) -> None:
    world = new_world(store, point)
    if store == "sqlite" and point == "promoted":
        world.go("complete")
    assert [len(index) for index in generations(world)] == [2, 2]
    with world.open() as workspace:
        world.write(workspace, deletes=GONE)
    assert generations(world) == [set(), set()]
    assert_right(world, live=SMALL if point == "ready" else LARGE)


@pytest.mark.parametrize("point", ["live", "promoted"])
def test_a_deletion_that_comes_late_does_not_take_what_was_written_after_it(
    point: Point, new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process deletes a document; before it has reached every index, another writes it anew."""
    world = new_world("sqlite", point)
    anew = world.author.document(GONE[0])
    erase = Follower.erase
    written: list[Document] = []

    def erase_late(self: Follower, *arguments: object, **named: object) -> object:
        if not written:
            written.append(anew)
            with world.open() as other:
                other.writer.upsert(ALIAS, [anew])
        return erase(self, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Follower, "erase", erase_late)
    with world.open() as workspace:
        world.write(workspace, deletes=GONE)
    world.truth[anew.id] = anew
    assert written == [anew]
    assert_right(world)
    if point == "promoted":
        world.go("rollback")
        assert_right(world, live=SMALL)


def generations(world: World) -> list[set[str]]:
    """Which of the deleted documents each index has, oldest index first."""
    return [{row.id for row in stored(world, index)} & set(GONE) for index in indexes(world)]
