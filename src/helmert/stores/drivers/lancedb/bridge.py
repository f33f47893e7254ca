"""Calls LanceDB's asynchronous client from ordinary code.

The asynchronous client is the thinner one: a search spends one change of threads where the synchronous client
spends several, and that is a third of the time of a search in a small index.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from typing import TypeVar

from helmert.errors import StoreFailure
from helmert.stores.forking import OpenedHere

T = TypeVar("T")

CLOSED = "This LanceDB store is closed."


class Bridge:
    """An event loop in a thread of its own. Any number of threads may run coroutines on it."""

    def __init__(self) -> None:
        self._opened = OpenedHere("A LanceDB store")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="helmert-lancedb", daemon=True)
        self._closing = threading.Lock()
        self._closed = False
        self._thread.start()

    def run(self, work: Coroutine[object, object, T]) -> T:
        """The coroutine's result. An interrupted caller cancels it; a store closed meanwhile is a `StoreFailure`."""
        try:
            self._opened.check()
            future = self._submit(work)
        except StoreFailure:
            work.close()
            raise
        try:
            return future.result()
        except CancelledError as error:
            raise StoreFailure(CLOSED) from error
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End what still runs, then the loop and its thread. Safe to repeat."""
        if self._opened.elsewhere:
            return
        with self._closing:
            if self._closed:
                return
            self._closed = True
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _submit(self, work: Coroutine[object, object, T]) -> Future[T]:
        with self._closing:
            if self._closed:
                raise StoreFailure(CLOSED)
            return asyncio.run_coroutine_threadsafe(work, self._loop)


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
