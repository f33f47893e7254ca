"""A run asks an index as production would, many queries at a time."""

from __future__ import annotations

import pytest

from helmert.errors import DifferentSpace
from helmert.evaluation import Run
from helmert.serving.retrieval import BATCH, retrieve
from helmert.types import Query
from tests.migration.world import World, document, documents, toy

LIVE = "docs__small_v1__2026-03-01"


def ask(world: World, queries: list[Query], heard: list[int], *, model: str = "small", k: int = 3) -> Run:
    return retrieve(
        queries,
        store=world.vectors,
        index=LIVE,
        space=world.models["small"].space,
        embedder=world.models[model],
        k=k,
        on_progress=heard.append,
    )


def test_every_query_gets_its_ranking(world: World) -> None:
    world.writer.upsert("docs_current", documents(20))
    queries = [Query(id=f"q{number}", text=document(number % 20).text) for number in range(2 * BATCH + 7)]
    heard: list[int] = []
    calls = toy(world, "small").calls
    run = ask(world, queries, heard)
    assert heard == [BATCH, 2 * BATCH, 2 * BATCH + 7]
    assert toy(world, "small").calls - calls == 3
    for number, query in enumerate(queries):
        ranking = run.ranking(query.id)
        assert len(ranking) == 3
        single = world.searcher.search("docs_current", query.text, 3)
        assert [id_ for id_, _ in ranking] == [hit.id for hit in single.hits]
        assert ranking[0][0] == document(number % 20).id


def test_no_queries_ask_nothing(world: World) -> None:
    heard: list[int] = []
    ask(world, [], heard)
    assert heard == []
    assert toy(world, "small").calls == 0


def test_another_model_is_refused_before_it_is_asked(world: World) -> None:
    with pytest.raises(DifferentSpace, match=f"evaluate {LIVE} with toy-large"):
        ask(world, [Query(id="q", text="harbour")], [], model="large")
    assert toy(world, "large").calls == 0
