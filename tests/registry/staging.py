"""What the tests of this room stand on: a clock that is told the time, and the shapes of its fixtures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from helmert.registry import IndexRecord, IndexState

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class SteppingClock:
    """Stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class AddIndex(Protocol):
    """Adds the next index of a collection, named after its version."""

    def __call__(
        self,
        collection: str = "docs",
        *,
        state: Literal[IndexState.BUILDING, IndexState.BUILT] = IndexState.BUILT,
        applied_seq: int = 0,
    ) -> IndexRecord: ...


class NewUrl(Protocol):
    """Gives the URL of a database that nobody has opened yet."""

    def __call__(self) -> str: ...


class RunTogether(Protocol):
    """Runs a program of the folder `programs` in several processes at once; gives what each printed."""

    def __call__(self, program: str, arguments: Sequence[Sequence[str]], *, returncode: int = 0) -> list[str]: ...
