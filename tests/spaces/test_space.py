"""Identity of a space: what forces re-embedding and what is cosmetic."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.spaces import EmbeddingSpace, Recipe

BASE = EmbeddingSpace(
    model="acme/embed-2",
    provider="openai",
    revision="r1",
    dims=256,
    document_recipe=Recipe(prefix="passage: "),
    query_recipe=Recipe(prefix="query: "),
    label="acme",
)

FORCES = [
    {"model": "acme/embed-3"},
    {"revision": "r2"},
    {"dims": 128},
    {"normalised": False},
    {"document_recipe": Recipe(prefix="")},
    {"document_recipe": Recipe(prefix="passage: ", body={"input_type": "document"})},
    {"document_recipe": Recipe(prefix="passage: ", max_tokens=128)},
]
COSMETIC = [
    {"provider": "vllm"},
    {"label": "another name"},
    {"metric": "dot"},
    {"query_recipe": Recipe(prefix="question: ")},
]


@pytest.mark.parametrize("change", FORCES, ids=str)
def test_a_change_that_moves_vectors_changes_both_hashes(change: dict[str, object]) -> None:
    changed = replace(BASE, **change)  # type: ignore[arg-type]
    assert changed.vector_hash != BASE.vector_hash
    assert changed.record_hash != BASE.record_hash


@pytest.mark.parametrize("change", COSMETIC, ids=str)
def test_a_cosmetic_change_keeps_the_vector_hash(change: dict[str, object]) -> None:
    changed = replace(BASE, **change)  # type: ignore[arg-type]
    assert changed.vector_hash == BASE.vector_hash
    assert changed.record_hash != BASE.record_hash


def test_models_of_one_family_share_a_space() -> None:
    large = EmbeddingSpace(model="voyage-4-large", revision="a", family="voyage-4", dims=1024)
    lite = EmbeddingSpace(model="voyage-4-lite", revision="b", family="voyage-4", dims=1024)
    assert large.vector_hash == lite.vector_hash
    assert large.vector_hash != replace(lite, dims=512).vector_hash


def test_hashes_are_stable_across_releases() -> None:
    """These values are stored in every index; when this test fails, every user would have to embed again."""
    assert EmbeddingSpace(model="m", dims=3).vector_hash == "d96dccb6cdf33bc0"
    assert BASE.vector_hash == "0b9268d5967346cd"
    assert BASE.record_hash == "f4dc601c6a49dd5f"


texts = st.text(max_size=20)
recipes = st.builds(
    Recipe,
    prefix=texts,
    body=st.dictionaries(texts, texts, max_size=2),
    max_tokens=st.none() | st.integers(1, 9999),
)
spaces = st.builds(
    EmbeddingSpace,
    model=st.text(min_size=1, max_size=40),
    dims=st.integers(1, 4096),
    provider=texts,
    revision=texts,
    family=texts,
    normalised=st.booleans(),
    document_recipe=recipes,
    query_recipe=recipes,
    label=texts,
)


@given(spaces)
def test_json_round_trip_keeps_the_space(space: EmbeddingSpace) -> None:
    again = EmbeddingSpace.from_dict(json.loads(json.dumps(space.to_dict())))
    assert again == space
    assert again.record_hash == space.record_hash


@pytest.mark.parametrize(
    "fields", [{"model": "", "dims": 3}, {"model": "m", "dims": 0}, {"model": "m", "dims": 3, "metric": "hamming"}]
)
def test_impossible_spaces_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        EmbeddingSpace(**fields)  # type: ignore[arg-type]
