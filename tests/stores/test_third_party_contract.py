"""A driver that is not part of Helmert: one file, one entry point, the same contract."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from helmert.testing.stores import StoreContract


class TestMemory(StoreContract):
    entry_points = (EntryPoint("memory", "tests.stores.memory_driver:open_store", "helmert.stores"),)

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"memory://{tmp_path}"
