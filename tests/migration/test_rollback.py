"""Going back: after a promotion without losing a write, before it by giving the target up, and when it says no."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from helmert.errors import AliasMoved, HelmertError, LeaseHeld, Refused
from helmert.migration import executor
from helmert.migration.rollback import RolledBack, rollback
from helmert.registry import IndexState, MigrationRecord, MigrationState
from helmert.testing.embedder import Faults, ToyEmbedder
from tests.migration.world import World, document, documents


def back(world: World, record: MigrationRecord) -> RolledBack:
    return rollback(record.id, world.context, why="a test")


def test_what_was_written_since_is_in_the_old_index(world: World, promoted: MigrationRecord) -> None:
    old = str(promoted.source_index)
    world.writer.upsert("docs_current", [document(60), document(5, "rewritten")])
    world.writer.delete("docs_current", ["d006"])
    assert "d060" not in world.contents(old)
    done = back(world, promoted)
    assert done.live == old
    assert (done.followed.entries, done.followed.embedded, done.followed.deleted) == (3, 2, 1)
    assert done.summary == f"docs_current points at {old} again; 3 later writes were brought over first."
    expected = {d.id: d.text for d in documents(30) if d.id != "d006"}
    assert world.contents(old) == expected | {"d060": document(60).text, "d005": "rewritten"}
    alias = world.registry.aliases.get("docs_current")
    assert (alias.index, alias.model, alias.generation) == (old, "small", 3)
    assert world.registry.aliases.history("docs_current")[-1].why == "rollback: a test"
    states = {index.name: index.state for index in world.registry.indexes.list()}
    assert states == {old: IndexState.LIVE, promoted.target_index: IndexState.RETIRED}
    assert world.registry.migrations.get(promoted.id).state is MigrationState.ROLLED_BACK


@pytest.mark.parametrize(
    ("writes", "said"),
    [(0, "no write had to be"), (1, "1 later write was"), (2, "2 later writes were")],
)
def test_it_says_how_much_was_brought_over(world: World, promoted: MigrationRecord, writes: int, said: str) -> None:
    for number in range(writes):
        world.writer.upsert("docs_current", [document(70 + number)])
    assert said in back(world, promoted).summary


def test_searches_go_to_the_old_index_at_once(world: World, promoted: MigrationRecord) -> None:
    assert world.searcher.search("docs_current", "harbour", 1).index == promoted.target_index
    back(world, promoted)
    answer = world.searcher.search("docs_current", "harbour", 1)
    assert (answer.index, answer.model) == (promoted.source_index, "small")


def test_before_the_promotion_the_target_is_given_up(world: World) -> None:
    live = world.go_live()
    record = world.apply(world.plan("large"))
    done = back(world, record)
    assert (done.live, done.state) == (live, MigrationState.ABORTED)
    assert world.registry.aliases.get("docs_current").generation == 1
    assert world.registry.indexes.get(record.target_index).state is IndexState.RETIRED
    (event,) = world.registry.ledger.read(kind="migration.aborted")
    assert (event.subject, event.why, event.detail["target"]) == (record.id, "a test", record.target_index)


def test_a_migration_that_was_only_planned_is_given_up_without_a_target(world: World) -> None:
    record = executor.begin(world.plan(), world.context)
    assert back(world, record).live is None
    assert world.registry.indexes.list() == ()
    assert world.registry.migrations.active("docs_current") is None


@pytest.mark.parametrize("end", ["completed", "rolled_back", "aborted"])
def test_a_migration_that_is_over_is_refused(world: World, end: str) -> None:
    world.go_live()
    record = world.apply(world.plan("large"))
    if end != "aborted":
        world.promote(record.id)
    if end == "completed":
        world.complete(record.id)
    else:
        back(world, record)
    before = world.registry.aliases.get("docs_current")
    with pytest.raises(Refused, match=f"is {end}; there is nothing to roll back"):
        back(world, record)
    assert world.registry.aliases.get("docs_current") == before


def test_the_first_index_has_nothing_to_go_back_to(world: World) -> None:
    world.go_live()
    with pytest.raises(Refused, match="is completed"):
        back(world, world.registry.migrations.list()[0])


def test_an_alias_that_somebody_else_moved_is_left_alone(world: World, promoted: MigrationRecord) -> None:
    old = world.registry.indexes.get(str(promoted.source_index))
    moved = world.registry.aliases.swap(
        "docs_current",
        expected_generation=2,
        index=old.name,
        model="small",
        space=old.space,
        who="somebody else",
        why="by hand",
    )
    with pytest.raises(AliasMoved, match=f"points at {old.name}, not at {promoted.target_index}"):
        back(world, promoted)
    assert world.registry.aliases.get("docs_current") == moved


def test_a_migration_somebody_works_on_is_left_alone(world: World, promoted: MigrationRecord) -> None:
    world.registry.leases.acquire("migration:docs_current", owner="another", ttl_seconds=60)
    with pytest.raises(LeaseHeld, match="another"):
        back(world, promoted)
    assert world.registry.aliases.get("docs_current").index == promoted.target_index


def test_an_old_model_that_is_away_is_told_with_the_documents_it_owes(world: World, promoted: MigrationRecord) -> None:
    world.writer.upsert("docs_current", [document(number) for number in range(80, 87)])
    healthy = world.models["small"]
    world.models["small"] = ToyEmbedder(model="toy-small", dims=16, label="small", faults=Faults(outage=range(1, 99)))
    with pytest.raises(HelmertError, match="lacks 7 documents written since") as caught:
        back(world, promoted)
    assert caught.value.exit_code == 3
    assert "'d080', 'd081', 'd082', 'd083', 'd084', …" in caught.value.message
    assert caught.value.next_step == "helmert rollback docs  again when the model answers"
    assert world.registry.aliases.get("docs_current").index == promoted.target_index
    assert world.registry.migrations.get(promoted.id).state is MigrationState.PROMOTED
    world.models["small"] = healthy
    assert back(world, promoted).followed.embedded == 7


def test_a_write_that_was_acknowledged_just_before_the_swap_is_in_the_old_index(
    world: World, promoted: MigrationRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    pausing = world.follower.pausing

    @contextmanager
    def after_a_write(index: str | None) -> Iterator[None]:
        world.writer.upsert("docs_current", [document(60)])
        with pausing(index):
            yield

    monkeypatch.setattr(world.follower, "pausing", after_a_write)
    assert back(world, promoted).followed.entries == 1
    assert world.contents(str(promoted.source_index))["d060"] == document(60).text
