"""Worlds for scenarios, and the entry points through which the toy model and a third-party store are reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

import pytest

from tests.scenarios.worlds import LARGE, StoreKind, World, make_world

ENTRY_POINTS = """\
[helmert.embedders]
toy = helmert.testing.embedder:open_embedder

[helmert.stores]
memory = tests.stores.memory_driver:open_store
"""

Point = Literal["configured", "live", "planned", "ready", "promoted"]
"""How far a project has come: nothing built; first index live; change of the model planned and documents written
since; built and judged; in its holdover."""
POINTS: tuple[Point, ...] = ("configured", "live", "planned", "ready", "promoted")


class NewWorld(Protocol):
    """Gives a project that has come to a point, each time in a new folder."""

    def __call__(self, store: StoreKind, point: Point) -> World: ...


@pytest.fixture(scope="session", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A package beside Helmert that offers a model and a store, as if it had been installed."""
    folder = tmp_path_factory.mktemp("installed")
    facts = folder / "third_party-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: third-party\nVersion: 1.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


class Originals:
    """One project for each store and point, made from the point before; tests work on copies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[StoreKind, Point], World] = {}

    def copy(self, store: StoreKind, point: Point, folder: Path) -> World:
        if store == "memory":  # its rows live in this process and are not copied with the folder
            world = make_world(folder, store)
            for each in POINTS[1 : POINTS.index(point) + 1]:
                bring(world, each)
            return world
        return self._original(store, point).copy(folder)

    def _original(self, store: StoreKind, point: Point) -> World:
        if (store, point) not in self._made:
            folder = self._folder / f"{store}-{point}"
            if point == "configured":
                world = make_world(folder, store)
            else:
                world = self._original(store, POINTS[POINTS.index(point) - 1]).copy(folder)
                bring(world, point)
            self._made[store, point] = world
        return self._made[store, point]


def bring(world: World, point: Point) -> None:
    """Bring a project from the point before to this one."""
    match point:
        case "configured":
            pass
        case "live":
            world.go("plan")
            world.go("apply")
            world.go("promote")
        case "planned":
            world.go("plan", "--model", LARGE)
            with world.open() as workspace:
                world.change(workspace, fresh="since", count=1)
        case "ready":
            world.go("apply")
        case "promoted":
            world.go("promote")


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Originals:
    return Originals(tmp_path_factory.mktemp("originals"))


@pytest.fixture
def new_world(originals: Originals, tmp_path: Path) -> NewWorld:
    made: list[World] = []

    def new(store: StoreKind, point: Point) -> World:
        made.append(originals.copy(store, point, tmp_path / f"world{len(made)}"))
        return made[-1]

    return new
