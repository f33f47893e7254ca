"""The doctor finds what a migration would stumble over, says where, and looks at everything else all the same."""

from __future__ import annotations

from collections.abc import Sequence

from helmert import commands
from helmert.commands.diagnosing import Check, Diagnosis, Health
from helmert.registry import JournalEntry
from helmert.stores.base import IndexSpec
from helmert.testing.embedder import Faults, ToyEmbedder
from helmert.testing.openai_server import serve
from tests.commands.projects import Project
from tests.migration.world import document


def look(project: Project) -> Diagnosis:
    with project.open() as workspace:
        return commands.doctor(workspace)


def check(diagnosis: Diagnosis, subject: str) -> Check:
    return next(check for check in diagnosis.checks if check.subject == subject)


def bad(diagnosis: Diagnosis) -> Sequence[str]:
    return [check.subject for check in diagnosis.checks if check.health is Health.BAD]


def test_a_new_project_is_well(project: Project) -> None:
    diagnosis = look(project)
    assert [check.subject for check in diagnosis.checks] == [
        "registry",
        "store default",
        "model large",
        "model small",
        "documents of docs",
        "queries of docs",
    ]
    assert all(check.health is Health.GOOD for check in diagnosis.checks)
    assert (diagnosis.go, diagnosis.exit_code, diagnosis.next_step) == (True, 0, "helmert plan")
    assert check(diagnosis, "documents of docs").finding == "30 documents"


def test_what_is_live_is_looked_at(ready: Project) -> None:
    diagnosis = look(ready)
    assert diagnosis.go
    assert "live, 30 rows" in [c.finding for c in diagnosis.checks if c.subject.startswith("index docs__small")]
    assert "model 'small', generation 1" in check(diagnosis, "alias docs_current").finding
    assert "identical to its fingerprint" in check(diagnosis, "model small").finding


def test_it_changes_nothing(project: Project) -> None:
    look(project)
    with project.open() as workspace:
        assert workspace.registry.indexes.list() == ()
        assert workspace.store("default").list_indexes() == []
        assert workspace.registry.ledger.read() == ()


def test_a_broken_row_is_named_with_its_line(project: Project) -> None:
    corpus = project.folder / "corpus.jsonl"
    lines = corpus.read_text().splitlines()
    corpus.write_text("\n".join([*lines[:6], '{"id": "broken", "text":', *lines[6:]]) + "\n")
    diagnosis = look(project)
    assert "corpus.jsonl:7" in check(diagnosis, "documents of docs").finding
    assert diagnosis.exit_code == 1
    assert diagnosis.next_step != "helmert plan"
    project.edit('source = "corpus.jsonl"', 'source = "corpus.jsonl"\non_bad = "skip"')
    skipped = check(look(project), "documents of docs")
    assert (skipped.health, skipped.finding) == (Health.NOTE, "30 documents, 1 bad rows skipped")


def test_a_source_that_is_missing_is_named(project: Project) -> None:
    (project.folder / "corpus.jsonl").unlink()
    assert "corpus.jsonl" in check(look(project), "documents of docs").finding


def test_labels_of_documents_that_are_not_there_are_counted(project: Project) -> None:
    corpus = project.folder / "corpus.jsonl"
    corpus.write_text("".join(corpus.read_text().splitlines(keepends=True)[:-4]))
    found = check(look(project), "queries of docs")
    assert (found.health, found.finding) == (
        Health.NOTE,
        "30 labelled queries; 4 relevant documents are not in the collection",
    )
    assert found.remedy


def test_labels_that_fit_no_document_at_all_are_bad(project: Project) -> None:
    corpus = project.folder / "corpus.jsonl"
    corpus.write_text(corpus.read_text().replace('"id": "d', '"id": "doc-'))
    diagnosis = look(project)
    assert bad(diagnosis) == ["queries of docs"]
    assert diagnosis.next_step == "check that ids are written the same way on both sides"


def test_missing_labels_are_a_note(project: Project) -> None:
    project.edit('evalset = "labels"\n', "")
    found = check(look(project), "queries of docs")
    assert found.health is Health.NOTE
    assert "INCONCLUSIVE" in found.finding


def test_indexes_of_others_are_a_note(live: Project) -> None:
    with live.open() as workspace:
        space = "0123456789abcdef"
        workspace.store("default").create_index(IndexSpec(name="theirs__x_v1__2025-01-01", dims=3, space=space))
    found = check(look(live), "store default")
    assert found.health is Health.NOTE
    assert "1 managed indexes, 1 that Helmert does not manage: theirs__x_v1__2025-01-01" in found.finding


def test_an_index_that_is_gone_is_bad(live: Project) -> None:
    with live.open() as workspace:
        (name,) = workspace.store("default").list_indexes()
        workspace.store("default").drop_index(name)
    assert bad(look(live)) == [f"index {name}"]


def test_an_index_that_was_replaced_by_another_space_is_bad(live: Project) -> None:
    with live.open() as workspace:
        store = workspace.store("default")
        (name,) = store.list_indexes()
        store.drop_index(name)
        store.create_index(IndexSpec(name=name, dims=16, space="0123456789abcdef"))
    found = check(look(live), f"index {name}")
    assert found.health is Health.BAD
    assert "the store says space 0123456789abcdef" in found.finding


def test_a_model_that_changed_behind_its_name_is_bad(live: Project) -> None:
    with serve(ToyEmbedder(model="toy-small", dims=16, faults=Faults(swap_after=0))) as impostor:
        text = live.settings.read_text()
        url = next(line for line in text.splitlines() if line.startswith("url = ") and "http" in line)
        live.edit(url, f'url = "{impostor.url}"')
        diagnosis = look(live)
    found = check(diagnosis, "model small")
    assert found.health is Health.BAD
    assert "different to its fingerprint" in found.finding
    assert diagnosis.next_step == "ask the provider what changed before anything is written"


def test_a_model_that_does_not_answer_is_bad_and_the_rest_is_looked_at(project: Project) -> None:
    text = project.settings.read_text()
    url = [line for line in text.splitlines() if line.startswith("url = ") and "http" in line][1]
    project.edit(url, 'url = "http://127.0.0.1:1/v1"')
    diagnosis = look(project)
    assert bad(diagnosis) == ["model large"]
    assert "127.0.0.1:1" in check(diagnosis, "model large").finding


def test_a_write_that_was_interrupted_is_a_note(live: Project) -> None:
    with live.open() as workspace:
        entry = JournalEntry(op="upsert", id="late", text=document(40).text, hash="h")
        workspace.registry.journal.append_many("docs", [entry])
    diagnosis = look(live)
    found = next(check for check in diagnosis.checks if check.subject.startswith("index "))
    assert found.health is Health.NOTE
    assert "30 rows, 1 writes behind the journal" in found.finding


def test_a_registry_that_does_not_open_does_not_hide_the_rest(project: Project) -> None:
    project.edit("sqlite:///.helmert/registry.db", "sqlite:///corpus.jsonl")
    diagnosis = look(project)
    assert bad(diagnosis) == ["registry"]
    assert "corpus.jsonl" in check(diagnosis, "registry").finding
    assert check(diagnosis, "store default").health is Health.GOOD
    assert check(diagnosis, "model small").health is Health.GOOD
    assert check(diagnosis, "documents of docs").health is Health.GOOD


def test_a_store_that_does_not_open_is_bad(project: Project) -> None:
    project.edit("sqlite:///.helmert/vectors.db", "nowhere:///vectors")
    diagnosis = look(project)
    assert bad(diagnosis) == ["store default"]
    assert "nowhere" in check(diagnosis, "store default").finding
