"""`helmert apply` killed while it embeds and writes, again and again: the same index at the end, little paid twice."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from helmert.errors import ProviderOutage
from tests.scenarios.checker import assert_right, faults
from tests.scenarios.conftest import NewWorld
from tests.scenarios.metered import Meter, hosted, nothing
from tests.scenarios.worlds import DOCUMENTS, LARGE, SMALL, StoreKind, World

BATCH = 16
PATIENCE = 120.0
PROBES = 24 + 1
"""Requests for the fingerprint, before the first document is embedded."""


@pytest.mark.parametrize(("store", "workers"), [("sqlite", 1), ("lancedb", 2)])
def test_a_killed_backfill_is_continued_and_only_what_was_in_flight_is_paid_again(
    store: StoreKind, workers: int, new_world: NewWorld
) -> None:
    world = new_world(store, "live")
    world.edit("workers = 2", f"workers = {workers}")
    rng = np.random.default_rng(len(store))
    with hosted(world) as meter:
        world.go("plan", "--model", LARGE)
        in_flight = 0
        for after, pause in ((PROBES + 2, 0.0), (3, 0.0), (4, float(rng.uniform(0.0, 0.05)))):
            kill_while_embedding(world, meter, at=meter.requests + after, pause=pause)
            in_flight += workers if pause else workers - 1
            assert_right(world, live=SMALL)
        applied = world.go("apply")
    assert applied["gate"] == "PASS"
    assert faults(world, applied["target_index"], LARGE) == {}
    assert set(meter.paid) >= {document.text for document in world.truth.values()}
    assert meter.paid_for(world) <= DOCUMENTS + in_flight * BATCH


def kill_while_embedding(world: World, meter: Meter, *, at: int, pause: float) -> None:
    """Run apply and kill it when request `at` arrives. With a pause that request is answered first, and no later one.

    A request that is not answered is not paid, so without a pause one worker's batch is not paid twice.
    """
    arrived = threading.Event()
    dead = threading.Event()

    def hold(number: int) -> None:
        if number == at:
            arrived.set()
        if number > at or (number == at and not pause):
            dead.wait(PATIENCE)
            raise ProviderOutage("the client is dead")

    meter.on_request = hold
    process = world.process("apply")
    assert arrived.wait(PATIENCE), process.communicate()
    threading.Event().wait(pause)
    process.kill()
    process.communicate(timeout=PATIENCE)
    dead.set()
    meter.on_request = nothing
    assert process.returncode == -9


def test_an_undisturbed_backfill_pays_once(new_world: NewWorld) -> None:
    world = new_world("sqlite", "live")
    with hosted(world) as meter:
        world.go("plan", "--model", LARGE)
        assert meter.requests == 0
        world.go("apply")
    assert meter.paid_for(world) == DOCUMENTS
    assert {meter.paid[document.text] for document in world.truth.values()} == {1}
