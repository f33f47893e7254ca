"""The dry run says what every stage will do, with the names it will do it to."""

from __future__ import annotations

from dataclasses import asdict

from helmert.migration.explainer import explain
from helmert.migration.stages import STAGE_TYPES, Backfill
from tests.migration.world import World


def test_a_later_migration_is_explained_stage_by_stage(world: World) -> None:
    live = world.go_live()
    plan = world.plan("large")
    sentences = explain(plan)
    assert {type(stage) for stage in plan.stages} == set(STAGE_TYPES.values())
    assert len(sentences) == len(plan.stages) == len(set(sentences))
    by_stage = dict(zip((stage.name for stage in plan.stages), sentences, strict=True))
    assert plan.target_index in by_stage["create"]
    assert live in by_stage["backfill"]
    assert "30 documents" in by_stage["backfill"]
    assert live in by_stage["evaluate"]
    assert "docs_current" in by_stage["promote"]
    assert "'large'" in by_stage["promote"]
    assert live in by_stage["complete"]


def test_a_first_migration_reads_the_source_and_has_nothing_to_compare_with(world: World) -> None:
    plan = world.plan()
    by_stage = dict(zip((stage.name for stage in plan.stages), explain(plan), strict=True))
    assert "the collection's source" in by_stage["backfill"]
    assert "no live index" in by_stage["evaluate"]
    assert "complete" not in by_stage


def test_the_backfill_says_what_it_costs(world: World) -> None:
    plan = world.plan()
    position = [type(stage) for stage in plan.stages].index(Backfill)
    assert "for nothing" in explain(plan)[position]
    estimate = type(plan.estimate)(**{**asdict(plan.estimate), "cost": 12.5, "basis": ()})
    dear = type(plan)(**{**{name: getattr(plan, name) for name in plan.__dataclass_fields__}, "estimate": estimate})
    assert "for 12.50 EUR" in explain(dear)[position]
