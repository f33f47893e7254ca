"""Connections, locks and threads do not survive a fork; a store says so instead of hanging or damaging its file."""

from __future__ import annotations

import os

from helmert.errors import StoreFailure


class OpenedHere:
    """Remembers which process opened a store."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._process = os.getpid()

    @property
    def elsewhere(self) -> bool:
        """True in a process that was forked after the store was opened; there it must not even be closed."""
        return os.getpid() != self._process

    def check(self) -> None:
        """Raise `StoreFailure` in a process that was forked after the store was opened."""
        if self.elsewhere:
            raise StoreFailure(
                f"{self._what} was opened in process {self._process} and is used in its child {os.getpid()}.",
                next_step="Open the store after the fork, or start workers with the 'spawn' method.",
            )
