"""A world with an index that is live, for what stands between an application and its indexes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migration.world import World, new_world
from tests.serving.staging import add_index, point


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """`docs_current` points at an empty index of the small model."""
    made = new_world(tmp_path)
    point(made, "docs_current", add_index(made, "docs", "small"))
    yield made
    made.close()
