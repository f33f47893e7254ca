"""One owner at a time, and a late one changes nothing."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from helmert.errors import LeaseHeld, UsageError
from helmert.registry import Lease, Registry, this_process
from tests.registry.staging import START, SteppingClock


def test_a_held_lease_is_refused_with_its_owner(registry: Registry) -> None:
    lease = registry.leases.acquire("m1", "alice", 30)

    assert lease == Lease(name="m1", owner="alice", token=1, expires_at=START + timedelta(seconds=30))
    assert registry.leases.current("m1") == lease
    for owner in ("bob", "alice"):
        with pytest.raises(LeaseHeld, match="'alice' is working on 'm1' until 2026-03-01T12:00:30"):
            registry.leases.acquire("m1", owner, 30)
    assert registry.leases.acquire("m2", "bob", 30).token == 1


def test_a_released_lease_is_free_at_once_and_its_token_is_spent(registry: Registry) -> None:
    first = registry.leases.acquire("m1", "alice", 30)
    registry.leases.release(first)

    assert registry.leases.current("m1") is None
    with pytest.raises(LeaseHeld, match="was released"):
        registry.leases.require(first)
    assert registry.leases.acquire("m1", "bob", 30).token == 2


def test_renewing_extends_from_now(registry: Registry, clock: SteppingClock) -> None:
    lease = registry.leases.acquire("m1", "alice", 30)
    clock.forward(29)
    renewed = registry.leases.renew(lease, 30)
    clock.forward(29)

    assert renewed.token == lease.token
    registry.leases.require(renewed)
    registry.leases.require(lease)
    clock.forward(1)
    with pytest.raises(LeaseHeld, match="ran out at 2026-03-01T12:00:59"):
        registry.leases.require(renewed)


def test_a_late_owner_changes_nothing_after_a_takeover(registry: Registry, clock: SteppingClock) -> None:
    late = registry.leases.acquire("m1", "alice", 30)
    clock.forward(30)
    taken = registry.leases.acquire("m1", "bob", 30)

    assert taken.token == 2
    for attempt in (lambda: registry.leases.require(late), lambda: registry.leases.renew(late, 30)):
        with pytest.raises(LeaseHeld, match=r"taken over by 'bob' \(token 2 after 1\)"):
            attempt()
    registry.leases.release(late)
    assert registry.leases.current("m1") == taken


def test_a_lease_that_ran_out_cannot_be_renewed_even_if_nobody_took_it(
    registry: Registry, clock: SteppingClock
) -> None:
    lease = registry.leases.acquire("m1", "alice", 30)
    clock.forward(31)

    with pytest.raises(LeaseHeld, match="ran out"):
        registry.leases.renew(lease, 30)


def test_a_write_behind_a_lost_lease_is_undone(registry: Registry, clock: SteppingClock) -> None:
    lease = registry.leases.acquire("m1", "alice", 30)
    clock.forward(31)

    def write_late() -> None:
        with registry.transaction():
            registry.ledger.append(kind="late", subject="m1", who="alice", why="test")
            registry.leases.require(lease)

    with pytest.raises(LeaseHeld):
        write_late()
    assert registry.ledger.read() == ()


def test_of_many_who_ask_at_once_one_gets_it(registry: Registry) -> None:
    def ask(owner: int) -> int | None:
        try:
            return registry.leases.acquire("m1", str(owner), 30).token
        except LeaseHeld:
            return None

    with ThreadPoolExecutor(6) as pool:
        tokens = list(pool.map(ask, range(6)))

    assert sorted(tokens, key=str) == [1, None, None, None, None, None]


def finished_process() -> int:
    """The number of a process that has ended."""
    finished = subprocess.Popen([sys.executable, "-S", "-c", ""])
    finished.wait()
    return finished.pid


def test_the_lease_of_a_process_that_died_here_passes_on_at_once(registry: Registry) -> None:
    here, _, _ = this_process().rpartition(":")
    late = registry.leases.acquire("m1", f"{here}:{finished_process()}", 30)

    taken = registry.leases.acquire("m1", "bob", 30)

    assert taken.token == 2
    with pytest.raises(LeaseHeld, match="taken over by 'bob'"):
        registry.leases.require(late)


def test_nobody_is_declared_dead_without_evidence(registry: Registry) -> None:
    user, _, _ = this_process().partition("@")
    alive = this_process()
    elsewhere = f"{user}@another-machine:{finished_process()}"
    unreadable = "worker seven"

    for owner in (alive, elsewhere, unreadable):
        registry.leases.acquire(owner, owner, 30)
        with pytest.raises(LeaseHeld, match="is working on"):
            registry.leases.acquire(owner, "bob", 30)


@pytest.mark.parametrize("ttl", [0, -1, float("nan")])
def test_a_lease_without_a_time_to_live_is_refused(registry: Registry, ttl: float) -> None:
    with pytest.raises(UsageError, match="time to live"):
        registry.leases.acquire("m1", "alice", ttl)
