"""A search asks the index an alias points at with the model that made it."""

from __future__ import annotations

import pytest

from helmert.errors import NotFound, StoreFailure, UsageError
from helmert.serving.resolver import FRESH_SECONDS
from tests.migration.world import World, document, documents, toy
from tests.serving.staging import add_index, point


def test_the_nearest_documents_come_first(world: World) -> None:
    world.writer.upsert("docs_current", documents(30))
    answer = world.searcher.search("docs_current", document(7).text, 5)
    assert len(answer.hits) == 5
    assert answer.hits[0].id == "d007"
    assert answer.hits[0].text == document(7).text
    assert answer.hits[0].score == pytest.approx(1.0)
    assert [hit.score for hit in answer.hits] == sorted((hit.score for hit in answer.hits), reverse=True)
    assert (answer.alias, answer.index, answer.model, answer.generation) == (
        "docs_current",
        "docs__small_v1__2026-03-01",
        "small",
        1,
    )


def test_an_empty_index_answers_with_nothing(world: World) -> None:
    assert world.searcher.search("docs_current", "harbour").hits == ()


@pytest.mark.parametrize("k", [0, -1])
def test_fewer_than_one_hit_cannot_be_asked_for(world: World, k: int) -> None:
    with pytest.raises(UsageError, match=f"k must be at least 1; got {k}"):
        world.searcher.search("docs_current", "harbour", k)
    assert toy(world, "small").calls == 0


@pytest.mark.parametrize("text", ["", "  \t\n"])
def test_a_blank_text_cannot_be_asked_for(world: World, text: str) -> None:
    with pytest.raises(UsageError, match="blank"):
        world.searcher.search("docs_current", text)
    assert toy(world, "small").calls == 0


def test_more_hits_than_documents_are_all_documents(world: World) -> None:
    world.writer.upsert("docs_current", documents(3))
    assert len(world.searcher.search("docs_current", "harbour", 100).hits) == 3


def test_a_filter_reaches_the_store(world: World) -> None:
    world.fields = {"lang": "text"}
    target = add_index(world, "docs", "small")
    point(world, "docs_current", target)
    world.writer.upsert("docs_current", [document(1, lang="de"), document(2, lang="en"), document(3)])
    found = world.searcher.search("docs_current", "harbour", filter={"lang": ["de", "fr"]})
    assert [hit.id for hit in found.hits] == ["d001"]
    with pytest.raises(StoreFailure, match="'year' is not declared"):
        world.searcher.search("docs_current", "harbour", filter={"year": 2026})


def test_an_index_that_vanished_after_a_swap_is_not_asked_twice(world: World) -> None:
    world.writer.upsert("docs_current", documents(5))
    old = world.searcher.search("docs_current", document(2).text, 1).index
    target = add_index(world, "docs", "large")
    world.follower.follow(target)
    point(world, "docs_current", target)
    world.vectors.drop_index(old)
    answer = world.searcher.search("docs_current", document(2).text, 1)
    assert (answer.index, answer.model, answer.hits[0].id) == (target, "large", "d002")


def test_an_index_that_is_gone_without_a_swap_is_an_error(world: World) -> None:
    world.vectors.drop_index("docs__small_v1__2026-03-01")
    with pytest.raises(NotFound, match="docs__small_v1__2026-03-01"):
        world.searcher.search("docs_current", "harbour")


def test_a_query_never_meets_the_index_of_another_model(world: World) -> None:
    """The swap happens between two searches of one process: the first one after it may still be of the old unit."""
    world.writer.upsert("docs_current", documents(5))
    target = add_index(world, "docs", "turned")
    world.follower.follow(target)
    before = world.searcher.search("docs_current", document(2).text, 1)
    point(world, "docs_current", target)
    between = world.searcher.search("docs_current", document(2).text, 1)
    world.clocks.forward(FRESH_SECONDS)
    after = world.searcher.search("docs_current", document(2).text, 1)
    assert [(a.model, a.generation) for a in (before, between, after)] == [("small", 1), ("small", 1), ("turned", 2)]
    assert all(answer.hits[0].id == "d002" for answer in (before, between, after))
    assert all(answer.hits[0].score == pytest.approx(1.0) for answer in (before, between, after))
