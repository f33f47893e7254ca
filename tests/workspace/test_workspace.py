"""A workspace opens what is asked for, once, relative to its file, and closes what it opened."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helmert import commands
from helmert.config import load
from helmert.errors import ConfigError, NotFound, StoreFailure, UsageError
from helmert.telemetry import Event, StageFinished
from helmert.workspace import Workspace
from tests.commands.projects import Endpoints, Project, new_project


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_opening_touches_no_store_no_model_and_no_registry(project: Project, servers: Endpoints) -> None:
    (project.folder / ".helmert" / "registry.db").unlink()
    (project.folder / ".helmert").rmdir()
    before, requests = files(project.folder), servers.requests
    with project.open() as workspace:
        assert workspace.settings.collections["docs"].model == "small"
        assert workspace.collection("docs").model == "small"
        assert workspace.model("large").provider == "openai"
        assert workspace.only_collection(None) == "docs"
        assert workspace.alias("docs") == "docs_current"
        assert workspace.fields("docs")["year"] == "int"
        assert workspace.source("docs").name.endswith("corpus.jsonl")
    assert files(project.folder) == before
    assert not (project.folder / ".helmert").exists()
    assert servers.requests == requests


def test_a_verb_opens_only_what_it_needs(live: Project, servers: Endpoints) -> None:
    large = len(servers.large.requests)
    live.edit("[stores.default]", '[stores.unused]\nurl = "nowhere:///x"\n\n[stores.default]')
    with live.open() as workspace:
        commands.search(workspace, "harbour")
    assert len(servers.large.requests) == large


def test_it_is_found_from_a_folder_below(project: Project) -> None:
    below = project.folder / "a" / "b"
    below.mkdir(parents=True)
    with Workspace.open(below) as workspace:
        assert workspace.folder == project.folder.resolve()


def test_it_is_found_from_here(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    with Workspace.open() as workspace:
        assert workspace.folder == project.folder.resolve()


def test_no_file_is_an_error_that_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=str(tmp_path)):
        Workspace.open(tmp_path)


def test_every_path_is_relative_to_the_file(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (project.folder / ".helmert" / "registry.db").unlink()
    with project.open() as workspace:
        commands.plan(workspace)
        commands.apply(workspace)
        evalset = workspace.evalset("docs")
        assert evalset is not None
        assert len(evalset.queries) == 30
    assert list(elsewhere.iterdir()) == []
    assert {"registry.db", "vectors.db", "plans"} <= {path.name for path in (project.folder / ".helmert").iterdir()}


def test_absolute_paths_stay_where_they_are(project: Project, tmp_path: Path) -> None:
    away = tmp_path / "away"
    project.edit("sqlite:///.helmert/registry.db", f"sqlite:///{away}/registry.db")
    project.edit("sqlite:///.helmert/vectors.db", f"sqlite:///{away}/vectors.db")
    project.edit('source = "corpus.jsonl"', f'source = "{project.folder}/corpus.jsonl"')
    with project.open() as workspace:
        commands.plan(workspace)
        commands.apply(workspace)
    assert {"registry.db", "vectors.db"} <= {path.name for path in away.iterdir()}


def test_a_folder_with_any_name_works(servers: Endpoints, tmp_path: Path) -> None:
    folder = tmp_path / "what's up: 100% #1 & é"
    folder.mkdir()
    made = new_project(folder, servers, count=6)
    (folder / ".helmert" / "registry.db").unlink()
    with made.open() as workspace:
        commands.plan(workspace)
        assert commands.apply(workspace).state == "ready"
    assert (folder / ".helmert" / "registry.db").is_file()
    assert not any(path.name.startswith("what") and path != folder for path in tmp_path.iterdir())


def test_a_question_mark_would_end_the_path_of_the_registry(servers: Endpoints, tmp_path: Path) -> None:
    folder = tmp_path / "what now?"
    folder.mkdir()
    with new_project(folder, servers, count=3).open() as workspace, pytest.raises(UsageError, match="question mark"):
        commands.status(workspace)
    assert [path.name for path in tmp_path.iterdir()] == ["what now?"]


def test_a_registry_that_has_no_place_says_so(project: Project) -> None:
    project.edit("sqlite:///.helmert/registry.db", "sqlite:///corpus.jsonl/registry.db")
    with project.open() as workspace, pytest.raises(StoreFailure, match=r"corpus\.jsonl") as caught:
        commands.status(workspace)
    assert "registry" in str(caught.value.next_step)


def test_a_registry_of_another_kind_says_so(project: Project) -> None:
    project.edit("sqlite:///.helmert/registry.db", "mysql://somewhere/db")
    with project.open() as workspace, pytest.raises(UsageError, match="mysql"):
        commands.status(workspace)


def test_what_is_opened_is_opened_once(project: Project) -> None:
    with project.open() as workspace:
        assert workspace.store("default") is workspace.store("default")
        assert workspace.embedder("small") is workspace.embedder("small")
        assert workspace.registry is workspace.registry
        assert workspace.evalset("docs") is workspace.evalset("docs")


def test_threads_share_what_is_opened(project: Project, servers: Endpoints) -> None:
    with project.open() as workspace:
        found, start = [], threading.Barrier(6)

        def ask() -> None:
            start.wait()
            found.append((workspace.store("default"), workspace.embedder("small")))

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(found)) == 1


def test_the_label_of_a_model_is_its_name_unless_it_has_one(project: Project) -> None:
    project.edit('model = "toy-large"', 'model = "toy-large"\nlabel = "grand"')
    with project.open() as workspace:
        assert workspace.embedder("small").space.label == "small"
        assert workspace.embedder("large").space.label == "grand"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda w: w.store("fast"), "No store 'fast' in helmert.toml. Defined: default."),
        (lambda w: w.embedder("huge"), "No model 'huge' in helmert.toml. Defined: large, small."),
        (lambda w: w.model("huge"), "No model 'huge' in helmert.toml. Defined: large, small."),
        (lambda w: w.collection("more"), "No collection 'more' in helmert.toml. Defined: docs."),
        (lambda w: w.only_collection("more"), "No collection 'more' in helmert.toml. Defined: docs."),
        (lambda w: w.source("more"), "No collection 'more' in helmert.toml. Defined: docs."),
        (lambda w: w.alias("more"), "No collection 'more' in helmert.toml. Defined: docs."),
    ],
)
def test_an_unknown_name_is_told_with_the_known_ones(project: Project, ask: object, said: str) -> None:
    with project.open() as workspace:
        with pytest.raises(NotFound) as caught:
            ask(workspace)  # type: ignore[operator]
        assert caught.value.message == said
        assert str(caught.value.next_step).startswith("add [")


def test_which_collection_is_asked_for_when_it_is_not_clear(project: Project) -> None:
    project.edit("[gate]", '[collections.more]\nsource = "corpus.jsonl"\nmodel = "large"\nalias = "extra"\n\n[gate]')
    with project.open() as workspace:
        with pytest.raises(NotFound, match=r"Which collection\? Defined: docs, more"):
            workspace.only_collection(None)
        assert workspace.only_collection("more") == "more"
        assert workspace.alias("more") == "extra"


def test_no_collection_at_all_is_said(tmp_path: Path) -> None:
    (tmp_path / "helmert.toml").write_text("")
    with Workspace.open(tmp_path) as workspace, pytest.raises(NotFound, match="Defined: none"):
        workspace.only_collection(None)


def test_closing_again_is_no_error(live: Project) -> None:
    workspace = Workspace.open(live.folder)
    commands.search(workspace, "harbour")
    store = workspace.store("default")
    workspace.close()
    workspace.close()
    with pytest.raises(StoreFailure, match="closed"):
        store.list_indexes()


def test_closing_what_was_never_used_opens_nothing(project: Project) -> None:
    before = files(project.folder)
    Workspace.open(project.folder).close()
    assert files(project.folder) == before


def test_no_thread_stays_behind(live: Project) -> None:
    before = set(threading.enumerate())
    with live.open() as workspace:
        commands.plan(workspace, model="large")
        commands.apply(workspace)
    served = {thread for thread in threading.enumerate() if "process_request" in thread.name}
    assert set(threading.enumerate()) - before - served == set()


def test_time_comes_in_as_an_argument(project: Project) -> None:
    heard: list[Event] = []
    moment = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)
    settings = load(project.settings)
    with Workspace(settings, project.folder, listener=heard.append, clock=lambda: moment) as workspace:
        planned = commands.plan(workspace)
        assert planned.plan.target_index == "docs__small_v1__2031-05-06"
        assert planned.plan.created_at == "2031-05-06T07:08:00+00:00"
        commands.apply(workspace)
        assert workspace.registry.evaluations.list()[0].at == moment
    assert [event.stage for event in heard if isinstance(event, StageFinished)][-1] == "evaluate"


def test_who_acts_is_written_down(live: Project) -> None:
    with live.open() as workspace:
        assert "@" in workspace.owner
        assert (
            workspace.registry.aliases.history("docs_current")[0].who.rpartition(":")[0]
            == (workspace.owner.rpartition(":")[0])
        )
