"""A model is known by what it does to the probe texts, not by its name."""

from __future__ import annotations

import numpy as np
import pytest

from helmert.errors import DifferentSpace
from helmert.migration.fingerprints import check, record_or_check
from helmert.spaces.probes import PROBE_SET, PROBES, Likeness
from helmert.testing.embedder import Faults, ToyEmbedder
from tests.migration.world import World


def toy(**changes: object) -> ToyEmbedder:
    return ToyEmbedder(model="known", dims=16, label="known", **changes)  # type: ignore[arg-type]


def test_the_first_use_records(world: World) -> None:
    model = toy()
    assert check(model, world.registry) is None
    assert f"taken with {len(PROBES)} probe texts" in record_or_check(model, world.registry)
    known = world.registry.spaces.latest_fingerprint(model.space.record_hash, PROBE_SET)
    assert known is not None
    assert known.reported_model == "known"
    np.testing.assert_array_equal(known.vectors, toy().embed_documents(PROBES).vectors)
    assert world.registry.spaces.get(model.space.record_hash) == model.space


def test_an_unchanged_model_is_recognised_and_not_recorded_again(world: World) -> None:
    record_or_check(toy(), world.registry)
    assert "identical" in record_or_check(toy(), world.registry)
    assert len(world.registry.spaces.fingerprints(toy().space.record_hash, PROBE_SET)) == 1


def test_a_noisy_model_is_measured_with_its_noise(world: World) -> None:
    record_or_check(toy(noise=0.05), world.registry)
    assert "equivalent" in record_or_check(toy(noise=0.05), world.registry)


def test_another_model_behind_the_same_name_is_refused(world: World) -> None:
    record_or_check(toy(), world.registry)
    swapped = toy(faults=Faults(swap_after=0))
    assert swapped.space == toy().space
    verdict = check(swapped, world.registry)
    assert verdict is not None
    assert verdict.likeness is Likeness.DIFFERENT
    with pytest.raises(DifferentSpace, match="does not behave as when its fingerprint was taken") as caught:
        record_or_check(swapped, world.registry)
    assert "revision" in str(caught.value.next_step)
    assert len(world.registry.spaces.fingerprints(toy().space.record_hash, PROBE_SET)) == 1


def test_a_model_that_changed_since_the_plan_writes_nothing(world: World) -> None:
    live = world.go_live()
    plan = world.plan("large")
    record_or_check(world.models["large"], world.registry)
    before = world.contents(live)
    world.models["large"] = ToyEmbedder(model="toy-large", dims=32, label="large", faults=Faults(swap_after=0))
    with pytest.raises(DifferentSpace):
        world.apply(plan)
    assert world.vectors.list_indexes() == [live]
    assert world.contents(live) == before


def test_another_label_does_not_make_a_model_new(world: World) -> None:
    record_or_check(ToyEmbedder(model="m", dims=16, label="first"), world.registry)
    assert check(ToyEmbedder(model="m", dims=16, label="second"), world.registry) is not None
