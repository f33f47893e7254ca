"""Prompts are part of what a model is: a missing or swapped prefix is told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.selection.families import FAMILIES, family_of, prefix_warnings
from helmert.spaces.space import EmbeddingSpace, Recipe
from tests.selection.worlds import candidate, selected, texts, toy


def space(model: str, query: str = "", document: str = "", body: dict[str, str] | None = None) -> EmbeddingSpace:
    return EmbeddingSpace(
        model=model,
        dims=8,
        query_recipe=Recipe(prefix=query, body=body or {}),
        document_recipe=Recipe(prefix=document, body=body or {}),
    )


@pytest.mark.parametrize(
    ("model", "family", "prefixes"),
    [
        ("intfloat/multilingual-e5-small", "E5", ("query: ", "passage: ")),
        ("intfloat/e5-base-v2", "E5", ("query: ", "passage: ")),
        ("intfloat/e5-mistral-7b-instruct", "E5 instruct", ("Instruct: ", "")),
        ("nomic-ai/nomic-embed-text-v1.5", "Nomic Embed 1.5 and 2", ("search_query: ", "search_document: ")),
        ("BAAI/bge-m3", "BGE M3", ("", "")),
        ("Qwen/Qwen3-Embedding-0.6B", "Qwen3 Embedding", ("Instruct: ", "")),
        ("all-MiniLM-L6-v2", "MiniLM", ("", "")),
    ],
)
def test_what_a_family_expects(model: str, family: str, prefixes: tuple[str, str]) -> None:
    found = family_of(space(model))
    assert found is not None
    assert (found.name, (found.query, found.document)) == (family, prefixes)
    assert len(list(prefix_warnings("m", space(model)))) == sum(map(bool, prefixes))
    assert list(prefix_warnings("m", space(model, *prefixes))) == []


def test_swapped_prefixes_are_told_of() -> None:
    (warning,) = prefix_warnings("mine", space("intfloat/e5-base-v2", "passage: ", "query: "))
    assert "swapped" in warning


def test_request_fields_stand_for_a_prefix() -> None:
    assert list(prefix_warnings("m", space("intfloat/e5-base-v2", body={"input_type": "x"}))) == []


def test_an_unknown_model_is_not_judged() -> None:
    assert family_of(space("somebody/something")) is None
    assert list(prefix_warnings("m", space("somebody/something"))) == []


def test_only_models_known_for_it_are_layer_normalised() -> None:
    assert [family.name for family in FAMILIES if family.layer_norm] == ["Nomic Embed 1.5 and 2"]


def test_the_scorecard_warns_of_a_missing_prefix(tmp_path: Path) -> None:
    held = texts(12)
    named = toy("intfloat/e5-small-v2")
    card = selected(tmp_path, [candidate(named, "mine")], held)
    assert sum(warning.startswith("mine: E5 models expect") for warning in card.warnings) == 2


def test_a_prompt_variant_is_another_space_and_another_row(tmp_path: Path) -> None:
    held = texts(12)
    variant = toy("toy", prefixes=("", "find this "))
    card = selected(tmp_path, [candidate(toy()), candidate(variant, "toy+find", model="toy", prompt="find")], held)
    rows = {row.name: row for row in card.rows}
    assert rows["toy"].space != rows["toy+find"].space
    assert (rows["toy+find"].model, rows["toy+find"].prompt) == ("toy", "find")
    assert variant.texts_seen == len(held) + 3, "queries and their canaries; the documents are those of the model"
