"""May two spaces meet? The verdict gives every reason, and the guard refuses with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helmert.errors import DifferentSpace
from helmert.spaces import EmbeddingSpace, Recipe, Relation, compare, require_same

INDEX = EmbeddingSpace(model="m", revision="r1", dims=256)


def test_the_same_space_meets_itself() -> None:
    assert compare(INDEX, INDEX).relation is Relation.SAME


def test_equal_dimensions_prove_nothing() -> None:
    other = EmbeddingSpace(model="another", revision="r1", dims=256)
    verdict = compare(INDEX, other)
    assert verdict.relation is Relation.DIFFERENT
    assert "'another'" in verdict.reasons[0]


def test_every_reason_is_given() -> None:
    other = EmbeddingSpace(
        model="another", revision="r2", dims=64, normalised=False, document_recipe=Recipe(prefix="p: ")
    )
    assert len(compare(INDEX, other).reasons) == 5


def test_absent_evidence_never_refuses() -> None:
    verdict = compare(INDEX, replace(INDEX, revision=""))
    assert verdict.relation is Relation.COMPATIBLE
    assert verdict.may_meet


def test_another_query_recipe_is_worth_a_note() -> None:
    verdict = compare(INDEX, replace(INDEX, query_recipe=Recipe(prefix="query: ")))
    assert verdict.relation is Relation.COMPATIBLE
    assert "Queries are prepared differently" in verdict.reasons[0]


def test_the_guard_says_what_was_refused_and_why() -> None:
    with pytest.raises(DifferentSpace, match=r"Refused to search docs.*The dimensions differ: 256 and 64"):
        require_same(INDEX, replace(INDEX, dims=64), doing="search docs")
