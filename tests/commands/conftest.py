"""Projects at three moments of their life. What takes a while is done once and copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helmert import commands
from tests.commands.projects import Endpoints, Project, copied, endpoints, new_project


@pytest.fixture(scope="session")
def servers() -> Iterator[Endpoints]:
    with endpoints() as running:
        yield running


@pytest.fixture(scope="session")
def live_original(tmp_path_factory: pytest.TempPathFactory, servers: Endpoints) -> Project:
    made = new_project(tmp_path_factory.mktemp("live"), servers)
    with made.open() as workspace:
        commands.plan(workspace)
        commands.apply(workspace)
        commands.promote(workspace)
    return made


@pytest.fixture(scope="session")
def ready_original(tmp_path_factory: pytest.TempPathFactory, live_original: Project) -> Project:
    made = copied(live_original, tmp_path_factory.mktemp("ready"))
    with made.open() as workspace:
        commands.plan(workspace, model="large")
        commands.apply(workspace)
    return made


@pytest.fixture
def project(tmp_path: Path, servers: Endpoints) -> Project:
    """Nothing has been done yet."""
    return new_project(tmp_path, servers)


@pytest.fixture
def live(tmp_path: Path, live_original: Project) -> Project:
    """The small model is live."""
    return copied(live_original, tmp_path)


@pytest.fixture
def ready(tmp_path: Path, ready_original: Project) -> Project:
    """The small model is live; the large one was built beside it and passed the gate."""
    return copied(ready_original, tmp_path)
