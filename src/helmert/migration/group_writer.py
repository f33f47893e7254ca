"""Write embedded batches in groups, beside the caller, so that a fast model does not wait for the store.

Every write to a store is a commit with a price of its own, however few rows it holds. A model that needs seconds
for a batch never notices; one that needs milliseconds would spend as much on commits as on embedding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import Self

import numpy as np

from helmert.stores.base import Rows
from helmert.types import monotonic_seconds

REST = 19.0
"""After a write the next one waits so many times as long as it took, so that writing takes a twentieth of the time."""
GROUP_ROWS = 8192
GROUP_BATCHES = 32
"""A group of so many rows or batches is written without waiting: what memory and the spool hold at the most."""


class GroupWriter:
    """Takes batches, writes them in one thread, several at a time when they come faster than they are written.

    A batch that arrives a while after the last write is written at once, so nothing of a slow model's work waits.
    Leaving the context writes what was taken, also after an error. Not for use by several threads.
    """

    def __init__(
        self,
        write: Callable[[Rows], None],
        *,
        on_written: Callable[[int, int, int], None],
        seconds: Callable[[], float] = monotonic_seconds,
    ) -> None:
        """`on_written` hears batches, rows and tokens of each group that is safely written, in the caller's thread."""
        self._write = write
        self._on_written = on_written
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._gathered: list[Rows] = []
        self._tokens = 0
        self._running: tuple[Future[float], int, int, int] | None = None
        self._due_at = float("-inf")
        self._failed = False

    def add(self, rows: Rows, tokens: int) -> None:
        """Take a batch with vectors. Raises what an earlier write raised."""
        self.keep(rows, tokens)
        if self._running is not None and (self._running[0].done() or self._full()):
            self._settle()
        if self._running is None and (self._full() or self._seconds() >= self._due_at):
            self._start()

    def keep(self, rows: Rows, tokens: int) -> None:
        """Take a batch and leave the writing for later."""
        self._gathered.append(rows)
        self._tokens += tokens

    def finish(self) -> None:
        """Wait until everything is written. Raises what a write raised."""
        self._settle()
        self._start()
        self._settle()

    def _full(self) -> bool:
        return len(self._gathered) >= GROUP_BATCHES or sum(map(len, self._gathered)) >= GROUP_ROWS

    def _start(self) -> None:
        if not self._gathered:
            return
        batches, group, tokens = len(self._gathered), joined(self._gathered), self._tokens
        self._gathered, self._tokens = [], 0
        self._running = (self._thread.submit(self._timed, group), batches, len(group), tokens)

    def _timed(self, rows: Rows) -> float:
        """Write, and say when the next write is due."""
        start = self._seconds()
        self._write(rows)
        end = self._seconds()
        return end + REST * (end - start)

    def _settle(self) -> None:
        if self._running is None:
            return
        (future, batches, rows, tokens), self._running = self._running, None
        self._failed = future.exception() is not None
        self._due_at = future.result()
        self._on_written(batches, rows, tokens)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        last = self._running
        self._running = None
        self._start()
        self._thread.shutdown(wait=True)
        for group in (last, self._running):
            if group is not None:
                self._tell(*group)

    def _tell(self, future: Future[float], batches: int, rows: int, tokens: int) -> None:
        """Count a last group, unless it or one before it was not written: groups are told in order or not at all."""
        self._failed = self._failed or future.exception() is not None
        if not self._failed:
            self._on_written(batches, rows, tokens)


def joined(batches: Sequence[Rows]) -> Rows:
    """Batches that have vectors as one, in their order."""
    if len(batches) == 1:
        return batches[0]
    return replace(
        batches[0],
        ids=list(chain.from_iterable(rows.ids for rows in batches)),
        vectors=np.concatenate([rows.vectors for rows in batches if rows.vectors is not None]),
        texts=list(chain.from_iterable(rows.texts for rows in batches)),
        hashes=list(chain.from_iterable(rows.hashes for rows in batches)),
        metadata=list(chain.from_iterable(rows.metadata for rows in batches)),
    )
