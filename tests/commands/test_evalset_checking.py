"""`helmert evalset check` finds the documents, runs the checks and says go or no-go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helmert.commands.evalset_checking import check
from helmert.errors import BadInput, NotFound, UsageError
from helmert.evaluation import read_evalset
from helmert.evaluation.writers import write_evalset
from helmert.types import Document
from tests.commands.projects import Project
from tests.evaluation.sets import noon, small_set

DOCUMENTS = [Document(id=f"d{number}", text=f"text number {number}") for number in (1, 2, 3)]


def kinds(outcome: object) -> set[str]:
    return {problem.kind for problem in getattr(outcome, "problems", ())}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_evalset(small_set(), tmp_path / "set", clock=noon, documents=DOCUMENTS)
    return tmp_path / "set"


def test_the_documents_of_the_folder(folder: Path) -> None:
    outcome = check(folder)
    assert outcome.exit_code == 0
    assert (outcome.name, outcome.documents, outcome.corpus) == ("small", 3, str(folder))
    assert outcome.contents["answerable"] == 2
    assert kinds(outcome) == {"few-queries", "unjudged-queries", "unknown-origin"}
    assert "helmert eval" in outcome.next_step
    assert json.loads(json.dumps(outcome.to_dict()))["problems"][0]["severity"] == "warning"


def test_a_corpus_that_is_named_goes_first(folder: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"id": "d1", "text": "x"}\n{"id": "d3", "text": " "}\n{"id": "d1", "text": "y"}\n')
    outcome = check(folder, corpus=corpus)
    assert outcome.exit_code == 1
    assert {"dangling-documents", "unusable-rows"} <= kinds(outcome)
    assert outcome.problems[0].kind == "dangling-documents"
    assert outcome.next_step == outcome.problems[0].remedy
    (rows,) = (problem for problem in outcome.problems if problem.kind == "unusable-rows")
    assert rows.examples[0].startswith(f"{corpus}:2: the text is empty")


def test_the_collection_that_names_the_set(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    outcome = check(Path("labels"))
    assert (outcome.exit_code, outcome.documents) == (0, 30)
    assert outcome.corpus == str(project.folder / "corpus.jsonl")


def test_without_documents_half_of_the_checks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.jsonl").write_text('{"id": "q1", "text": "x", "relevant": ["d1"]}\n')
    outcome = check(Path("labels.jsonl"))
    assert (outcome.exit_code, outcome.documents, outcome.corpus) == (0, None, None)
    assert outcome.next_step == "helmert evalset check labels.jsonl --corpus DOCUMENTS"


def test_a_changed_folder_is_accepted_when_asked(folder: Path) -> None:
    qrels = folder / "qrels" / "test.tsv"
    qrels.write_text(qrels.read_text().replace("q2\td3\t2", "q2\td3\t1"))
    with pytest.raises(BadInput, match="does not describe") as caught:
        check(folder)
    assert "--accept" in str(caught.value.next_step)
    outcome = check(folder, accept=True, clock=noon)
    assert outcome.accepted
    assert outcome.digest == read_evalset(folder).digest
    assert check(folder).digest == outcome.digest


def test_what_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        check(tmp_path / "nothing")
    (tmp_path / "labels.jsonl").write_text("")
    with pytest.raises(UsageError, match="Only a folder has a manifest"):
        check(tmp_path / "labels.jsonl", accept=True)
    with pytest.raises(BadInput, match="cannot be read"):
        check(tmp_path / "labels.jsonl", corpus=tmp_path / "nothing")


def test_documents_that_are_in_the_collection_as_chunks_are_not_dangling(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    rows = [json.loads(line) for line in (project.folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    pieces = [
        {"id": f"{row['id']}#{place}", "text": word, "page": row["id"], "start": place, "end": place + 1}
        for row in rows
        for place, word in enumerate(row["text"].split())
    ]
    (project.folder / "corpus.jsonl").write_text(
        "".join(json.dumps(piece) + "\n" for piece in pieces), encoding="utf-8"
    )
    assert {"dangling-documents"} <= kinds(check(Path("labels")))
    project.edit(
        'evalset = "labels"', 'evalset = "labels"\nchunk_fields = { document = "page" }\nmetadata_fields = ["lang"]'
    )
    outcome = check(Path("labels"))
    assert (outcome.exit_code, outcome.documents) == (0, len(pieces))
    assert outcome.overlap is None or outcome.overlap.queries
