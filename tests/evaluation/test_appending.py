"""Labels added one by one: none that was acknowledged is lost, whatever ends the process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helmert.errors import BadInput, UsageError
from helmert.evaluation import EvalSet, LabelFacts, read_evalset
from helmert.evaluation.labels import Label, Labels
from helmert.evaluation.manifest import read_manifest
from helmert.evaluation.writers import accept_evalset, append_labels, write_evalset
from tests.evaluation.sets import NOON, evalsets, noon, small_set, span

ROOT = Path(__file__).parents[2]
HANG_SECONDS = 60
BY_ANN = LabelFacts(origin="human", by="ann")
FIRST = Label(query="q3", document="d1", grade=1, facts=BY_ANN)
SECOND = Label(query="q1", document="d7", grade=0, facts=replace(BY_ANN, spans=(span(2, 5),)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_evalset(small_set(), tmp_path / "set", clock=noon)
    return tmp_path / "set"


def test_labels_are_in_the_set_and_in_its_manifest(folder: Path) -> None:
    grown = append_labels(folder, [FIRST], clock=noon)
    assert grown.qrels["q3"] == {"d1": 1}
    assert grown.label("q3", "d1").facts == LabelFacts(origin="human", by="ann", at=NOON.isoformat())
    assert read_evalset(folder) == grown
    grown = append_labels(folder, [SECOND], clock=noon)
    assert read_evalset(folder) == grown
    manifest = read_manifest(folder)
    assert manifest is not None
    assert (manifest.digest, manifest.rows) == (grown.digest, 5)
    assert (folder / "qrels" / "test.tsv").read_text().splitlines()[-1] == (
        "q1\td7\t0\thuman\tann\t2026-03-01T12:00:00+00:00\t2\t5"
    )


def test_tools_that_read_three_columns_read_the_file(folder: Path) -> None:
    append_labels(folder, [FIRST, SECOND], clock=noon)
    rows = [row.split("\t") for row in (folder / "qrels" / "test.tsv").read_text().splitlines()]
    assert [row[:3] for row in rows] == [
        ["query-id", "corpus-id", "score"],
        ["q1", "d1", "1"],
        ["q1", "d2", "0"],
        ["q2", "d3", "2"],
        ["q3", "d1", "1"],
        ["q1", "d7", "0"],
    ]


def test_a_second_statement_about_a_pair_is_no_repetition(folder: Path) -> None:
    append_labels(folder, [Label(query="q2", document="d3", grade=1, facts=BY_ANN)], clock=noon)
    read = read_evalset(folder)
    assert read.qrels["q2"] == {"d3": 1}
    assert read.notes.repeated == 0
    append_labels(folder, [Label(query="q2", document="d3", grade=3, facts=BY_ANN)], clock=noon)
    assert read_evalset(folder).label("q2", "d3").facts.by == "ann"
    assert read_evalset(folder).notes.repeated == 1


@given(evalset=evalsets(), data=st.data())
def test_adding_is_reading_what_was_added(
    evalset: EvalSet, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("sets") / "set"
    whole = list(evalset.labels())
    assume(whole)
    cut = data.draw(st.integers(0, len(whole)))
    first = Labels().add_all(whole[:cut])
    write_evalset(replace(evalset, qrels=first.grades, label_facts=first.facts), folder, clock=noon)
    for label in whole[cut:]:
        grown = append_labels(folder, [label], clock=noon)
        assert grown == read_evalset(folder)
    assert read_evalset(folder).digest == evalset.digest


def test_a_crash_before_the_manifest_is_written(folder: Path) -> None:
    stale = (folder / "manifest.json").read_bytes()
    grown = append_labels(folder, [FIRST], clock=noon)
    (folder / "manifest.json").write_bytes(stale)
    assert read_evalset(folder) == grown
    assert append_labels(folder, [SECOND], clock=noon) == read_evalset(folder)
    assert {label.document for label in read_evalset(folder).labels()} == {"d1", "d2", "d3", "d7"}


def test_a_row_that_was_cut_off_anywhere(folder: Path) -> None:
    append_labels(folder, [FIRST], clock=noon)
    stale, before = (folder / "manifest.json").read_bytes(), read_evalset(folder)
    qrels = folder / "qrels" / "test.tsv"
    known = len(qrels.read_bytes())
    after = append_labels(folder, [replace(SECOND, facts=BY_ANN)], clock=noon)
    whole = qrels.read_bytes()
    for end in range(known, len(whole)):
        qrels.write_bytes(whole[:end])
        (folder / "manifest.json").write_bytes(stale)
        assert read_evalset(folder) == before
        assert append_labels(folder, [replace(SECOND, facts=BY_ANN)], clock=noon) == after == read_evalset(folder)
        assert qrels.read_bytes() == whole


def test_a_crash_between_the_wider_header_and_the_label(folder: Path) -> None:
    qrels = folder / "qrels" / "test.tsv"
    narrow = qrels.read_bytes()
    append_labels(folder, [FIRST], clock=noon)
    write_evalset(small_set(), folder, clock=noon, replace=True)
    qrels.write_bytes(narrow.replace(b"score", b"score\torigin\tby\tat", 1))
    assert read_evalset(folder) == small_set()
    assert append_labels(folder, [FIRST], clock=noon) == read_evalset(folder)


def test_a_last_row_that_a_person_left_open_is_closed(folder: Path) -> None:
    qrels = folder / "qrels" / "test.tsv"
    qrels.write_bytes(qrels.read_bytes().rstrip(b"\n"))
    assert read_evalset(folder) == small_set()
    assert append_labels(folder, [FIRST], clock=noon) == read_evalset(folder)
    assert len(list(read_evalset(folder).labels())) == 4


@pytest.mark.parametrize(
    "label",
    [
        Label(query="nobody", document="d1", grade=1, facts=BY_ANN),
        Label(query="q1", document="d\t1", grade=1, facts=BY_ANN),
        Label(query="q1", document="d1", grade=float("nan"), facts=BY_ANN),
        Label(query="q1", document="d1", grade=1, facts=replace(BY_ANN, by="a\nb")),
    ],
)
def test_a_wrong_label_among_right_ones_adds_nothing(label: Label, folder: Path) -> None:
    before = (folder / "qrels" / "test.tsv").read_bytes()
    with pytest.raises(UsageError):
        append_labels(folder, [FIRST, label], clock=noon)
    assert (folder / "qrels" / "test.tsv").read_bytes() == before


def test_a_set_that_was_changed_by_hand_takes_no_labels(folder: Path) -> None:
    qrels = folder / "qrels" / "test.tsv"
    qrels.write_text(qrels.read_text().replace("q2\td3\t2", "q2\td3\t1"))
    with pytest.raises(BadInput, match="does not describe"):
        append_labels(folder, [FIRST], clock=noon)


@pytest.mark.parametrize("rows", ["q1\td1\t1\n", "\n\nq1\td1\t1", "\ufeffquery-id\tcorpus-id\tscore\nq1\td1\t1\n"])
def test_a_folder_of_others_takes_labels_once_it_is_accepted(rows: str, tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "x"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text(rows, encoding="utf-8")
    with pytest.raises(UsageError, match="has no manifest"):
        append_labels(tmp_path, [SECOND], clock=noon)
    accept_evalset(tmp_path, clock=noon)
    assert append_labels(tmp_path, [SECOND], clock=noon) == read_evalset(tmp_path)
    assert read_evalset(tmp_path).qrels == {"q1": {"d1": 1, "d7": 0}}


def test_four_columns_have_no_room_for_origins(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "x"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("q1\t0\td1\t1\n")
    accept_evalset(tmp_path, clock=noon)
    with pytest.raises(UsageError, match="four columns of TREC"):
        append_labels(tmp_path, [SECOND], clock=noon)
    assert read_evalset(tmp_path).qrels == {"q1": {"d1": 1}}


LABELLING = """
import sys
from pathlib import Path
from helmert.evaluation import LabelFacts
from helmert.evaluation.labels import Label
from helmert.evaluation.writers import append_labels
from helmert.types import system_clock

for number in range(10_000):
    label = Label(query="q3", document=f"n{number}", grade=1, facts=LabelFacts(origin="human", by="ann"))
    append_labels(Path(sys.argv[1]), [label], clock=system_clock)
    print(number, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 20])
def test_a_killed_labelling_session_loses_nothing(acknowledged: int, folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", LABELLING, str(folder)], stdout=subprocess.PIPE, cwd=ROOT) as session:
        assert session.stdout is not None
        seen = [int(session.stdout.readline()) for _ in range(acknowledged)]
        session.kill()
        seen += [int(line) for line in session.stdout.read().splitlines()]
        session.wait(HANG_SECONDS)
    found = set(read_evalset(folder).qrels["q3"])
    assert {f"n{number}" for number in seen} <= found <= {f"n{number}" for number in range(len(seen) + 1)}
    append_labels(folder, [SECOND], clock=noon)
    assert read_evalset(folder).qrels["q1"]["d7"] == 0
