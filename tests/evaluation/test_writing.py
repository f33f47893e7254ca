"""Sets written to folders: the same set comes back, in one piece or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from helmert.corpus import open_source
from helmert.errors import BadInput, NotFound, UsageError
from helmert.evaluation import EvalSet, LabelFacts, QueryFacts, read_evalset
from helmert.evaluation.manifest import read_manifest
from helmert.evaluation.writers import accept_evalset, write_evalset
from helmert.types import Document, Query
from tests.evaluation.sets import evalsets, noon, small_set, span, stated_set


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@given(evalset=evalsets())
def test_what_was_written_is_read(evalset: EvalSet, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("sets") / "set"
    written = write_evalset(evalset, folder, clock=noon)
    read = read_evalset(folder)
    assert read == evalset
    assert read.digest == evalset.digest == written.digest
    assert read.notes == evalset.notes
    again = folder.with_name("again")
    write_evalset(read, again, clock=noon)
    assert files(again) == files(folder)


def test_a_plain_set_has_the_three_columns_that_every_tool_reads(tmp_path: Path) -> None:
    write_evalset(small_set(), tmp_path / "set", clock=noon)
    assert (tmp_path / "set" / "qrels" / "test.tsv").read_text().splitlines() == [
        "query-id\tcorpus-id\tscore",
        "q1\td1\t1",
        "q1\td2\t0",
        "q2\td3\t2",
    ]


def test_named_columns_follow_the_three(tmp_path: Path) -> None:
    write_evalset(stated_set(), tmp_path / "set", clock=noon)
    rows = (tmp_path / "set" / "qrels" / "test.tsv").read_text().splitlines()
    assert rows[0] == "query-id\tcorpus-id\tscore\torigin\tby\tat\tstart\tend"
    assert rows[1:3] == ["q1\td1\t1\thuman\tann\t2026-03-01\t3\t9", "q1\td1\t1\thuman\tann\t2026-03-01\t20\t25"]
    assert all(row.split("\t")[:3] for row in rows)


def test_the_manifest_says_what_the_set_holds(tmp_path: Path) -> None:
    documents = [Document(id="d1", text="a"), Document(id="d2", text="b")]
    write_evalset(stated_set(), tmp_path / "set", clock=noon, documents=documents)
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert manifest["name"] == "small"
    assert manifest["digest"] == stated_set().digest
    assert manifest["written"] == "2026-03-01T12:00:00+00:00"
    assert (manifest["queries"], manifest["answerable"], manifest["judgements"], manifest["documents"]) == (3, 2, 3, 2)
    assert manifest["origins"] == {"human": 1, "click": 1, "unknown": 1}
    assert manifest["clusters"] == {"count": 1, "queries": 1, "largest": 1}
    assert manifest["slices"] == {"kind": {"code": 1}, "language": {"de": 1}}
    assert manifest["weights"] == {"min": 1.0, "max": 2.5, "sum": 4.5}
    assert manifest["sampling"]["pool"] == {"bm25": 20, "minilm": 20}


def test_documents_come_back_as_they_were(tmp_path: Path) -> None:
    documents = [
        Document(id="d1", text="a title\nthe text", metadata={"title": "a title", "year": 1999}),
        Document(id="d2", text="no title", metadata={"lang": "de", "draft": True}),
        Document(id="d3", text="text", metadata={"title": "not in the text"}),
        Document(id="d4", text="alone\n ", metadata={"title": "alone"}),
        Document(id="d5", text="plain"),
    ]
    write_evalset(small_set(), tmp_path / "set", clock=noon, documents=documents)
    read = list(open_source(tmp_path / "set", text_fields=None).documents())
    assert [document.id for document in read] == ["d1", "d2", "d3", "d4", "d5"]
    assert [read[place] for place in (0, 1, 4)] == [documents[place] for place in (0, 1, 4)]
    assert read[3].text == documents[3].text


@pytest.mark.parametrize(
    ("evalset", "documents", "message"),
    [
        (EvalSet(name="x", queries=(Query(id="q\t1", text="x"),), qrels={"q\t1": {"d": 1}}), None, "tab or a line end"),
        (EvalSet(name="x", queries=(Query(id="q", text="x"),), qrels={"q": {"d\n": 1}}), None, "tab or a line end"),
        (EvalSet(name="x", queries=(Query(id="q", text="x"),), qrels={"q": {"": 1}}), None, "an id is empty"),
        (EvalSet(name="x", queries=(Query(id="q", text=" "),), qrels={}), None, "needs an id and a text"),
        (EvalSet(name="x", queries=(Query(id="q", text="\ud800"),), qrels={}), None, "cannot be written as JSON"),
        (
            replace(small_set(), label_facts={("q1", "d1"): LabelFacts(by="two\nlines")}),
            None,
            "tab or a line end",
        ),
        (small_set(), [Document(id="d", text="x"), Document(id="d", text="y")], "an id of their own"),
        (small_set(), [Document(id="d", text=" ")], "need a text"),
        (small_set(), [Document(id="d", text="x", metadata={"text": "y"})], "metadata called 'text'"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(
    evalset: EvalSet, documents: list[Document] | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        write_evalset(evalset, tmp_path / "set", clock=noon, documents=documents)
    assert list(tmp_path.iterdir()) == []


def test_documents_that_fail_half_way_leave_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[Document]:
        yield Document(id="d", text="x")
        raise BadInput("broken", path="elsewhere")

    write_evalset(small_set(), tmp_path / "set", clock=noon)
    before = files(tmp_path)
    with pytest.raises(BadInput):
        write_evalset(stated_set(), tmp_path / "set", clock=noon, documents=failing(), replace=True)
    assert files(tmp_path) == before


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    write_evalset(small_set(), tmp_path / "set", clock=noon)
    with pytest.raises(UsageError, match="exists already"):
        write_evalset(stated_set(), tmp_path / "set", clock=noon)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not written by Helmert"):
        write_evalset(small_set(), tmp_path / "other", clock=noon, replace=True)
    (tmp_path / "set" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds 'notes\.txt'"):
        write_evalset(small_set(), tmp_path / "set", clock=noon, replace=True)
    assert read_evalset(tmp_path / "set") == small_set()


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    write_evalset(small_set(), tmp_path / "set", clock=noon)
    assert read_evalset(tmp_path / "set") == small_set()


def test_a_set_that_is_replaced_keeps_its_documents(tmp_path: Path) -> None:
    write_evalset(small_set(), tmp_path / "set", clock=noon, documents=[Document(id="d1", text="kept")])
    manifest = write_evalset(stated_set(), tmp_path / "set", clock=noon, replace=True)
    assert read_evalset(tmp_path / "set") == stated_set()
    assert [document.text for document in open_source(tmp_path / "set").documents()] == ["kept"]
    assert manifest.documents == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]


@pytest.mark.parametrize("moves", [0, 1])
def test_a_crash_while_replacing_loses_nothing(moves: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "set"
    write_evalset(small_set(), folder, clock=noon)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dying(Path.rename, after=moves))
        with pytest.raises(Died):
            write_evalset(stated_set(), folder, clock=noon, replace=True)
    if moves:
        with pytest.raises(NotFound, match="was interrupted") as caught:
            read_evalset(folder)
        assert str(caught.value.next_step).startswith("mv ")
    else:
        assert read_evalset(folder) == small_set()
    with pytest.raises(UsageError, match="exists already"):
        write_evalset(stated_set(), folder, clock=noon)
    assert read_evalset(folder) == small_set()
    write_evalset(stated_set(), folder, clock=noon, replace=True)
    assert read_evalset(folder) == stated_set()
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


class Died(BaseException):
    """The process ended here."""


def dying(move: Callable[..., Path], *, after: int) -> Callable[..., Path]:
    moved = [0]

    def rename(self: Path, target: Path) -> Path:
        if moved[0] == after:
            raise Died
        moved[0] += 1
        return move(self, target)

    return rename


def test_files_that_are_not_what_the_manifest_describes(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_evalset(stated_set(), folder, clock=noon)
    qrels = folder / "qrels" / "test.tsv"
    qrels.write_text(qrels.read_text().replace("q2\td3\t2", "q2\td3\t1"))
    with pytest.raises(BadInput, match="does not describe the files beside it") as caught:
        read_evalset(folder)
    assert caught.value.path.endswith("manifest.json")
    assert f"helmert evalset check {folder} --accept" in str(caught.value.next_step)
    accept_evalset(folder, clock=noon)
    accepted = read_evalset(folder)
    assert accepted == replace(stated_set(), qrels={"q1": {"d1": 1, "d2": 0}, "q2": {"d3": 1}})


@pytest.mark.parametrize("change", ['"weight":2.5', '"cluster":"c"', '"kind":"code"', '"text":"third"'])
def test_every_change_that_alters_scores_is_seen(change: str, tmp_path: Path) -> None:
    write_evalset(stated_set(), tmp_path / "set", clock=noon)
    queries = tmp_path / "set" / "queries.jsonl"
    text = queries.read_text()
    assert change in text
    queries.write_text(text.replace(change, change.replace("2.5", "3.5").replace("c", "x").replace("third", "3rd")))
    with pytest.raises(BadInput, match="does not describe"):
        read_evalset(tmp_path / "set")


def test_rows_that_somebody_added_without_a_moment_are_refused(tmp_path: Path) -> None:
    write_evalset(small_set(), tmp_path / "set", clock=noon)
    with (tmp_path / "set" / "qrels" / "test.tsv").open("a") as stream:
        stream.write("q3\td9\t1\n")
    with pytest.raises(BadInput, match=r"1 rows of test\.tsv were added without saying when"):
        read_evalset(tmp_path / "set")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ('{"helmert_evalset": 2}', "reads form 1"),
        ('{"helmert_evalset": 1}', "lacks name, split, digest"),
        (
            '{"helmert_evalset": 1, "name": "x", "split": "test", "digest": "d", "rows": 0, "all_queries": true,'
            ' "documents": null, "sampling": {"method": "best"}}',
            "sampling is",
        ),
    ],
)
def test_manifests_that_cannot_be_read(content: str, message: str, tmp_path: Path) -> None:
    write_evalset(small_set(), tmp_path / "set", clock=noon)
    (tmp_path / "set" / "manifest.json").write_text(content)
    with pytest.raises(BadInput, match=message) as caught:
        read_evalset(tmp_path / "set")
    assert caught.value.next_step


def test_a_manifest_of_another_program_is_none_of_ours(tmp_path: Path) -> None:
    write_evalset(small_set(), tmp_path / "set", clock=noon)
    (tmp_path / "set" / "manifest.json").write_text('{"files": ["qrels/test.tsv"]}')
    assert read_manifest(tmp_path / "set") is None
    assert read_evalset(tmp_path / "set").notes.unjudged == 1


def test_a_folder_of_others_can_be_accepted(tmp_path: Path) -> None:
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "x"}\n{"_id": "q2", "text": "y"}\n')
    (folder / "qrels" / "test.tsv").write_text("q1\td1\t1")
    (folder / "qrels" / "dev.tsv").write_text("q2\td1\t1\n")
    before = read_evalset(folder)
    manifest = accept_evalset(folder, clock=noon)
    assert read_evalset(folder) == before
    assert (manifest.rows, manifest.all_queries, manifest.digest) == (1, False, before.digest)
    assert [query.id for query in read_evalset(folder, "dev").queries] == ["q2"]


def test_facts_of_strangers_count_for_nothing(tmp_path: Path) -> None:
    stray = replace(
        small_set(),
        query_facts={"nobody": QueryFacts(cluster="c")},
        label_facts={("q1", "nothing"): LabelFacts(spans=(span(0, 1),))},
    )
    assert stray.digest == small_set().digest
    write_evalset(stray, tmp_path / "set", clock=noon)
    assert read_evalset(tmp_path / "set") == small_set()
