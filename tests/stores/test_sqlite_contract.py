"""The reference store keeps every promise."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from helmert.testing.stores import StoreContract


class TestSqlite(StoreContract):
    entry_points = (EntryPoint("sqlite", "helmert.stores.drivers.sqlite:open_store", "helmert.stores"),)

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/vectors.db"
