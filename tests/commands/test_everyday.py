"""Status, search, write, eval, fit: the verbs between migrations."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helmert import commands
from helmert.errors import DifferentSpace, NotFound, ProviderOutage, UsageError
from tests.commands.projects import Endpoints, Project
from tests.migration.world import document


def test_status_of_a_new_project(project: Project) -> None:
    with project.open() as workspace:
        status = commands.status(workspace)
    assert (status.aliases, status.indexes, status.migrations) == ((), (), ())
    assert status.next_step == "helmert plan docs"


def test_status_follows_a_migration(ready: Project) -> None:
    with ready.open() as workspace:
        (line,) = commands.status(workspace).migrations
        assert line.standing == "built and judged: the gate says PASS"
        assert commands.status(workspace).next_step == "helmert promote docs"
        commands.promote(workspace)
        status = commands.status(workspace)
        assert status.migrations[0].standing.startswith("promoted; docs__small_v1__")
        assert status.next_step.startswith("helmert complete docs")
        assert [index.state for index in status.indexes] == ["held", "live"]
        commands.complete(workspace)
        status = commands.status(workspace)
        assert status.migrations == ()
        assert status.next_step == "helmert plan --model NAME"


def test_status_asks_neither_store_nor_model(live: Project, servers: Endpoints) -> None:
    shutil.rmtree(live.folder / ".helmert" / "vectors.db", ignore_errors=True)
    (live.folder / ".helmert" / "vectors.db").unlink()
    before = servers.requests
    with live.open() as workspace:
        assert commands.status(workspace).aliases[0].behind == 0
    assert servers.requests == before
    assert not (live.folder / ".helmert" / "vectors.db").exists()


def test_status_tells_where_a_failed_migration_stopped(live: Project) -> None:
    urls = [line for line in live.settings.read_text().splitlines() if line.startswith("url = ") and "http" in line]
    with live.open() as workspace:
        commands.plan(workspace, model="large")
    live.edit(urls[1], 'url = "http://127.0.0.1:1/v1"')
    with live.open() as workspace:
        with pytest.raises(ProviderOutage):
            commands.apply(workspace)
        (line,) = commands.status(workspace).migrations
        assert line.standing.startswith("in stage create since ")
        assert "127.0.0.1:1" in line.standing
        assert commands.status(workspace).next_step.startswith("helmert apply docs")


def test_search_finds_and_filters(live: Project) -> None:
    with live.open() as workspace:
        found = commands.search(workspace, document(3).text, k=2)
        assert found.hits[0].id == "d003"
        assert (found.query, found.alias, found.model, found.generation) == (
            document(3).text,
            "docs_current",
            "small",
            1,
        )
        english = commands.search(workspace, document(3).text, k=30, filter={"lang": "en"})
        assert len(english.hits) == 15
        assert all(hit.metadata["lang"] == "en" for hit in english.hits)


def test_search_before_anything_is_live(project: Project) -> None:
    with project.open() as workspace, pytest.raises(NotFound, match="docs_current"):
        commands.search(workspace, "harbour")


def test_search_with_a_model_that_was_reconfigured(live: Project) -> None:
    live.edit("dims = 16\n", 'dims = 16\ndocument_prefix = "passage: "\n')
    with live.open() as workspace, pytest.raises(DifferentSpace, match="prepared differently"):
        commands.search(workspace, "harbour")


def test_writes_are_found_and_deletes_are_not(live: Project) -> None:
    with live.open() as workspace:
        assert commands.upsert(workspace, [document(77), document(78)]).seq == 2
        assert commands.search(workspace, document(77).text, k=1).hits[0].id == "d077"
        assert commands.delete(workspace, ["d077"]).followed.deleted == 1
        assert commands.search(workspace, document(77).text, k=1).hits[0].id != "d077"


def test_eval_scores_the_live_index(live: Project, tmp_path: Path) -> None:
    run = tmp_path / "run.trec"
    with live.open() as workspace:
        done = commands.evaluate(workspace, run_out=run)
        assert workspace.registry.evaluations.list(index=done.index)[0].id == "e1"
        assert len(workspace.registry.evaluations.list()) == 1
    assert (done.go, done.against, done.run_file) == (True, None, str(run))
    assert {line.split()[0] for line in run.read_text().splitlines()} == {f"q{number}" for number in range(30)}
    assert "decision" not in done.judgement


def test_eval_compares_two_indexes(ready: Project) -> None:
    with ready.open() as workspace:
        small, large = (record.name for record in workspace.registry.indexes.list())
        done = commands.evaluate(workspace, index=large, against=small)
        assert (done.go, done.index, done.against) == (True, large, small)
        workspace.store("default").delete(large, [f"d{number:03d}" for number in range(20)])
        worse = commands.evaluate(workspace, index=large, against=small)
        assert (worse.go, worse.exit_code) == (False, 1)
        with pytest.raises(NotFound, match="docs__other"):
            commands.evaluate(workspace, index="docs__other_v1__2026-01-01")


def test_eval_needs_queries_and_something_live(project: Project) -> None:
    with project.open() as workspace, pytest.raises(NotFound, match="Nothing is live for 'docs' yet"):
        commands.evaluate(workspace)
    project.edit('evalset = "labels"\n', "")
    with project.open() as workspace, pytest.raises(UsageError, match="no labelled queries"):
        commands.evaluate(workspace)


def fitted(project: Project, options: str) -> None:
    project.edit("[collections.docs]", f"[models.fitted]\n{options}\n\n[collections.docs]")


def test_fit_makes_a_model_of_the_documents(project: Project) -> None:
    fitted(project, 'provider = "lsa"\npath = "models/fitted"\ndims = 8')
    with project.open() as workspace:
        done = commands.fit(workspace, "fitted")
        assert (done.documents, done.dims, done.path) == (30, 8, "models/fitted")
        assert done.next_step == "helmert plan docs --model fitted"
        assert workspace.embedder("fitted").space.dims == 8
        assert commands.plan(workspace, model="fitted").plan.target_model == "fitted"


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("small", 'provider = "lsa"', "has provider 'openai'; only 'lsa' is fitted"),
        ("fitted", 'provider = "lsa"\ndims = 8', "needs `path`"),
        ("fitted", 'provider = "lsa"\npath = "x"\ndims = "many"', "needs `path` .* and `dims`"),
        ("missing", 'provider = "lsa"', "No model 'missing'.*Defined: fitted, large, small"),
    ],
)
def test_fit_refuses_what_is_not_fitted(project: Project, model: str, options: str, said: str) -> None:
    fitted(project, options)
    with project.open() as workspace, pytest.raises(UsageError, match=said):
        commands.fit(workspace, model)
    assert not (project.folder / "models").exists()
