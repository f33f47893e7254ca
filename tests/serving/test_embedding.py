"""A refusal names the document, and costs little to find."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.errors import ProviderOutage, RejectedInput
from helmert.models.base import EmbeddingBatch
from helmert.serving.embedding import embed_documents
from helmert.testing.embedder import Faults, ToyEmbedder
from tests.migration.world import World, document


@settings(max_examples=20)
@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), min_size=1))))
def test_the_first_refused_document_is_named(case: tuple[int, set[int]]) -> None:
    count, bad = case
    texts = [f"poison {number}" if number in bad else f"fine {number}" for number in range(count)]
    embedder = ToyEmbedder(dims=2, faults=Faults(poison="poison"))
    with pytest.raises(RejectedInput, match=f"refuses document 'd{min(bad)}'") as caught:
        embed_documents(embedder, [f"d{number}" for number in range(count)], texts)
    assert "delete it" in str(caught.value.next_step)
    assert embedder.texts_seen <= count
    assert embedder.calls <= 2 + count.bit_length()


def test_what_is_accepted_is_embedded_once() -> None:
    embedder = ToyEmbedder()
    batch = embed_documents(embedder, ["a", "b"], ["one", "two"])
    np.testing.assert_array_equal(batch.vectors, ToyEmbedder().embed_documents(["one", "two"]).vectors)
    assert embedder.calls == 1


class Narrow(ToyEmbedder):
    """Takes two texts at a time, and says so by refusing more."""

    def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
        if len(texts) > 2:
            raise RejectedInput("too many texts at once")
        return super().embed_documents(texts)


def test_a_batch_whose_texts_are_all_fine_blames_none_of_them() -> None:
    with pytest.raises(RejectedInput, match=r"^too many texts at once$"):
        embed_documents(Narrow(), ["a", "b", "c"], ["one", "two", "three"])


def test_other_errors_are_left_alone() -> None:
    embedder = ToyEmbedder(faults=Faults(outage=range(1, 2)))
    with pytest.raises(ProviderOutage):
        embed_documents(embedder, ["a", "b"], ["one", "two"])
    assert embedder.calls == 1


def test_a_refused_write_is_named_and_a_delete_makes_way(world: World) -> None:
    world.models["small"] = ToyEmbedder(model="toy-small", dims=16, label="small", faults=Faults(poison="poison"))
    with pytest.raises(RejectedInput, match="document 'd005'"):
        world.writer.upsert("docs_current", [document(4), document(5, "poison"), document(6)])
    with pytest.raises(RejectedInput, match="document 'd005'"):
        world.writer.upsert("docs_current", [document(7)])
    world.writer.delete("docs_current", ["d005"])
    assert sorted(world.contents("docs__small_v1__2026-03-01")) == ["d004", "d006", "d007"]
