"""One migration per alias at a time, and the runs of its stages."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from helmert.errors import LeaseHeld, NotFound, Refused
from helmert.registry import ACTIVE, MigrationRecord, MigrationState, Registry, StageState
from helmert.registry.migrations import may_become
from tests.registry.staging import START, SteppingClock

STAGES = ("create index", "backfill", "promote")


def create(registry: Registry, alias: str = "docs_current") -> MigrationRecord:
    return registry.migrations.create(
        collection="docs",
        alias=alias,
        source_index="docs_v1",
        target_index="docs_v2",
        target_model="large",
        plan={"strategy": "parallel", "stages": [{"rows": 947}]},
        stages=STAGES,
    )


def bring(registry: Registry, migration: str, *states: str) -> None:
    for state in states:
        registry.migrations.set_state(migration, MigrationState(state))


def test_a_migration_comes_back_as_it_was_planned(registry: Registry) -> None:
    created = create(registry)

    assert created.id == "m1"
    assert (created.state, created.created_at) == (MigrationState.PLANNED, START)
    assert created.plan == {"strategy": "parallel", "stages": [{"rows": 947}]}
    assert registry.migrations.get("m1") == registry.migrations.active("docs_current") == created
    assert registry.migrations.list(alias="docs_current") == registry.migrations.list() == (created,)


@pytest.mark.parametrize(
    ("states", "way_out"),
    [
        ((), "helmert apply"),
        (("running",), "helmert apply"),
        (("running", "ready"), "helmert promote"),
        (("running", "ready", "promoted"), "helmert complete"),
    ],
)
def test_an_alias_has_one_active_migration(registry: Registry, states: tuple[str, ...], way_out: str) -> None:
    create(registry)
    bring(registry, "m1", *states)

    with pytest.raises(LeaseHeld, match=r"'docs_current' is being migrated: m1 to model 'large'") as caught:
        create(registry)
    assert caught.value.next_step is not None
    assert way_out in caught.value.next_step
    assert create(registry, alias="faq_current").alias == "faq_current"


@pytest.mark.parametrize(
    "states",
    [
        ("running", "ready", "promoted", "completed"),
        ("running", "ready", "promoted", "rolled_back"),
        ("aborted",),
        ("running", "failed"),
    ],
)
def test_an_ended_migration_makes_room_for_the_next(registry: Registry, states: tuple[str, ...]) -> None:
    first = create(registry)
    bring(registry, first.id, *states)

    assert registry.migrations.active("docs_current") is None
    assert create(registry).id == "m2"


def test_a_failed_migration_cannot_run_again_beside_another(registry: Registry) -> None:
    failed = create(registry)
    bring(registry, failed.id, "running", "failed")
    create(registry)

    with pytest.raises(LeaseHeld, match="is being migrated: m2"):
        bring(registry, failed.id, "running")
    bring(registry, "m2", "aborted")
    bring(registry, failed.id, "running")


def test_the_database_itself_keeps_the_rule(registry: Registry, url: str) -> None:
    create(registry)
    bring(registry, "m1", "aborted")
    create(registry)
    engine = create_engine(url)

    for state in ACTIVE:
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text("UPDATE migrations SET state = :state WHERE number = 1"), {"state": state})
    engine.dispose()


def test_steps_that_do_not_exist_are_refused(registry: Registry) -> None:
    ways: dict[MigrationState, tuple[MigrationState, ...]] = {MigrationState.PLANNED: ()}
    queue = [MigrationState.PLANNED]
    for reached in queue:
        for after in MigrationState:
            if after not in ways and may_become(reached, after):
                ways[after] = (*ways[reached], after)
                queue.append(after)
    assert set(ways) == set(MigrationState)

    for before, way in ways.items():
        for after in MigrationState:
            if before is not after and not may_become(before, after):
                migration = create(registry, alias=f"{before}_{after}").id
                bring(registry, migration, *way)
                with pytest.raises(Refused, match=f"is {before} and cannot become {after}"):
                    bring(registry, migration, after)
                assert registry.migrations.get(migration).state is before


def test_nothing_comes_after_an_end(registry: Registry) -> None:
    ends = {MigrationState.COMPLETED, MigrationState.ROLLED_BACK, MigrationState.ABORTED}

    assert not [(end, after) for end in ends for after in MigrationState if may_become(end, after)]


def test_being_there_already_is_no_error(registry: Registry, clock: SteppingClock) -> None:
    before = create(registry)
    clock.forward(1)

    assert registry.migrations.set_state("m1", MigrationState.PLANNED) == before


@pytest.mark.parametrize("unknown", ["m9", "9", "e1", "m", "m-1", "m\u0663"])
def test_an_unknown_migration_is_not_found(registry: Registry, unknown: str) -> None:
    create(registry)

    with pytest.raises(NotFound):
        registry.migrations.get(unknown)
    with pytest.raises(NotFound):
        registry.migrations.set_state(unknown, MigrationState.RUNNING)


def test_stages_run_in_the_order_of_the_plan(registry: Registry, clock: SteppingClock) -> None:
    create(registry)
    stages = registry.migrations.stages

    assert [(run.position, run.stage, run.state) for run in stages.list("m1")] == [
        (position, stage, StageState.PENDING) for position, stage in enumerate(STAGES)
    ]
    stages.start("m1", 0)
    stages.update("m1", 0, {"done": 10})
    clock.forward(5)
    ended = stages.finish("m1", 0)

    assert ended == stages.list("m1")[0]
    assert (ended.state, ended.detail) == (StageState.DONE, {"done": 10})
    assert (ended.started_at, ended.finished_at) == (START, clock.now)
    assert stages.list("m1")[1].started_at is None


def test_a_stage_that_was_cut_short_goes_on_where_it_was(registry: Registry, clock: SteppingClock) -> None:
    create(registry)
    stages = registry.migrations.stages
    stages.start("m1", 1)
    stages.update("m1", 1, {"done": 10})
    clock.forward(5)

    again = stages.start("m1", 1)
    assert (again.state, again.started_at, again.detail) == (StageState.RUNNING, START, {"done": 10})

    stages.finish("m1", 1, StageState.FAILED, detail={"done": 20, "error": "outage"})
    again = stages.start("m1", 1)
    assert (again.started_at, again.finished_at) == (START, None)
    assert again.detail == {"done": 20, "error": "outage"}


def test_a_stage_that_was_done_begins_anew(registry: Registry, clock: SteppingClock) -> None:
    create(registry)
    stages = registry.migrations.stages
    stages.start("m1", 1)
    stages.finish("m1", 1, detail={"done": 947})
    clock.forward(5)

    again = stages.start("m1", 1)

    assert (again.state, again.started_at, again.finished_at) == (StageState.RUNNING, clock.now, None)
    assert again.detail == {}


def test_only_a_running_stage_is_written_to(registry: Registry) -> None:
    create(registry)
    stages = registry.migrations.stages

    with pytest.raises(Refused, match="'create index' of migration m1 is pending"):
        stages.update("m1", 0, {})
    with pytest.raises(Refused, match="is pending"):
        stages.finish("m1", 0)
    with pytest.raises(NotFound, match="no stage at position 7"):
        stages.start("m1", 7)
