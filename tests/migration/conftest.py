"""A fresh world for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migration.world import World, documents, labelled, new_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Thirty documents, each asked for by a query; nothing is live yet."""
    made = new_world(tmp_path, documents(30))
    made.evalsets["docs"] = labelled(30)
    yield made
    made.vectors.close()
    made.registry.close()
