"""An alias moves by compare-and-swap: one winner for each generation, and a history that tells the truth."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from helmert.errors import AliasMoved, DifferentSpace, NotFound, Refused, StoreFailure
from helmert.registry import AliasRecord, IndexRecord, IndexState, Registry
from helmert.spaces import EmbeddingSpace
from tests.registry.staging import START, AddIndex, RunTogether, SteppingClock


def swap(registry: Registry, index: IndexRecord, expected: int, who: str = "alice") -> AliasRecord:
    return registry.aliases.swap(
        "docs_current",
        expected_generation=expected,
        index=index.name,
        model="small",
        space=index.space,
        who=who,
        why=f"move {expected}",
    )


def test_an_alias_is_created_and_moved(registry: Registry, add_index: AddIndex, clock: SteppingClock) -> None:
    first, second = add_index(), add_index()

    created = swap(registry, first, 0)
    assert created == AliasRecord(
        alias="docs_current",
        collection="docs",
        index="docs_v1",
        model="small",
        space=first.space,
        map=None,
        generation=1,
        updated_at=START,
    )
    clock.forward(60)
    moved = swap(registry, second, 1, who="bob")

    assert registry.aliases.get("docs_current") == registry.aliases.find("docs_current") == moved
    assert registry.aliases.list() == (moved,)
    assert registry.aliases.generation("docs_current") == moved.generation == 2
    assert [(m.generation, m.index, m.who, m.at, m.why) for m in registry.aliases.history("docs_current")] == [
        (1, "docs_v1", "alice", START, "move 0"),
        (2, "docs_v2", "bob", clock.now, "move 1"),
    ]
    assert [(e.kind, e.subject, e.who, e.detail["from"], e.detail["to"]) for e in registry.ledger.read()] == [
        ("alias.moved", "docs_current", "alice", None, "docs_v1"),
        ("alias.moved", "docs_current", "bob", "docs_v1", "docs_v2"),
    ]


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_a_move_from_elsewhere_fails_and_says_who_moved_it(
    registry: Registry, add_index: AddIndex, expected: int
) -> None:
    index = add_index()
    swap(registry, index, 0)
    swap(registry, index, 1, who="bob")

    with pytest.raises(AliasMoved) as caught:
        swap(registry, index, expected)
    for fact in (f"generation 2, not {expected}", "bob", "2026-03-01T12:00:00+00:00", "'docs_v1'", "move 1"):
        assert fact in caught.value.message
    assert len(registry.aliases.history("docs_current")) == len(registry.ledger.read()) == 2


def test_a_move_is_written_down_or_does_not_happen(registry: Registry, add_index: AddIndex, url: str) -> None:
    index = add_index()
    swap(registry, index, 0)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE ledger RENAME TO elsewhere"))

    with pytest.raises(StoreFailure, match="ledger"):
        swap(registry, index, 1)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO ledger"))
    engine.dispose()

    assert registry.aliases.generation("docs_current") == len(registry.aliases.history("docs_current")) == 1


def test_unknown_things_are_not_found(registry: Registry, add_index: AddIndex) -> None:
    index = add_index()
    assert registry.aliases.find("docs_current") is None
    with pytest.raises(NotFound, match="no alias 'docs_current'; there is none"):
        registry.aliases.get("docs_current")
    with pytest.raises(NotFound, match="expected at generation 1"):
        swap(registry, index, 1)
    with pytest.raises(NotFound, match="no index 'docs_v9'"):
        registry.aliases.swap(
            "docs_current",
            expected_generation=0,
            index="docs_v9",
            model="m",
            space=index.space,
            who="a",
            why="b",
        )
    with pytest.raises(NotFound, match="no space 'unknown'"):
        registry.aliases.swap(
            "docs_current",
            expected_generation=0,
            index=index.name,
            model="m",
            space="unknown",
            who="a",
            why="b",
        )
    assert registry.aliases.generation("docs_current") == 0


def test_queries_of_another_space_need_a_map(registry: Registry, add_index: AddIndex) -> None:
    index = add_index()
    other = registry.spaces.remember(EmbeddingSpace(model="maker/large", dims=4))

    def point(name: str | None) -> AliasRecord:
        return registry.aliases.swap(
            "docs_current",
            expected_generation=0,
            index=index.name,
            model="large",
            space=other,
            map=name,
            who="a",
            why="b",
        )

    with pytest.raises(DifferentSpace, match="The model differs"):
        point(None)
    assert point("large_to_small").map == "large_to_small"
    assert registry.aliases.history("docs_current")[0].map == "large_to_small"


def test_an_alias_stays_with_its_collection(registry: Registry, add_index: AddIndex) -> None:
    swap(registry, add_index(), 0)

    with pytest.raises(Refused, match="belongs to collection 'docs'; index 'faq_v1' holds 'faq'"):
        swap(registry, add_index("faq"), 1)


def test_a_retired_index_gets_no_alias(registry: Registry, add_index: AddIndex) -> None:
    index = add_index()
    registry.indexes.set_state(index.name, IndexState.RETIRED)

    with pytest.raises(Refused, match="which is retired"):
        swap(registry, index, 0)


def test_the_generation_is_the_committed_one(registry: Registry, add_index: AddIndex) -> None:
    index = add_index()
    swap(registry, index, 0)

    with registry.transaction():
        swap(registry, index, 1)
        assert registry.aliases.get("docs_current").generation == 2
        assert registry.aliases.generation("docs_current") == 1
    assert registry.aliases.generation("docs_current") == 2


def test_every_registry_sees_a_move_at_once(url: str, registry: Registry, add_index: AddIndex) -> None:
    index = add_index()
    with Registry.open(url) as other:
        for expected in range(3):
            assert other.aliases.generation("docs_current") == expected
            swap(registry, index, expected)


def test_each_generation_has_one_winner_among_processes(
    url: str, registry: Registry, add_index: AddIndex, run_together: RunTogether
) -> None:
    swap(registry, add_index(), 0)
    names, rounds = ("bob", "carol"), 120

    printed = run_together("swap_many", [(url, name, str(rounds)) for name in names])

    won = {name: [int(line) for line in lines.split()] for name, lines in zip(names, printed, strict=True)}
    assert sorted(generation for mine in won.values() for generation in mine) == list(range(2, rounds + 1))
    history = registry.aliases.history("docs_current")
    assert [(m.generation, m.who, m.model) for m in history[1:]] == [
        (generation, name, name) for generation in range(2, rounds + 1) for name in names if generation in won[name]
    ]
    assert len(registry.ledger.read(kind="alias.moved")) == rounds
