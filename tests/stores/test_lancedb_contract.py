"""LanceDB keeps every promise."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from helmert.testing.stores import StoreContract


class TestLanceDb(StoreContract):
    entry_points = (EntryPoint("lancedb", "helmert.stores.drivers.lancedb:open_store", "helmert.stores"),)

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"lancedb:///{tmp_path}/vectors"
