"""What single stages promise when they are run in circumstances that a smooth migration never meets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from helmert.errors import AliasMoved, DifferentSpace, IncompleteIndex
from helmert.migration import executor
from helmert.migration.plan import Plan
from helmert.migration.stages import Prove, Stage
from helmert.migration.steps import backfill, catch_up, complete, create, evaluate, optimise, prove
from helmert.migration.task import REPORT_SECONDS, Detail, Task
from helmert.registry import IndexState, MigrationRecord
from helmert.stores.base import Rows
from helmert.telemetry import StageProgress
from helmert.testing.embedder import Faults, ToyEmbedder
from helmert.types import content_hash
from tests.migration.world import World, document, documents, toy


def task_of(world: World, record: MigrationRecord, stage: Stage) -> Task:
    plan = Plan.from_dict(record.plan)
    position = plan.stages.index(stage)
    world.registry.migrations.stages.start(record.id, position)
    return Task(migration=record.id, plan=plan, context=world.context, stage=stage.name, position=position)


def run(world: World, record: MigrationRecord, name: str) -> Detail:
    """Run one stage of a migration by its name, as often as the caller likes."""
    steps: dict[str, Callable[..., Detail]] = {
        "create": create.run,
        "backfill": backfill.run,
        "optimise": optimise.run,
        "catch_up": catch_up.run,
        "prove": prove.run,
        "evaluate": evaluate.run,
        "complete": complete.run,
    }
    stage = next(stage for stage in Plan.from_dict(record.plan).stages if stage.name == name)
    return steps[name](stage, task_of(world, record, stage))


@pytest.mark.parametrize("name", ["create", "backfill", "optimise", "catch_up", "prove", "evaluate"])
def test_every_stage_comes_to_the_same_end_when_it_is_run_again(
    world: World, built: MigrationRecord, name: str
) -> None:
    embedded = toy(world, "large").texts_seen
    before = world.contents(built.target_index), world.registry.indexes.get(built.target_index)
    assert str(run(world, built, name)["summary"]).endswith(".")
    contents, record = world.contents(built.target_index), world.registry.indexes.get(built.target_index)
    assert (contents, replace(record, updated_at=before[1].updated_at)) == before
    paid = {"create": 22, "evaluate": 30}  # probes and queries; no document twice
    assert toy(world, "large").texts_seen - embedded == paid.get(name, 0)


def test_a_model_of_another_space_than_the_plans_creates_nothing(world: World) -> None:
    record = executor.begin(world.plan(), world.context)
    world.models["small"] = world.models["turned"]
    with pytest.raises(DifferentSpace, match="the plan was made for space"):
        run(world, record, "create")
    assert world.vectors.list_indexes() == []
    assert world.registry.indexes.list() == ()


def test_the_index_says_what_made_it(world: World, built: MigrationRecord) -> None:
    spec = world.vectors.describe(built.target_index).spec
    space = world.models["large"].space
    assert (spec.dims, spec.space) == (32, space.vector_hash)
    assert spec.metadata["collection"] == "docs"
    assert spec.metadata["record_hash"] == space.record_hash
    assert spec.metadata["created_at"] == "2026-03-01T12:00:00+00:00"


def test_a_target_starts_to_follow_where_the_live_index_stands(world: World) -> None:
    world.go_live()
    world.writer.upsert("docs_current", documents(3))
    record = executor.begin(world.plan("large"), world.context)
    run(world, record, "create")
    assert world.registry.indexes.get(record.target_index).applied_seq == 3


def spoil(world: World, index: str) -> None:
    """Remove a row, add one that is nowhere else, and change a text behind the journal."""
    record = world.registry.indexes.get(index)
    world.vectors.delete(index, ["d001", "d002"])
    vector = np.ones((2, 32), dtype=np.float32)
    texts = ["nobody wrote this", "an older text"]
    rows = Rows(
        ids=["stranger", "d003"],
        vectors=vector,
        texts=texts,
        hashes=[content_hash(text) for text in texts],
        metadata=[{}, {}],
    )
    world.vectors.upsert(index, rows, space=record.vector_hash)


def test_what_the_proof_finds_is_mended_once(world: World, built: MigrationRecord) -> None:
    spoil(world, built.target_index)
    before = toy(world, "large").calls
    detail = run(world, built, "prove")
    assert detail["complete"] is True
    assert "Repaired first: 2 missing ('d001', 'd002'), 1 stale ('d003'), 1 orphan ('stranger')." in str(
        detail["summary"]
    )
    assert world.contents(built.target_index) == {d.id: d.text for d in documents(30)}
    assert toy(world, "large").calls - before == 1


def test_what_cannot_be_mended_is_refused(world: World, built: MigrationRecord) -> None:
    class Forgetful(type(world.vectors)):  # type: ignore[misc]
        def upsert(self, name: str, rows: Rows, *, space: str) -> None:
            super().upsert(name, rows, space=space)
            super().delete(name, ["d002"])

    spoil(world, built.target_index)
    world.vectors.__class__ = Forgetful
    with pytest.raises(IncompleteIndex, match=r"1 missing \('d002'\)"):
        run(world, built, "prove")


def test_an_incomplete_index_is_not_promoted_whatever_the_reason(world: World, built: MigrationRecord) -> None:
    spoil(world, built.target_index)
    with pytest.raises(IncompleteIndex, match="2 missing"):
        world.promote(built.id, override="we are in a hurry")
    assert world.registry.aliases.get("docs_current").index == built.source_index


def test_a_document_written_during_the_proof_is_left_out_of_it(world: World, built: MigrationRecord) -> None:
    live = str(built.source_index)

    class Written(type(world.vectors)):  # type: ignore[misc]
        def scan(self, name: str, **options: int) -> Iterator[Rows]:
            if name == live:
                world.writer.upsert("docs_current", [document(90)])
            found: Iterator[Rows] = super().scan(name, **options)
            return found

    world.vectors.__class__ = Written
    stage = Prove(index=built.target_index, source_index=live)
    proof = prove.compare(stage, task_of(world, built, stage))
    assert proof.complete
    assert "d090" in world.contents(live)
    assert "d090" not in world.contents(built.target_index)


def test_the_alias_that_moved_after_the_plan_is_not_moved_again(world: World, built: MigrationRecord) -> None:
    live = world.registry.indexes.get(str(built.source_index))
    world.registry.aliases.swap(
        "docs_current", expected_generation=1, index=live.name, model="small", space=live.space, who="x", why="y"
    )
    with pytest.raises(AliasMoved):
        world.promote(built.id)
    assert world.registry.indexes.get(built.target_index).state is IndexState.BUILT


def test_a_model_that_changed_after_the_backfill_is_not_promoted(world: World, built: MigrationRecord) -> None:
    world.models["large"] = ToyEmbedder(model="toy-large", dims=32, label="large", faults=Faults(swap_after=0))
    with pytest.raises(DifferentSpace, match="fingerprint"):
        world.promote(built.id, override="it has the same name")
    assert world.registry.aliases.get("docs_current").index == built.source_index


def test_completing_forgets_the_journal_up_to_where_it_is_followed(world: World, built: MigrationRecord) -> None:
    world.promote(built.id)
    world.writer.upsert("docs_current", documents(4))
    world.complete(built.id)
    assert world.registry.journal.head("docs") == 4
    assert world.registry.journal.read("docs", after_seq=4, limit=9) == ()
    done = world.registry.migrations.stages.list(built.id)[-1]
    assert done.detail["trimmed"] == 4
    (event,) = world.registry.ledger.read(kind="migration.completed")
    assert event.detail == {"alias": "docs_current", "live": built.target_index, "retired": built.source_index}


def test_progress_is_told_now_and_then_and_at_the_end(world: World, built: MigrationRecord) -> None:
    world.heard.clear()
    stage = next(stage for stage in Plan.from_dict(built.plan).stages if stage.name == "backfill")
    task = task_of(world, built, stage)
    for done in range(1, 11):
        world.clocks.forward(REPORT_SECONDS / 4)
        task.report(done, 10)
    told = [event.done for event in world.heard if isinstance(event, StageProgress)]
    assert told == [1, 5, 9, 10]
    assert world.registry.migrations.stages.list(built.id)[task.position].detail["done"] == 10
