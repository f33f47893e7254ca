"""The gate says no to worse models, to missing evidence and to old evidence; a reason overrides it and is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from helmert import commands
from helmert.errors import GateRefused
from tests.scenarios.checker import assert_right, indexes, pointer, registry_rows
from tests.scenarios.conftest import NewWorld
from tests.scenarios.texts import Author, write_queries
from tests.scenarios.worlds import LARGE, POOR, QUERIES, SMALL, Told, World


def test_a_worse_model_fails_and_is_promoted_only_for_a_reason_that_the_ledger_keeps(new_world: NewWorld) -> None:
    world = new_world("sqlite", "live")
    world.go("plan", "--model", POOR)
    applied = world.verb("apply")
    assert (applied.code, applied.json["gate"]) == (1, "FAIL")
    refused = refused_by_the_gate(world)
    assert "The gate says FAIL" in refused.json["error"]
    assert "--override" in refused.json["next"]

    assert world.verb("promote", "--override", "  ").code == 2
    assert_right(world, live=SMALL)
    world.go("promote", "--override", "the old model is being switched off")
    assert_right(world, live=POOR)
    (why, who), *_ = registry_rows(world, "SELECT why, who FROM ledger WHERE kind = 'alias.moved' ORDER BY seq DESC")
    assert why == "override: the old model is being switched off"
    assert who


def test_an_override_works_around_the_gate_and_around_nothing_else(new_world: NewWorld) -> None:
    """The alias is still compared; see also the incomplete targets."""
    world = new_world("sqlite", "live")
    world.go("plan", "--model", POOR)
    world.verb("apply")
    with world.open() as workspace:
        at = workspace.registry.aliases.get("docs_current")
        move = {"index": at.index, "model": at.model, "space": at.space}
        workspace.registry.aliases.swap(at.alias, expected_generation=1, **move, who="somebody", why="by hand")
    told = world.verb("promote", "--override", "now")
    assert (told.code, told.json["kind"]) == (1, "AliasMoved")
    assert pointer(world).generation == 2


@pytest.mark.parametrize("evidence", ["no queries", "no query set", "few queries"])
def test_missing_evidence_is_inconclusive_and_refused(evidence: str, new_world: NewWorld) -> None:
    world = new_world("sqlite", "live")
    match evidence:
        case "no queries":
            write_queries(world.folder / "queries.jsonl", [])
        case "few queries":
            write_queries(world.folder / "queries.jsonl", world.queries[:10])
        case "no query set":
            world.edit('evalset = "queries.jsonl"\n', "")
    world.go("plan", "--model", LARGE)
    applied = world.verb("apply")
    assert (applied.code, applied.json["gate"]) == (1, "INCONCLUSIVE")
    refused = refused_by_the_gate(world)
    assert "The gate says INCONCLUSIVE" in refused.json["error"]

    world.edit('source = "corpus.jsonl"\n', 'source = "corpus.jsonl"\nevalset = "queries.jsonl"\n') if (
        evidence == "no query set"
    ) else write_queries(world.folder / "queries.jsonl", world.queries)
    assert world.go("apply")["gate"] == "PASS"
    world.go("promote")
    assert_right(world, live=LARGE)


def more_queries(world: World) -> None:
    written = Author(5).queries(list(world.truth.values()), QUERIES)
    write_queries(world.folder / "queries.jsonl", written)


def other_rules(world: World) -> None:
    world.edit('measure = "nDCG@10"\nmargin = 0.1', 'measure = "nDCG@10"\nmargin = 0.09')


def many_writes(world: World) -> None:
    with world.open() as workspace:
        world.change(workspace, fresh="late", count=12)


@pytest.mark.parametrize(
    ("age", "sentence"),
    [
        (more_queries, "The labelled queries have changed since."),
        (other_rules, "The gate's rules have changed since."),
        (many_writes, "48 documents (20.0%) were written since; at most 10.0% are allowed."),
    ],
)
def test_a_pass_on_something_else_is_stale(age: Callable[[World], None], sentence: str, new_world: NewWorld) -> None:
    world = new_world("sqlite", "ready")
    age(world)
    refused = refused_by_the_gate(world)
    assert "The PASS of" in refused.json["error"]
    assert sentence in refused.json["error"]
    assert refused.json["next"] == "helmert apply docs"

    assert world.go("apply")["gate"] == "PASS"
    world.go("promote")
    assert_right(world, live=LARGE)


def test_an_old_pass_is_stale(new_world: NewWorld) -> None:
    world = new_world("sqlite", "ready")
    hours = datetime.now(UTC) + timedelta(hours=23, minutes=59)  # noqa: TID251 - a distance from the real present
    later = hours + timedelta(minutes=2)
    with world.open(clock=lambda: later) as workspace, pytest.raises(GateRefused, match="at most 24 hours") as refused:
        commands.promote(workspace)
    assert refused.value.exit_code == 1
    assert_right(world, live=SMALL)
    with world.open(clock=lambda: hours) as workspace:
        commands.promote(workspace)
    assert_right(world, live=LARGE)


def test_a_pass_against_another_live_index_is_stale(new_world: NewWorld) -> None:
    world = new_world("sqlite", "ready")
    with world.open() as workspace:
        (record,) = (m for m in workspace.registry.migrations.list() if m.state == "ready")
        known = workspace.registry.evaluations.latest(record.target_index)
        assert known is not None
        workspace.registry.evaluations.add(
            index=known.index,
            incumbent_index="docs__another_v0__2026-01-01",
            migration=known.migration,
            evalset_name=known.evalset_name,
            evalset_digest=known.evalset_digest,
            content_digest=known.content_digest,
            verdict="PASS",
            report=known.report,
            applied_seq=known.applied_seq,
        )
    refused = refused_by_the_gate(world)
    assert "It compared with docs__another_v0__2026-01-01, live is docs__small_v1" in refused.json["error"]


def refused_by_the_gate(world: World) -> Told:
    """A promotion that is refused with exit code 1 and changes nothing."""
    before = (pointer(world), indexes(world), ledger(world))
    told = world.verb("promote")
    assert (told.code, told.json["kind"]) == (1, "GateRefused"), told
    assert (pointer(world), indexes(world), ledger(world)) == before
    return told


def ledger(world: World) -> str:
    return json.dumps(registry_rows(world, "SELECT * FROM ledger ORDER BY seq"))
