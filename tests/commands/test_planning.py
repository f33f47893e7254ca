"""A plan is kept in a file, reviewed, and started once, by the workspace it was made for."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from helmert import commands
from helmert.errors import AliasMoved, BadInput, LeaseHeld, NotFound, Refused, UsageError
from tests.commands.projects import Endpoints, Project, new_project


def test_a_plan_is_kept_where_apply_looks_for_it(project: Project) -> None:
    with project.open() as workspace:
        planned = commands.plan(workspace)
        assert planned.file == str(project.folder / ".helmert" / "plans" / "docs.json")
        assert planned.next_step == "helmert apply docs"
        assert json.loads(Path(planned.file).read_text()) == planned.plan.to_dict()
        assert len(planned.stages) == len(planned.plan.stages)
        assert workspace.registry.migrations.list() == ()
        applied = commands.apply(workspace)
    assert (applied.migration, applied.resumed, applied.gate, applied.state) == ("m1", False, "PASS", "ready")
    assert applied.target_index == planned.plan.target_index
    assert applied.next_step == "helmert promote docs"
    assert [stage["state"] for stage in applied.stages] == ["done"] * 6 + ["pending"]


@pytest.mark.parametrize("name", ["reviewed.json", "folder/reviewed", "reviewed", "re viewed"])
def test_a_plan_in_a_file_of_ones_own_is_applied_by_its_path(
    project: Project, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    with project.open() as workspace:
        planned = commands.plan(workspace, out=Path(name))
        *_, verb, target = shlex.split(planned.next_step)
        assert verb == "apply"
        assert not (project.folder / ".helmert" / "plans").exists()
        assert commands.apply(workspace, target).resumed is False
        assert commands.apply(workspace, target).resumed is True
        assert commands.apply(workspace).resumed is True
        assert len(workspace.registry.migrations.list()) == 1


def test_another_plan_while_one_is_under_way_is_refused(project: Project) -> None:
    first, second = project.folder / "first.json", project.folder / "second.json"
    with project.open() as workspace:
        commands.plan(workspace, out=first)
        commands.plan(workspace, out=second, model="large")
        commands.apply(workspace, str(first))
        with pytest.raises(LeaseHeld, match="m1"):
            commands.apply(workspace, str(second))
        with pytest.raises(Refused, match="m1"):
            commands.plan(workspace)


def test_a_plan_from_before_the_promotion_is_out_of_date(live: Project) -> None:
    with live.open() as workspace, pytest.raises(AliasMoved, match="generation 1"):
        commands.apply(workspace)


def test_a_plan_that_was_given_up_is_not_applied_again(ready: Project) -> None:
    with ready.open() as workspace:
        commands.rollback(workspace)
        with pytest.raises(Refused, match="out of date: version 2") as caught:
            commands.apply(workspace)
        assert caught.value.next_step == "helmert plan docs --model large"
        commands.plan(workspace, model="large")
        assert commands.apply(workspace).target_index.startswith("docs__large_v3__")


def test_applying_in_the_holdover_is_refused(ready: Project) -> None:
    with ready.open() as workspace:
        commands.promote(workspace)
        with pytest.raises(Refused, match="in its holdover") as caught:
            commands.apply(workspace)
        assert "helmert complete docs" in str(caught.value.next_step)


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "{}", '{"format": 1}', "\x00"])
def test_a_file_that_is_no_plan_is_named(project: Project, content: str) -> None:
    path = project.folder / "damaged.json"
    path.write_text(content)
    with project.open() as workspace:
        with pytest.raises(UsageError, match=r"damaged\.json") as caught:
            commands.apply(workspace, str(path))
        assert caught.value.next_step == "helmert plan"
        assert workspace.registry.migrations.list() == ()


def test_a_file_that_is_not_there_is_named(project: Project) -> None:
    with project.open() as workspace:
        with pytest.raises(UsageError, match=r"no plan at .*missing\.json"):
            commands.apply(workspace, str(project.folder / "missing.json"))
        with pytest.raises(UsageError, match=r"no plan at .*docs\.json"):
            commands.apply(workspace)


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ("[collections.docs]", "[collections.others]", NotFound),
        ("[models.small]", "[models.tiny]", NotFound),
        ('model = "small"', 'model = "small"\nalias = "others"', Refused),
        ("[stores.default]", '[stores.else]\nurl = "sqlite:///else.db"\n[stores.default]', None),
    ],
)
def test_a_plan_of_another_workspace_starts_nothing(
    project: Project, before: str, after: str, error: type[Exception] | None
) -> None:
    path = project.folder / "plan.json"
    with project.open() as workspace:
        commands.plan(workspace, out=path)
    project.edit(before, after)
    if "tiny" in after:
        project.edit('model = "small"', 'model = "tiny"')
    with project.open() as workspace:
        if error is None:
            commands.apply(workspace, str(path))
            return
        with pytest.raises(error):
            commands.apply(workspace, str(path))
        assert workspace.registry.migrations.list() == ()


def test_bad_rows_stop_a_plan_or_are_part_of_it(project: Project) -> None:
    corpus = project.folder / "corpus.jsonl"
    corpus.write_text(corpus.read_text() + "no json\n")
    with project.open() as workspace:
        with pytest.raises(BadInput, match=r"corpus\.jsonl:31"):
            commands.plan(workspace)
        planned = commands.plan(workspace, on_bad="skip")
        assert planned.plan.on_bad == "skip"
        assert planned.plan.estimate.rows == 30
        assert "1 bad rows left out" in planned.plan.estimate.basis[0]
        applied = commands.apply(workspace)
    assert "1 bad rows left out, the first at" in str(applied.stages[1]["summary"])


def test_which_collection_must_be_clear(project: Project, servers: Endpoints, tmp_path: Path) -> None:
    project.edit("[gate]", '[collections.more]\nsource = "corpus.jsonl"\nmodel = "large"\n\n[gate]')
    with project.open() as workspace:
        with pytest.raises(NotFound, match="Defined: docs, more"):
            commands.plan(workspace)
        assert commands.plan(workspace, "more").plan.target_model == "large"
        with pytest.raises(NotFound, match="No collection 'other'"):
            commands.plan(workspace, "other")


def test_two_collections_have_lives_of_their_own(tmp_path: Path, servers: Endpoints) -> None:
    project = new_project(tmp_path, servers, count=12)
    project.edit("[gate]", '[collections.more]\nsource = "corpus.jsonl"\nmodel = "large"\n\n[gate]')
    with project.open() as workspace:
        for name in ("docs", "more"):
            commands.plan(workspace, name)
            commands.apply(workspace, name)
            commands.promote(workspace, name)
        assert {alias.alias: alias.model for alias in commands.status(workspace).aliases} == {
            "docs_current": "small",
            "more_current": "large",
        }
        assert commands.search(workspace, "harbour", collection="more").model == "large"
