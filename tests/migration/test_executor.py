"""Stages run in order, are journalled, are repeated or not as they should be, and refuse what is out of date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from helmert.errors import AliasMoved, GateRefused, LeaseHeld, ProviderOutage, Refused
from helmert.migration import executor
from helmert.migration.leasing import TTL_SECONDS
from helmert.migration.rollback import rollback
from helmert.migration.stages import Phase
from helmert.models.base import EmbeddingBatch
from helmert.models.checked import CheckedEmbedder
from helmert.registry import IndexState, MigrationState, StageRun, StageState
from helmert.telemetry import StageFinished, StageProgress, StageStarted
from helmert.testing.embedder import Faults, ToyEmbedder
from tests.migration.world import World, document, documents, labelled, toy

APPLIED = ["create", "backfill", "optimise", "catch_up", "prove", "evaluate"]


def started(world: World) -> list[str]:
    return [event.stage for event in world.heard if isinstance(event, StageStarted)]


def runs(world: World, migration: str) -> dict[str, StageRun]:
    return {run.stage: run for run in world.registry.migrations.stages.list(migration)}


def break_model(world: World, name: str, *, after: int) -> None:
    """The model answers so many more calls and then never again."""
    faulty = ToyEmbedder(
        model=f"toy-{name}", dims=toy(world, name).space.dims, label=name, faults=Faults(outage=range(after + 1, 10**6))
    )
    world.models[name] = CheckedEmbedder(faulty)


def mend_model(world: World, name: str) -> None:
    mended = ToyEmbedder(model=f"toy-{name}", dims=toy(world, name).space.dims, label=name)
    world.models[name] = CheckedEmbedder(mended)


def test_beginning_registers_the_plan_and_touches_nothing_else(world: World) -> None:
    plan = world.plan()
    record = executor.begin(plan, world.context)
    assert record.state is MigrationState.PLANNED
    assert record.plan == plan.to_dict()
    assert [run.stage for run in runs(world, record.id).values()] == [stage.name for stage in plan.stages]
    assert world.vectors.list_indexes() == []


def test_applying_runs_the_stages_up_to_the_gate(world: World) -> None:
    record = world.apply(world.plan())
    assert record.state is MigrationState.READY
    assert started(world) == APPLIED
    finished = [event for event in world.heard if isinstance(event, StageFinished)]
    assert [event.stage for event in finished] == APPLIED
    assert all(event.summary for event in finished)
    found = runs(world, record.id)
    assert [found[name].state for name in APPLIED] == [StageState.DONE] * 6
    assert found["promote"].state is StageState.PENDING
    assert world.registry.aliases.list() == ()
    assert world.registry.indexes.get(record.target_index).state is IndexState.BUILT
    assert world.registry.indexes.get(record.target_index).rows == 30


def test_the_backfill_tells_rows_and_tokens(world: World) -> None:
    world.apply(world.plan())
    told = [event for event in world.heard if isinstance(event, StageProgress) and event.stage == "backfill"]
    assert (told[-1].done, told[-1].total) == (30, 30)
    assert told[-1].tokens >= 90


def test_applying_again_renews_the_evidence_and_pays_nothing(world: World) -> None:
    record = world.apply(world.plan())
    embedded = toy(world, "small").texts_seen
    world.heard.clear()
    again = executor.apply(record.id, world.context)
    assert again.state is MigrationState.READY
    assert started(world) == ["catch_up", "prove", "evaluate"]
    assert len(world.registry.evaluations.list(index=record.target_index)) == 2
    assert toy(world, "small").texts_seen == embedded + 30  # the queries of the second evaluation


def test_an_outage_is_noted_and_the_next_run_continues(world: World) -> None:
    record = executor.begin(world.plan(), world.context)
    break_model(world, "small", after=27)  # the fingerprint takes 25 calls, two batches of eight follow
    with pytest.raises(ProviderOutage):
        executor.apply(record.id, world.context)
    failed = runs(world, record.id)["backfill"]
    assert failed.state is StageState.FAILED
    assert "outage" in str(failed.detail["error"])
    assert world.registry.migrations.get(record.id).state is MigrationState.RUNNING
    there = world.contents(record.target_index)
    assert len(there) == 16

    mend_model(world, "small")
    world.heard.clear()
    executor.apply(record.id, world.context)
    assert started(world) == APPLIED[1:]
    assert [event.resumed for event in world.heard if isinstance(event, StageStarted)] == [True, *[False] * 4]
    done = runs(world, record.id)["backfill"]
    assert (done.state, done.detail["written"], done.detail["skipped"]) == (StageState.DONE, 14, 16)
    assert world.contents(record.target_index) == {d.id: d.text for d in documents(30)}


def test_a_plan_made_before_the_alias_moved_is_refused(world: World) -> None:
    stale = world.plan("large")
    world.go_live()
    with pytest.raises(AliasMoved, match="at generation 1, the plan was made at 0"):
        executor.begin(stale, world.context)
    assert len(world.registry.migrations.list()) == 1


def test_a_plan_whose_migration_was_given_up_is_not_begun_again(world: World) -> None:
    plan = world.plan()
    record = world.apply(plan)
    rollback(record.id, world.context, why="changed my mind")
    with pytest.raises(Refused, match="out of date: version 1") as caught:
        executor.begin(plan, world.context)
    assert caught.value.next_step == "helmert plan docs --model small"
    assert world.go_live() == "docs__small_v2__2026-03-01"


def test_a_plan_that_was_given_up_before_anything_was_made_may_begin_again(world: World) -> None:
    plan = world.plan()
    rollback(executor.begin(plan, world.context).id, world.context, why="too early")
    assert world.apply(plan).state is MigrationState.READY


def test_one_migration_of_an_alias_at_a_time(world: World) -> None:
    first, second = world.plan("small"), world.plan("large")
    executor.begin(first, world.context)
    with pytest.raises(LeaseHeld, match="docs_current"):
        executor.begin(second, world.context)


def test_one_worker_at_a_time(world: World) -> None:
    record = executor.begin(world.plan(), world.context)
    world.registry.leases.acquire("migration:docs_current", owner="another", ttl_seconds=60)
    with pytest.raises(LeaseHeld, match="another"):
        executor.apply(record.id, world.context)
    assert world.registry.migrations.get(record.id).state is MigrationState.PLANNED


def test_a_worker_that_lost_its_lease_stops_before_the_next_stage(world: World) -> None:
    record = executor.begin(world.plan(), world.context)

    class Suspending(ToyEmbedder):
        def embed_documents(self, texts: Sequence[str]) -> EmbeddingBatch:
            world.clocks.forward(TTL_SECONDS + 1)
            return super().embed_documents(texts)

    world.models["small"] = CheckedEmbedder(Suspending(model="toy-small", dims=16, label="small"))
    with pytest.raises(LeaseHeld, match="ran out"):
        executor.apply(record.id, world.context)
    assert started(world) == ["create"]
    mend_model(world, "small")
    assert executor.apply(record.id, world.context).state is MigrationState.READY


@pytest.mark.parametrize("phase", [Phase.PROMOTE, Phase.COMPLETE])
def test_a_later_verb_waits_for_its_turn(world: World, phase: Phase) -> None:
    record = executor.begin(world.plan(), world.context)
    with pytest.raises(Refused, match=f"is planned; {phase} needs"):
        executor.finish(record.id, phase, world.context)


def test_a_whole_life(world: World) -> None:
    live = world.go_live()
    assert world.registry.migrations.list()[0].state is MigrationState.COMPLETED
    record = world.apply(world.plan("large"))
    with pytest.raises(Refused, match="complete needs"):
        world.complete(record.id)
    assert world.promote(record.id).state is MigrationState.PROMOTED
    assert world.registry.aliases.get("docs_current").index == record.target_index
    states = {index.name: index.state for index in world.registry.indexes.list()}
    assert states == {live: IndexState.HELD, record.target_index: IndexState.LIVE}
    for verb in (world.promote, lambda id_: executor.apply(id_, world.context)):
        with pytest.raises(Refused):
            verb(record.id)
    assert world.complete(record.id).state is MigrationState.COMPLETED
    assert world.registry.indexes.get(live).state is IndexState.RETIRED
    assert world.vectors.list_indexes() == sorted([live, record.target_index])
    with pytest.raises(Refused, match="is completed"):
        world.complete(record.id)


def test_the_alias_moves_only_with_a_pass_or_a_reason(world: World) -> None:
    live = world.go_live()
    world.evalsets["docs"] = labelled(3)
    record = world.apply(world.plan("large"))
    with pytest.raises(GateRefused):
        world.promote(record.id)
    assert world.registry.aliases.get("docs_current").index == live
    assert world.registry.migrations.get(record.id).state is MigrationState.READY
    world.promote(record.id, override="the old provider closes tonight")
    moves = world.registry.aliases.history("docs_current")
    assert moves[-1].why == "override: the old provider closes tonight"
    assert moves[-1].index == record.target_index


def test_writes_between_apply_and_promote_are_brought_over(world: World) -> None:
    world.go_live()
    record = world.apply(world.plan("large"))
    world.with_policy(max_changed=0.2)
    world.writer.upsert("docs_current", [document(50), document(3, "another text")])
    world.writer.delete("docs_current", ["d004"])
    world.promote(record.id)
    expected = {d.id: d.text for d in documents(30) if d.id != "d004"}
    expected |= {"d050": document(50).text, "d003": "another text"}
    assert world.contents(record.target_index) == expected


def test_a_write_that_was_acknowledged_just_before_the_swap_is_in_the_new_index(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.go_live()
    record = world.apply(world.plan("large"))
    world.with_policy(max_changed=0.2)
    pausing = world.follower.pausing

    @contextmanager
    def after_a_write(index: str | None) -> Iterator[None]:
        world.writer.upsert("docs_current", [document(50)])
        with pausing(index):
            yield

    monkeypatch.setattr(world.follower, "pausing", after_a_write)
    world.promote(record.id)
    assert world.contents(record.target_index)["d050"] == document(50).text
    assert world.follower.behind(record.target_index) == 0
