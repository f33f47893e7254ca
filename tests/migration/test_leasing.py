"""Work under a lease: one worker at a time, and a worker who lost it is told."""

from __future__ import annotations

import threading

import pytest

from helmert.errors import LeaseHeld
from helmert.migration.leasing import TTL_SECONDS, held
from tests.migration.world import World

NAME = "migration:docs_current"


def lease_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lease ")]


def test_a_lease_is_held_for_the_block_and_no_longer(world: World) -> None:
    with held(NAME, world.context) as lease:
        assert world.registry.leases.current(NAME) == lease
        assert lease.owner == world.owner
        assert lease_threads() == [f"lease {NAME}"]
    assert world.registry.leases.current(NAME) is None
    assert lease_threads() == []


def test_a_second_worker_is_refused_at_once(world: World) -> None:
    with held(NAME, world.context), pytest.raises(LeaseHeld, match="a test"), held(NAME, world.context):
        pass
    assert lease_threads() == []


def test_work_on_something_else_goes_on(world: World) -> None:
    with held(NAME, world.context), held("migration:others_current", world.context):
        pass


def test_an_error_leaves_no_lease_behind(world: World) -> None:
    def fail() -> None:
        with held(NAME, world.context):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert world.registry.leases.current(NAME) is None
    assert lease_threads() == []


def suspended(world: World, *, other: str | None) -> None:
    """Hold a lease, sleep past its end, and let somebody else take it."""
    with held(NAME, world.context):
        world.clocks.forward(TTL_SECONDS + 1)
        if other is not None:
            world.registry.leases.acquire(NAME, owner=other, ttl_seconds=TTL_SECONDS)


def test_a_lease_that_was_taken_over_is_an_error_and_stays_with_its_new_owner(world: World) -> None:
    with pytest.raises(LeaseHeld, match="taken over by 'another'"):
        suspended(world, other="another")
    current = world.registry.leases.current(NAME)
    assert current is not None
    assert current.owner == "another"
    assert lease_threads() == []


def test_a_lease_that_ran_out_is_an_error(world: World) -> None:
    with pytest.raises(LeaseHeld, match="ran out"):
        suspended(world, other=None)


def test_the_error_of_the_work_is_not_hidden_by_a_lost_lease(world: World) -> None:
    def fail() -> None:
        with held(NAME, world.context):
            world.clocks.forward(TTL_SECONDS + 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
