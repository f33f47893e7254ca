"""A world for each test that asks for one. Worlds with a history are built once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from helmert.registry import MigrationRecord
from tests.migration.world import World, documents, labelled, new_world


def open_world(folder: Path) -> World:
    """Thirty documents, each asked for by a query."""
    made = new_world(folder, documents(30))
    made.evalsets["docs"] = labelled(30)
    return made


@pytest.fixture(scope="session")
def built_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a world in which `small` is live and `large` was built beside it and passed."""
    folder = tmp_path_factory.mktemp("built")
    made = open_world(folder)
    made.go_live("small")
    made.apply(made.plan("large"))
    made.close()
    return folder


@pytest.fixture(scope="session")
def promoted_folder(tmp_path_factory: pytest.TempPathFactory, built_folder: Path) -> Path:
    """The files of a world in which `large` was promoted and `small` is held."""
    folder = tmp_path_factory.mktemp("promoted")
    shutil.copytree(built_folder, folder, dirs_exist_ok=True)
    made = open_world(folder)
    made.promote(made.registry.migrations.list()[-1].id)
    made.close()
    return folder


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An empty world, or the one that the test's other fixtures tell of."""
    for history in ("promoted", "built"):
        if history in request.fixturenames:
            shutil.copytree(request.getfixturevalue(f"{history}_folder"), tmp_path, dirs_exist_ok=True)
            break
    made = open_world(tmp_path)
    yield made
    made.close()


@pytest.fixture
def built(world: World) -> MigrationRecord:
    """The migration to `large`, built and judged; nothing is promoted but `small`."""
    return world.registry.migrations.list()[-1]


@pytest.fixture
def promoted(world: World) -> MigrationRecord:
    """The migration to `large`, promoted a moment ago."""
    return world.registry.migrations.list()[-1]
