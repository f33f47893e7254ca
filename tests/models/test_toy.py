"""The toy model's geometry is what its docstring says, and each switch does its one thing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from helmert.errors import ProviderOutage, RateLimited, RejectedInput
from helmert.spaces import Relation, compare
from helmert.testing.embedder import Faults, ToyEmbedder, open_embedder, rotation

COLOURS = ("red", "green", "blue", "white", "black")
TEXTS = [f"number {number} of many {COLOURS[number % 5]}" for number in range(40)]


def test_two_seeds_are_rotations_of_each_other() -> None:
    one, other = (ToyEmbedder(seed=seed, dims=24).embed_documents(TEXTS).vectors for seed in (3, 9))
    turn = rotation(dims=24, seed=3).T @ rotation(dims=24, seed=9)
    np.testing.assert_allclose(one @ turn, other, atol=1e-5)
    np.testing.assert_allclose(one @ one.T, other @ other.T, atol=1e-5)


def test_comparing_two_seeds_gives_noise() -> None:
    """The cosine of a text with itself across spaces has mean 0 and standard deviation 1/sqrt(dims)."""
    one, other = (ToyEmbedder(seed=seed, dims=100).embed_documents(TEXTS).vectors for seed in (0, 1))
    assert np.abs((one * other).sum(axis=1)).max() < 5 / 10
    assert compare(ToyEmbedder(seed=0).space, ToyEmbedder(seed=1).space).relation is Relation.DIFFERENT


def test_texts_are_near_by_the_words_they_share() -> None:
    query = ToyEmbedder(dims=128).embed_queries(["red green blue"]).vectors[0]
    texts = ["blue green red", "red green white", "red black white", "grey black white"]
    similarities = ToyEmbedder(dims=128).embed_documents(texts).vectors @ query
    assert list(np.argsort(-similarities)) == [0, 1, 2, 3]
    assert similarities[0] == pytest.approx(1.0, abs=1e-5)


def test_noise_has_the_length_asked_for_and_differs_between_calls() -> None:
    still, noisy = ToyEmbedder(dims=96), ToyEmbedder(dims=96, noise=0.1)
    first, second = (noisy.embed_documents(TEXTS).vectors for _ in range(2))
    distance = np.linalg.norm(first - still.embed_documents(TEXTS).vectors, axis=1)
    assert 0.08 < distance.mean() < 0.12
    assert not np.array_equal(first, second)
    again = ToyEmbedder(dims=96, noise=0.1).embed_documents(TEXTS).vectors
    assert np.array_equal(first, again)


def test_latency_is_waited_for_by_the_sleep_given() -> None:
    waited: list[float] = []
    toy = ToyEmbedder(latency=0.3, sleep=waited.append)
    toy.embed_documents(["a"])
    toy.embed_queries(["b", "c"])
    assert waited == [0.3, 0.3]
    assert (toy.calls, toy.texts_seen) == (2, 3)


def test_rate_limits_come_every_so_many_calls() -> None:
    toy = ToyEmbedder(faults=Faults(rate_limited_every=3, retry_after=2.5))
    for call in range(1, 8):
        if call in {3, 6}:
            with pytest.raises(RateLimited) as caught:
                toy.embed_documents(["a"])
            assert caught.value.retry_after == 2.5
        else:
            toy.embed_documents(["a"])


def test_an_outage_has_a_beginning_and_an_end() -> None:
    toy = ToyEmbedder(faults=Faults(outage=range(2, 4)))
    toy.embed_documents(["a"])
    for _ in range(2):
        with pytest.raises(ProviderOutage):
            toy.embed_documents(["a"])
    toy.embed_documents(["a"])
    assert toy.texts_seen == 2


def test_garbage_may_come_in_some_calls_only() -> None:
    toy = ToyEmbedder(faults=Faults(garbage="zero", garbage_calls=range(2, 3)))
    zeros = [not toy.embed_documents(["a"]).vectors.any() for _ in range(3)]
    assert zeros == [False, True, False]


@pytest.mark.parametrize(("name", "reported"), [(None, "toy"), ("toy-2", "toy-2")])
def test_the_model_may_be_swapped_with_and_without_saying_so(name: str | None, reported: str) -> None:
    toy = ToyEmbedder(seed=4, faults=Faults(swap_after=1, swapped_name=name))
    before, after = toy.embed_documents(TEXTS), toy.embed_documents(TEXTS)
    assert (before.reported_model, after.reported_model) == ("toy", reported)
    assert np.array_equal(before.vectors, ToyEmbedder(seed=4).embed_documents(TEXTS).vectors)
    assert np.array_equal(after.vectors, ToyEmbedder(seed=5).embed_documents(TEXTS).vectors)


def test_poison_is_refused_with_its_batch() -> None:
    toy = ToyEmbedder(faults=Faults(poison="arsenic"))
    with pytest.raises(RejectedInput):
        toy.embed_documents(["bread", "with arsenic"])
    toy.embed_documents(["bread"])


def test_the_toy_as_a_provider() -> None:
    options = {
        "model": "m",
        "dims": 8,
        "seed": 1,
        "label": "l",
        "price_per_million": 2.0,
        "query_prefix": "q ",
    }
    toy = open_embedder(options, Path())
    assert (toy.space.model, toy.space.dims, toy.space.slug, toy.limits.price_per_million) == (
        "m",
        8,
        "l",
        2.0,
    )
    assert np.array_equal(toy.embed_queries(["a"]).vectors, toy.embed_documents(["q a"]).vectors)
