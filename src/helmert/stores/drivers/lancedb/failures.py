"""What LanceDB's exceptions mean. It has few classes of its own, so their words decide, in this file only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from helmert.errors import HelmertError, StoreBusy, StoreFailure

T = TypeVar("T")

_CONFLICTS = (
    "commit conflict",
    "preempted by concurrent",
    "concurrent writers",
    "concurrent writes",
    "concurrently modified",
    "concurrent modification",
    "concurrently created",
    "incompatible with concurrent transaction",
    "removed by a concurrent",
)

_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between attempts at a commit that lost against another writer."""


@cache
def client_errors() -> tuple[type[Exception], ...]:
    """Every class that lancedb, Lance and pyarrow raise."""
    import pyarrow as pa

    return (RuntimeError, ValueError, OSError, LookupError, TypeError, OverflowError, pa.ArrowException)


def is_conflict(error: Exception) -> bool:
    """Another writer committed first; the same call may succeed now."""
    words = str(error).lower()
    return any(phrase in words for phrase in _CONFLICTS)


def is_missing(error: Exception) -> bool:
    """The table does not exist, cannot exist under that name, or was dropped while we held it open."""
    words = str(error)
    dropped = "Not found" in words and "_versions" in words
    return dropped or "was not found" in words or "Invalid table name" in words


def is_taken(error: Exception) -> bool:
    """A table of that name exists."""
    return "already exists" in str(error)


def translated(error: Exception, doing: str) -> HelmertError:
    """The Helmert error: `StoreBusy` for conflicts and time-outs, `StoreFailure` for everything else."""
    if is_conflict(error) or isinstance(error, TimeoutError | ConnectionError):
        return StoreBusy(f"LanceDB could not {doing} because others were writing: {error}.", next_step="Try again.")
    return StoreFailure(f"LanceDB failed to {doing}: {type(error).__name__}: {error}.")


@contextmanager
def translating(doing: str) -> Iterator[None]:
    """Turn the client's exceptions into Helmert's. `doing` completes "failed to ..."."""
    try:
        yield
    except client_errors() as error:
        raise translated(error, doing) from error


async def committed(write: Callable[[], Awaitable[T]]) -> T:
    """The result of a write, repeated a few times while others commit first; the last conflict is raised."""
    for pause in _PAUSES:
        try:
            return await write()
        except client_errors() as error:
            if not is_conflict(error):
                raise
        await asyncio.sleep(pause)
    return await write()
