"""Tests of the file start without variables that would override it."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def no_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the machine that runs the tests says nothing about settings."""
    for name in [name for name in os.environ if name.startswith("HELMERT_") and name != "HELMERT_TEST_DATA"]:
        monkeypatch.delenv(name)
