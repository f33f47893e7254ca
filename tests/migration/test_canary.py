"""A known text goes along with every request, and tells when the answer belongs to other texts or another model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.errors import DifferentSpace, GarbageVectors
from helmert.migration.fingerprints import record_or_check
from helmert.models.base import EmbeddingBatch, Limits
from helmert.models.checked import CheckedEmbedder
from helmert.registry import MigrationRecord
from helmert.serving.canary import CANARY, TOLERANCE, WatchedEmbedder, filling
from helmert.testing.embedder import Faults, ToyEmbedder
from tests.migration.world import World


class Listening(ToyEmbedder):
    """Remembers what it was sent."""

    sent: list[list[str]]

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        self.sent = [*getattr(self, "sent", []), list(texts)]
        return super().embed_documents(texts)


def watched(inner: ToyEmbedder) -> WatchedEmbedder:
    """The canary's vector is known from the healthy model."""
    healthy = ToyEmbedder(model=inner.space.model, dims=inner.space.dims)
    (expected,) = healthy.embed_documents([CANARY]).vectors
    return WatchedEmbedder(inner=CheckedEmbedder(inner), expected=expected, tolerance=TOLERANCE)


@settings(max_examples=20)
@given(count=st.integers(0, 12), size=st.integers(1, 6))
def test_the_texts_come_back_without_it(count: int, size: int) -> None:
    texts = [f"text number {number}" for number in range(count)]
    inner = Listening(limits=Limits(batch_texts=size))
    batch = watched(inner).embed_documents(texts)
    np.testing.assert_array_equal(batch.vectors, ToyEmbedder().embed_documents(texts).vectors)
    assert batch.side == "document"
    for sent in getattr(inner, "sent", []):
        for start in range(0, len(sent), max(size, 2)):
            assert CANARY in sent[start : start + max(size, 2)]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_vectors_that_changed_places_are_refused(count: int) -> None:
    texts = [f"text number {number}" for number in range(count)]
    with pytest.raises(GarbageVectors, match=r"in another order, or another\s+model"):
        watched(ToyEmbedder(faults=Faults(garbage="reordered"))).embed_documents(texts)


def test_another_model_behind_the_name_is_refused() -> None:
    with pytest.raises(GarbageVectors, match="cosine distance"):
        watched(ToyEmbedder(faults=Faults(swap_after=0))).embed_documents(["a text"])


def test_an_honest_model_with_noise_is_not() -> None:
    assert len(watched(ToyEmbedder(noise=0.1)).embed_documents(["a text"] * 9).vectors) == 9


def test_queries_are_not_watched() -> None:
    inner = ToyEmbedder(faults=Faults(swap_after=0))
    assert watched(inner).embed_queries(["a text"]).side == "query"
    assert inner.texts_seen == 1


def test_it_is_the_same_space_with_the_same_limits() -> None:
    inner = ToyEmbedder(limits=Limits(batch_texts=7, price_per_million=3.0))
    assert watched(inner).space == inner.space
    assert watched(inner).limits == inner.limits
    assert watched(inner).count_tokens("one two three") == 3


def test_an_index_is_filled_under_watch(world: World, built: MigrationRecord) -> None:
    index = world.registry.indexes.get(built.target_index)
    assert isinstance(filling(index, world.registry, world.embedder(index.model)), WatchedEmbedder)
    world.models["large"] = world.models["turned"]
    with pytest.raises(DifferentSpace, match=f"fill {index.name} with 'large'"):
        filling(index, world.registry, world.embedder(index.model))


def test_a_noisier_model_is_given_more_room(world: World, built: MigrationRecord) -> None:
    noisy = ToyEmbedder(model="noisy", dims=32, label="noisy", noise=0.5)
    world.models["noisy"] = noisy
    record_or_check(noisy, world.registry)
    index = world.registry.indexes.add(
        name="docs__noisy_v3__2026-03-01", collection="docs", store="main", model="noisy", space=noisy.space, version=3
    )
    found = filling(index, world.registry, world.embedder(index.model))
    assert isinstance(found, WatchedEmbedder)
    assert found.tolerance > TOLERANCE


def test_a_backfill_that_meets_another_model_writes_nothing_of_it(world: World) -> None:
    record = world.plan("small")
    world.models["small"] = CheckedEmbedder(
        ToyEmbedder(model="toy-small", dims=16, label="small", faults=Faults(swap_after=26))
    )
    with pytest.raises(GarbageVectors):
        world.apply(record)
    honest = ToyEmbedder(model="toy-small", dims=16)
    for rows in world.vectors.scan(record.target_index, with_vectors=True):
        assert rows.vectors is not None
        expected = honest.embed_documents(rows.texts).vectors
        np.testing.assert_allclose(rows.vectors, expected, atol=1e-6)
