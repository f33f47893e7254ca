"""The embedding service fails in the middle: the job stops, nothing bad is stored, the same command goes on later."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helmert.errors import ProviderOutage
from helmert.testing.embedder import Faults, Garbage, ToyEmbedder
from helmert.testing.openai_server import Misbehaviour
from tests.scenarios.checker import assert_right, faults, indexes, stored, toy
from tests.scenarios.conftest import NewWorld
from tests.scenarios.metered import Meter, hosted, nothing
from tests.scenarios.worlds import ALIAS, DOCUMENTS, LARGE, SMALL, TOYS, Told, World

FINGERPRINT = 24
"""Requests before the first document: the probes in order, reversed, one by one, and the name of the model."""
GOOD = 5
"""Batches of documents that are answered before the trouble begins."""
BATCH = 16
WORKERS = 2


def unavailable(meter: Meter) -> None:
    meter.server.misbehaviour = Misbehaviour(unavailable=range(meter.requests + FINGERPRINT + GOOD, 10**9))


def renamed(meter: Meter) -> None:
    meter.server.misbehaviour = Misbehaviour(renamed_from=meter.requests + FINGERPRINT + GOOD)


def garbage(kind: Garbage) -> Callable[[Meter], None]:
    def spoil(meter: Meter) -> None:
        options = {key: value for key, value in TOYS[LARGE].items() if key != "provider"}
        calls = range(FINGERPRINT + GOOD, 10**9)
        meter.model = ToyEmbedder(**options, faults=Faults(garbage=kind, garbage_calls=calls))  # type: ignore[arg-type]

    spoil.__name__ = kind
    return spoil


def replaced_silently(meter: Meter) -> None:
    def replace(number: int) -> None:
        if number == FINGERPRINT + GOOD:
            meter.model = ToyEmbedder(model="toy-large", dims=64, seed=77)

    meter.on_request = replace


def mend(meter: Meter) -> None:
    meter.server.misbehaviour = Misbehaviour()
    meter.on_request = nothing
    meter.model = toy(LARGE)


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (unavailable, "503"),
        (renamed, "another-model"),
        (garbage("nan"), "not finite"),
        (garbage("zero"), "zero vector"),
        (garbage("short"), "vectors for"),
        (garbage("reordered"), "known text"),
        (replaced_silently, "known text"),
    ],
)
def test_apply_stops_says_where_and_why_and_goes_on_when_it_is_mended(
    trouble: Callable[[Meter], None], says: str, new_world: NewWorld
) -> None:
    world = new_world("sqlite", "live")
    with hosted(world) as meter:
        world.go("plan", "--model", LARGE)
        trouble(meter)
        stopped = world.verb("apply")
        assert_stopped(world, stopped, says)
        again = world.verb("apply")
        # A service that keeps to its new name and gives the same vectors, as the canary shows, is no trouble.
        assert again.code == (0 if trouble is renamed else 3)
        assert_right(world, live=SMALL)

        mend(meter)
        applied = world.go("apply")
        assert applied["resumed"]
        assert applied["gate"] == "PASS"
        assert faults(world, applied["target_index"], LARGE) == {}
        world.go("promote")
    assert_right(world, live=LARGE)
    in_flight = (WORKERS + 1) * BATCH
    assert meter.paid_for(world) <= DOCUMENTS + 2 * in_flight


def assert_stopped(world: World, stopped: Told, says: str) -> None:
    assert stopped.code == 3, stopped
    assert says in stopped.json["error"]
    (migration,) = world.go("status")["migrations"]
    assert migration["state"] == "running"
    assert "in stage backfill at" in migration["standing"]
    assert f"of {DOCUMENTS} rows" in migration["standing"]
    assert says in migration["standing"]
    assert {stage["state"] for stage in migration["stages"]} == {"done", "failed", "pending"}
    (target,) = (name for name, (state, _) in indexes(world).items() if state == "building")
    wrong = faults(world, target, LARGE)
    assert set(wrong) == {"missing"}, wrong
    assert 0 < len(stored(world, target)) < DOCUMENTS
    assert_right(world, live=SMALL)


def test_a_write_during_an_outage_is_an_error_and_not_lost(new_world: NewWorld) -> None:
    world = new_world("sqlite", "live")
    with hosted(world) as meter:
        world.go("plan", "--model", LARGE)
        world.go("apply")
        world.go("promote")
        unheard, heard = world.author.documents(2, prefix="late")
        meter.server.misbehaviour = Misbehaviour(unavailable=range(1, 10**9))
        with world.open() as workspace, pytest.raises(ProviderOutage, match="503"):
            workspace.writer.upsert(ALIAS, [unheard])
        assert [line["behind"] for line in world.go("status")["aliases"]] == [1]
        assert_right(world, live=LARGE)
        mend(meter)
        with world.open() as workspace:
            world.write(workspace, [heard])
    world.truth[unheard.id] = unheard
    assert_right(world, live=LARGE)


def test_a_service_that_is_away_during_a_rollback_leaves_the_new_index_live(new_world: NewWorld) -> None:
    world = new_world("sqlite", "live")
    with hosted(world) as meter:
        world.go("plan", "--model", LARGE)
        world.go("apply")
        world.go("promote")
        world.go("complete")
        world.go("plan", "--model", SMALL)
        world.verb("apply")
        world.go("promote", "--override", "to have a hosted model in the holdover")
        with world.open() as workspace:
            world.change(workspace, fresh="late", count=2)
        meter.server.misbehaviour = Misbehaviour(unavailable=range(1, 10**9))
        told = world.verb("rollback")
        assert told.code == 3
        assert "lacks 8 documents written since" in told.json["error"]
        assert_right(world, live=SMALL)
        mend(meter)
        world.go("rollback")
    assert_right(world, live=LARGE)
