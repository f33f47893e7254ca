"""The thread between ordinary code and the asynchronous client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from helmert.errors import StoreFailure
from helmert.stores.drivers.lancedb.bridge import Bridge


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    opened = Bridge()
    yield opened
    opened.close()


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


def test_threads_get_their_own_results(bridge: Bridge) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: bridge.run(double(number)), range(200))) == list(range(0, 400, 2))


def test_errors_come_through(bridge: Bridge) -> None:
    async def fail() -> None:
        raise ValueError("from the client")

    with pytest.raises(ValueError, match="from the client"):
        bridge.run(fail())


def test_closing_ends_what_still_runs(bridge: Bridge) -> None:
    """A thread that waits for the store is told, and does not wait for ever."""
    began = threading.Event()

    async def endless() -> None:
        began.set()
        await asyncio.Event().wait()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: bridge.run(endless()))
        assert began.wait(timeout=30)
        bridge.close()
        with pytest.raises(StoreFailure, match="closed"):
            waiting.result(timeout=30)


def test_closed_bridge_refuses(bridge: Bridge) -> None:
    bridge.close()
    bridge.close()
    with pytest.raises(StoreFailure, match="closed"):
        bridge.run(double(1))
