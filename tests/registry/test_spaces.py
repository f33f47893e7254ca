"""Spaces are remembered once; fingerprints come back bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from helmert.errors import NotFound, UsageError
from helmert.registry import Registry
from helmert.spaces import EmbeddingSpace, Recipe
from tests.registry.staging import START, SteppingClock


def test_a_space_comes_back_as_it_was(registry: Registry) -> None:
    space = EmbeddingSpace(
        model="maker/small",
        dims=4,
        provider="openai",
        revision="abc",
        query_recipe=Recipe(prefix="query: ", body={"task": "search"}, max_tokens=512),
        label="small",
    )

    record_hash = registry.spaces.remember(space)

    assert record_hash == space.record_hash
    assert registry.spaces.get(record_hash) == space


def test_remembering_again_changes_nothing(registry: Registry, space: EmbeddingSpace) -> None:
    registry.spaces.remember(space)
    registry.spaces.remember(space)

    assert registry.spaces.by_vector_hash(space.vector_hash) == (space,)


def test_spaces_that_differ_cosmetically_are_found_by_their_vectors(registry: Registry, clock: SteppingClock) -> None:
    first = EmbeddingSpace(model="maker/small", dims=4, provider="zeta")
    second = EmbeddingSpace(model="maker/small", dims=4, provider="alpha")
    registry.spaces.remember(EmbeddingSpace(model="maker/other", dims=4))
    for space in (first, second):
        registry.spaces.remember(space)
        clock.forward(1)

    assert registry.spaces.by_vector_hash(first.vector_hash) == (first, second)
    assert registry.spaces.by_vector_hash("0" * 16) == ()


def test_an_unknown_space_is_not_found(registry: Registry) -> None:
    with pytest.raises(NotFound, match="no space 'unknown'"):
        registry.spaces.get("unknown")


def test_fingerprints_keep_every_bit_and_every_version(
    registry: Registry, space: EmbeddingSpace, clock: SteppingClock
) -> None:
    record = registry.spaces.remember(space)
    rng = np.random.default_rng(7)
    vectors = [rng.normal(size=(5, 4)).astype(np.float32) for _ in range(2)]
    noise = rng.uniform(size=5).astype(np.float32)
    for each in vectors:
        registry.spaces.record_fingerprint(
            space=record, probe_set="short", vectors=each, noise=noise, reported_model="small-2"
        )
        clock.forward(60)

    first, second = registry.spaces.fingerprints(record, "short")
    assert np.array_equal(first.vectors, vectors[0])
    assert np.array_equal(second.vectors, vectors[1])
    assert np.array_equal(second.noise, noise)
    assert (first.reported_model, first.recorded_at) == ("small-2", START)
    assert (second.recorded_at - first.recorded_at).total_seconds() == 60
    latest = registry.spaces.latest_fingerprint(record, "short")
    assert latest is not None
    assert np.array_equal(latest.vectors, vectors[1])
    assert registry.spaces.latest_fingerprint(record, "long") is None


@pytest.mark.parametrize(
    ("vectors", "noise"),
    [
        (np.zeros((3, 5), np.float32), [0.0] * 3),
        (np.zeros((3, 4), np.float32), [0.0] * 2),
        (np.zeros((0, 4), np.float32), []),
    ],
)
def test_a_fingerprint_of_another_shape_is_refused(
    registry: Registry, space: EmbeddingSpace, vectors: np.ndarray, noise: list[float]
) -> None:
    record = registry.spaces.remember(space)

    with pytest.raises(UsageError, match=r"shape \(probes, 4\)"):
        registry.spaces.record_fingerprint(space=record, probe_set="short", vectors=vectors, noise=noise)
    assert registry.spaces.fingerprints(record, "short") == ()


def test_a_fingerprint_needs_a_known_space(registry: Registry) -> None:
    with pytest.raises(NotFound):
        registry.spaces.record_fingerprint(
            space="unknown", probe_set="short", vectors=np.zeros((1, 4), np.float32), noise=[0.0]
        )
