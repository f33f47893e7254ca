"""Index and query model are handed out together, from memory for a moment and no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from helmert.errors import DifferentSpace, NotFound
from helmert.registry import AliasRecord
from helmert.serving.resolver import FRESH_SECONDS, Resolver
from helmert.spaces import Recipe
from helmert.testing.embedder import ToyEmbedder
from tests.migration.world import World
from tests.serving.staging import add_index, point


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question the registry is asked about an alias."""
    questions: list[str] = []
    answer: Callable[[str], AliasRecord] = world.registry.aliases.get

    def get(alias: str) -> AliasRecord:
        questions.append(alias)
        return answer(alias)

    monkeypatch.setattr(world.registry.aliases, "get", get)
    return questions


def test_an_alias_is_an_index_with_its_model(world: World) -> None:
    resolved = world.resolver.resolve("docs_current")
    assert (resolved.index, resolved.model, resolved.generation) == ("docs__small_v1__2026-03-01", "small", 1)
    assert resolved.embedder is world.models["small"]
    assert resolved.store is world.vectors
    assert resolved.space == world.models["small"].space
    assert resolved.collection == "docs"


def test_the_registry_is_asked_once_while_the_answer_is_fresh(world: World, asked: list[str]) -> None:
    for _ in range(20):
        world.resolver.resolve("docs_current")
        world.clocks.forward(FRESH_SECONDS / 25)
    assert asked == ["docs_current"]
    world.clocks.forward(FRESH_SECONDS)
    world.resolver.resolve("docs_current")
    assert asked == ["docs_current"] * 2


def test_an_answer_is_fresh_from_the_moment_it_was_asked_for(world: World, asked: list[str]) -> None:
    for _ in range(10):
        world.resolver.resolve("docs_current")
        world.clocks.forward(FRESH_SECONDS)
    assert len(asked) == 10


def test_each_alias_has_its_own_moment(world: World, asked: list[str]) -> None:
    point(world, "others_current", add_index(world, "others", "large"))
    for alias in ("docs_current", "others_current") * 3:
        world.resolver.resolve(alias)
    assert sorted(asked) == ["docs_current", "others_current"]


def test_an_unmoved_alias_is_not_built_again(world: World) -> None:
    first = world.resolver.resolve("docs_current")
    world.clocks.forward(FRESH_SECONDS)
    assert world.resolver.resolve("docs_current") is first


def test_a_swap_is_seen_in_time_as_one_unit(world: World) -> None:
    world.resolver.resolve("docs_current")
    target = add_index(world, "docs", "large")
    point(world, "docs_current", target)
    assert world.resolver.resolve("docs_current").model == "small"
    world.clocks.forward(FRESH_SECONDS)
    resolved = world.resolver.resolve("docs_current")
    assert (resolved.index, resolved.model, resolved.space.dims) == (target, "large", 32)


def test_who_swaps_may_forget_and_sees_it_at_once(world: World) -> None:
    world.resolver.resolve("docs_current")
    point(world, "docs_current", add_index(world, "docs", "large"))
    world.resolver.forget("docs_current")
    assert world.resolver.resolve("docs_current").model == "large"
    world.resolver.forget("never resolved")


def test_many_threads_ask_the_registry_once(world: World, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    answer, waiting = world.registry.aliases.get, threading.Event()

    def slow(alias: str) -> AliasRecord:
        waiting.wait(0.2)  # nobody sets it: long enough for the other threads to come and wait
        return answer(alias)

    monkeypatch.setattr(world.registry.aliases, "get", slow)
    resolver = Resolver(world.registry, store=world.store, embedder=world.embedder, seconds=lambda: 0.0)
    start, found = threading.Barrier(8), []

    def resolve() -> None:
        start.wait()
        found.append(resolver.resolve("docs_current"))

    threads = [threading.Thread(target=resolve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked == ["docs_current"]
    assert len(found) == 8
    assert all(one is found[0] for one in found)


def test_an_unknown_alias_is_told_with_the_known_ones(world: World) -> None:
    with pytest.raises(NotFound, match=r"no alias 'others'.*docs_current"):
        world.resolver.resolve("others")


def test_a_configured_model_of_another_space_is_refused(world: World) -> None:
    world.models["small"] = world.models["turned"]
    with pytest.raises(DifferentSpace, match="search docs__small_v1__2026-03-01 with model 'small'"):
        world.resolver.resolve("docs_current")


def test_another_query_prefix_is_another_query_in_the_same_space(world: World) -> None:
    world.models["small"] = ToyEmbedder(
        model="toy-small", dims=16, label="small", recipes=(Recipe(), Recipe(prefix="query: "))
    )
    assert world.resolver.resolve("docs_current").embedder is world.models["small"]


def test_a_refusal_is_not_remembered(world: World) -> None:
    healthy = world.models["small"]
    world.models["small"] = world.models["turned"]
    with pytest.raises(DifferentSpace):
        world.resolver.resolve("docs_current")
    world.models["small"] = healthy
    assert world.resolver.resolve("docs_current").model == "small"
