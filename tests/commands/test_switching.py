"""Promote, roll back, complete: what each changes, says, and refuses."""

from __future__ import annotations

import pytest

from helmert import commands
from helmert.errors import GateRefused, NotFound, Refused, UsageError
from tests.commands.projects import Project
from tests.migration.world import document


def test_the_alias_goes_there_and_back(ready: Project) -> None:
    with ready.open() as workspace:
        promoted = commands.promote(workspace)
        assert (promoted.state, promoted.model, promoted.generation) == ("promoted", "large", 2)
        assert promoted.summary
        assert promoted.next_step.startswith("helmert complete docs")
        assert commands.search(workspace, "harbour", k=1).model == "large"
        commands.upsert(workspace, [document(50)])
        back = commands.rollback(workspace, why="too slow")
        assert (back.state, back.model, back.generation) == ("rolled_back", "small", 3)
        assert "1 later write was" in back.summary
        assert commands.search(workspace, document(50).text, k=1).hits[0].id == "d050"
        assert workspace.registry.aliases.history("docs_current")[-1].why == "rollback: too slow"


def test_completing_ends_it(ready: Project) -> None:
    with ready.open() as workspace:
        commands.promote(workspace)
        done = commands.complete(workspace)
        assert (done.state, done.model, done.next_step) == ("completed", "large", "helmert status")
        with pytest.raises(NotFound, match="No migration of 'docs' is under way"):
            commands.rollback(workspace)


def test_giving_up_leaves_the_alias_alone(ready: Project) -> None:
    with ready.open() as workspace:
        back = commands.rollback(workspace)
        assert (back.state, back.model, back.generation) == ("aborted", "small", 1)
        assert back.next_step == "helmert plan docs --model NAME"


def test_each_waits_for_its_turn(ready: Project) -> None:
    with ready.open() as workspace:
        with pytest.raises(Refused, match="complete needs one that is promoted"):
            commands.complete(workspace)
        commands.promote(workspace)
        with pytest.raises(Refused, match="promote needs one that is ready"):
            commands.promote(workspace)


@pytest.mark.parametrize("verb", [commands.promote, commands.complete, commands.rollback])
def test_nothing_under_way_is_said(live: Project, verb: object) -> None:
    with live.open() as workspace, pytest.raises(NotFound, match="No migration of 'docs' is under way") as caught:
        verb(workspace)  # type: ignore[operator]
    assert caught.value.next_step == "helmert plan docs --model NAME"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_an_override_needs_a_reason(ready: Project, reason: str) -> None:
    with ready.open() as workspace:
        with pytest.raises(UsageError, match="needs a reason"):
            commands.promote(workspace, override=reason)
        assert workspace.registry.aliases.get("docs_current").generation == 1


def test_a_gate_that_cannot_tell_is_passed_with_a_reason_only(ready: Project) -> None:
    labels = ready.folder / "labels" / "qrels" / "test.tsv"
    labels.write_text("".join(labels.read_text().splitlines(keepends=True)[:4]))
    with ready.open() as workspace:
        applied = commands.apply(workspace)
        assert (applied.gate, applied.go, applied.exit_code) == ("INCONCLUSIVE", False, 1)
        assert applied.next_step.endswith("helmert apply docs again")
        with pytest.raises(GateRefused, match="INCONCLUSIVE"):
            commands.promote(workspace)
        assert commands.promote(workspace, override="seen by hand").state == "promoted"
        (move,) = workspace.registry.ledger.read(kind="alias.moved", subject="docs_current")[-1:]
        assert move.why == "override: seen by hand"
