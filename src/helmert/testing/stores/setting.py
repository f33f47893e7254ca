"""The fixtures that all parts of the contract use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest

from helmert.stores.base import VectorStore
from helmert.stores.discovery import open_store

Opening = Callable[[], VectorStore]


class StoreSetting:
    """Opens stores by URL and closes them. Subclasses give a fixture `url`."""

    entry_points: ClassVar[Sequence[EntryPoint] | None] = None
    """The driver's entry point, where its package is not installed; None to use what is installed."""

    @pytest.fixture
    def reopen(self, url: str) -> Iterator[Opening]:
        """Opens another handle on the same data. All handles are closed when the test ends."""
        handles: list[VectorStore] = []

        def opening() -> VectorStore:
            handles.append(open_store(url, entry_points=self.entry_points))
            return handles[-1]

        yield opening
        for handle in handles:
            handle.close()

    @pytest.fixture
    def store(self, reopen: Opening) -> VectorStore:
        """An open store without indexes."""
        return reopen()
