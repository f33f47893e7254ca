"""Hold a lease while work is being done, renewing it from a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from helmert.errors import HelmertError, LeaseHeld
from helmert.migration.context import Context
from helmert.registry import Lease

TTL_SECONDS = 30.0


@contextmanager
def held(name: str, context: Context) -> Iterator[Lease]:
    """Hold a named lease for the length of a block.

    Raises `LeaseHeld` at once when somebody else is working under this name, and at the end of the block when the
    lease was lost while it ran, for example because this process was suspended.
    """
    leases = context.registry.leases
    lease = leases.acquire(name, owner=context.owner, ttl_seconds=TTL_SECONDS)
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(TTL_SECONDS / 3):
            try:
                leases.renew(lease, ttl_seconds=TTL_SECONDS)
            except LeaseHeld:
                return
            except HelmertError:
                continue  # the registry is busy or away for a moment; the next round tries again

    thread = threading.Thread(target=renew, name=f"lease {name}", daemon=True)
    thread.start()
    try:
        yield lease
        leases.require(lease)
    finally:
        stop.set()
        thread.join()
        leases.release(lease)
