"""What files state beside ids, texts and grades: the same names in every format, and ways to write them wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helmert.errors import BadInput
from helmert.evaluation import EvalSet, LabelFacts, QueryFacts, read_evalset
from tests.evaluation.sets import span
from tests.evaluation.test_readers import beir, file

HEADER = "query-id\tcorpus-id\tscore\torigin\tby\tat\tstart\tend\n"
ONE_QUERY = '{"_id": "q1", "text": "x"}\n'


def stated(row: dict[str, object], folder: Path) -> QueryFacts:
    """The facts of one query of a BEIR folder, which must be those of the same line of JSONL."""
    line = json.dumps({"_id": "q1", "text": "x", **row})
    from_beir = read_evalset(beir(folder / "beir", {"test": "q1\td1\t1\n"}, line)).facts("q1")
    with_labels = json.dumps({"id": "q1", "text": "x", "relevant": ["d1"], **row})
    assert read_evalset(file(folder, "set.jsonl", with_labels)).facts("q1") == from_beir
    return from_beir


@pytest.mark.parametrize(
    ("row", "facts"),
    [
        ({}, QueryFacts()),
        ({"cluster": "c1", "weight": 3}, QueryFacts(cluster="c1", weight=3.0)),
        ({"slices": {"kind": "code", "age": "new"}}, QueryFacts(slices={"kind": "code", "age": "new"})),
        ({"cluster": 7, "weight": "2.5"}, QueryFacts(cluster="7", weight=2.5)),
        ({"language": "de"}, QueryFacts(slices={"language": "de"})),
        ({"lang": "de", "slices": {"kind": "code"}}, QueryFacts(slices={"kind": "code", "language": "de"})),
        ({"lang": "de", "slices": {"language": "de"}}, QueryFacts(slices={"language": "de"})),
        ({"metadata": {"lang": "de", "cluster": "c", "url": "x"}}, QueryFacts(cluster="c", slices={"language": "de"})),
        ({"cluster": "row", "metadata": {"cluster": "inner"}}, QueryFacts(cluster="row")),
        ({"slices": {"year": 2024, "draft": True, "none": None}}, QueryFacts(slices={"year": "2024", "draft": "true"})),
        ({"cluster": None, "weight": None, "slices": None, "lang": ""}, QueryFacts()),
        ({"metadata": "free text"}, QueryFacts()),
    ],
)  # fmt: skip
def test_facts_of_queries(row: dict[str, object], facts: QueryFacts, tmp_path: Path) -> None:
    assert stated(row, tmp_path) == facts


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"weight": "heavy"}, "weight 'heavy' is not a number"),
        ({"weight": True}, "weight True is not a number"),
        ({"weight": 0}, r"above 0 and finite; got 0\.0"),
        ({"weight": -1}, r"got -1\.0"),
        ({"weight": "inf"}, "got inf"),
        ({"cluster": ["c"]}, "'cluster' must be a text"),
        ({"slices": "code"}, '"slices" must be an object'),
        ({"slices": {"kind": ["a", "b"]}}, r"'slices\.kind' must be a text"),
        ({"language": "de", "slices": {"language": "en"}}, "'language' says 'de' and the slice language says 'en'"),
        ({"language": {"code": "de"}}, "'language' must be a text"),
    ],
)
def test_wrong_facts_of_queries(row: dict[str, object], message: str, tmp_path: Path) -> None:
    lines = ONE_QUERY + json.dumps({"_id": "q2", "text": "x", **row})
    with pytest.raises(BadInput, match=message) as caught:
        read_evalset(beir(tmp_path, {"test": "q1\td1\t1\n"}, lines))
    assert caught.value.line == 2
    assert caught.value.next_step


def labelled(rows: str, folder: Path, header: str = HEADER) -> EvalSet:
    return read_evalset(beir(folder, {"test": header + rows}, ONE_QUERY))


def test_columns_that_follow_the_grade(tmp_path: Path) -> None:
    evalset = labelled("q1\td1\t2\thuman\tann\t2026-03-01\t4\t9\n", tmp_path)
    assert evalset.qrels == {"q1": {"d1": 2}}
    facts = LabelFacts(origin="human", by="ann", at="2026-03-01", spans=(span(4, 9),))
    assert evalset.label_facts == {("q1", "d1"): facts}


def test_columns_in_any_order_and_only_some_of_them(tmp_path: Path) -> None:
    header = "Query-ID\tCorpus-ID\tScore\tEnd\tStart\tOrigin\n"
    evalset = labelled("q1\td1\t1\t9\t4\tclick\n", tmp_path, header)
    assert evalset.label("q1", "d1").facts == LabelFacts(origin="click", spans=(span(4, 9),))


def test_cells_at_the_end_may_be_missing(tmp_path: Path) -> None:
    evalset = labelled("q1\td1\t1\nq1\td2\t1\tjudge\nq1\td3\t1\t\t\t\t\t\n", tmp_path)
    assert set(evalset.qrels["q1"]) == {"d1", "d2", "d3"}
    assert evalset.label_facts == {("q1", "d2"): LabelFacts(origin="judge")}


def test_several_passages_of_one_document_are_several_statements(tmp_path: Path) -> None:
    rows = "q1\td1\t1\t\t\t\t10\t20\nq1\td1\t3\t\t\t\t0\t5\nq1\td1\t0\t\t\t\t30\t40\n"
    evalset = labelled(rows, tmp_path)
    assert evalset.qrels == {"q1": {"d1": 3}}
    assert evalset.label("q1", "d1").facts.spans == (span(0, 5), span(10, 20))
    assert evalset.notes.repeated == 0
    assert labelled(rows * 2, tmp_path / "twice").notes.repeated == 3


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("q1\td1\t1\trobot", "origin 'robot' is not one of human, click, synthetic, judge, unknown"),
        ("q1\td1\t1\t\t\tyesterday", "got 'yesterday'"),
        ("q1\td1\t1\t\t\t\t4\t", "end of a span must be a whole number from 0; got None"),
        ("q1\td1\t1\t\t\t\t\t4", "start of a span must be a whole number from 0; got None"),
        ("q1\td1\t1\t\t\t\t-1\t4", "start of a span must be a whole number from 0; got '-1'"),
        ("q1\td1\t1\t\t\t\t1.5\t4", "got '1.5'"),
        ("q1\td1\t1\t\t\t\t9\t4", "start < end; got 9 to 4"),
        ("q1\td1\t1\t\t\t\t4\t4", "got 4 to 4"),
        ("q1\td1\t1\t\t\t\t4\t9\tmore", "columns is 9 instead of 8"),
        ("q1\td1", "columns is 2 instead of 8"),
        ("q1\td1\thigh\thuman", "grade 'high' is not a number"),
        ("\td1\t1\thuman", "id is empty"),
    ],
)
def test_wrong_facts_of_labels(row: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        labelled(f"q1\td9\t1\n{row}\n", tmp_path)
    assert caught.value.path.endswith("test.tsv")
    assert caught.value.line == 3
    assert caught.value.next_step


@pytest.mark.parametrize("names", ["orgin", "origin\torigin", "origin\t"])
def test_columns_of_a_name_that_says_nothing(names: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unknown here, or named twice") as caught:
        labelled("q1\td1\t1\thuman\n", tmp_path, f"query-id\tcorpus-id\tscore\t{names}\n")
    assert caught.value.line == 1


def test_jsonl_lists_may_say_more_about_a_label(tmp_path: Path) -> None:
    row = {
        "id": "q1",
        "text": "x",
        "relevant": [
            "plain",
            {"document": 7, "grade": 2, "origin": "human", "by": "ann", "start": 1, "end": 5},
            {"document": "seven", "start": 8.0, "end": "9"},
        ],
    }
    evalset = read_evalset(file(tmp_path, "set.jsonl", json.dumps(row)))
    assert evalset.qrels == {"q1": {"plain": 1, "7": 2, "seven": 1}}
    assert evalset.label("q1", "7").facts == LabelFacts(origin="human", by="ann", spans=(span(1, 5),))
    assert evalset.label("q1", "seven").facts.spans == (span(8, 9),)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"grade": 1}, "document id must be"),
        ({"document": "d", "grade": "high"}, "grade 'high'"),
        ({"document": "d", "start": 3}, "end of a span"),
        ({"document": "d", "start": True, "end": 3}, "got True"),
    ],
)
def test_wrong_entries_of_jsonl_lists(entry: dict[str, object], message: str, tmp_path: Path) -> None:
    line = json.dumps({"id": "q", "text": "x", "relevant": [entry]})
    with pytest.raises(BadInput, match=message) as caught:
        read_evalset(file(tmp_path, "set.jsonl", "\n" + line))
    assert caught.value.line == 2


def test_statements_of_other_queries_are_told_with_the_likely_cause(tmp_path: Path) -> None:
    queries = '{"_id": "007", "text": "x"}\n{"_id": "q1", "text": "x"}\n'
    notes = read_evalset(beir(tmp_path, {"test": "7\td1\t1\nq1\td1\t1\n"}, queries)).notes
    assert (notes.dangling, notes.strangers) == (1, ("7",))
    assert "numbers written as" in notes.cause
