"""Labels as rows of tables: CSV, TSV with a header, and Parquet say the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import BadInput, UsageError
from helmert.evaluation import LabelFacts, QueryFacts, read_evalset
from helmert.evaluation.readers.triples import text_id
from tests.evaluation.sets import span
from tests.evaluation.test_readers import file, refused

Rows = Sequence[Mapping[str, Any]]

FULL: Rows = [
    {"query_id": "q1", "query": "first, of all", "document": "d1", "grade": 2, "origin": "human", "by": "ann",
     "at": "2026-03-01", "start": 3, "end": 9, "cluster": "c", "weight": 2.5, "language": "de", "slices.kind": "code"},
    {"query_id": "q1", "query": "first, of all", "document": "d1", "grade": 1, "origin": "human", "by": "ann",
     "at": "2026-03-01", "start": 20, "end": 25, "cluster": None, "weight": None, "language": None,
     "slices.kind": None},
    {"query_id": "2", "query": 'the "second"', "document": "7", "grade": 0, "origin": None, "by": None, "at": None,
     "start": None, "end": None, "cluster": None, "weight": None, "language": None, "slices.kind": None},
]  # fmt: skip


def delimited(rows: Rows, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def table(folder: Path, suffix: str, rows: Rows) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"labels{suffix}"
    match suffix:
        case ".parquet":
            pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
        case ".tsv":
            path.write_text(delimited(rows, "\t"), encoding="utf-8")
        case _:
            path.write_text(delimited(rows), encoding="utf-8")
    return path


SUFFIXES = pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])


@SUFFIXES
def test_a_table_with_every_column(suffix: str, tmp_path: Path) -> None:
    evalset = read_evalset(table(tmp_path, suffix, FULL))
    assert evalset.name == "labels"
    assert [(query.id, query.text) for query in evalset.queries] == [("q1", "first, of all"), ("2", 'the "second"')]
    assert evalset.qrels == {"q1": {"d1": 2}, "2": {"7": 0}}
    assert evalset.query_facts == {"q1": QueryFacts(cluster="c", weight=2.5, slices={"kind": "code", "language": "de"})}
    facts = LabelFacts(origin="human", by="ann", at="2026-03-01", spans=(span(3, 9), span(20, 25)))
    assert evalset.label_facts == {("q1", "d1"): facts}
    assert evalset.notes.repeated == 0


@SUFFIXES
def test_without_query_ids_the_text_is_the_query(suffix: str, tmp_path: Path) -> None:
    rows = [
        {"query": "when is money paid back?", "document": "d1"},
        {"query": "when  is money paid back? ", "document": "d2"},
        {"query": "another", "document": "d1"},
    ]
    evalset = read_evalset(table(tmp_path, suffix, rows))
    name = text_id("when is money paid back?")
    assert evalset.qrels == {name: {"d1": 1, "d2": 1}, text_id("another"): {"d1": 1}}
    assert evalset.queries[0].text == "when is money paid back?"


def test_the_id_of_a_text_is_the_same_from_version_to_version() -> None:
    assert text_id("when is money paid back?") == "q-4bebdd8d483705ba"


def test_names_of_columns_in_capitals_and_of_other_tools(tmp_path: Path) -> None:
    text = "Query_Text,Corpus-ID,Relevance,comment\nfirst,d1,0.5,ignored\n"
    assert read_evalset(file(tmp_path, "labels.csv", text)).qrels == {text_id("first"): {"d1": 0.5}}


def test_numbers_and_moments_of_parquet(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    columns = {
        "query_id": [1, 2],
        "query": ["x", "y"],
        "document": [7, 8],
        "grade": [1.0, 2.0],
        "start": [3.0, None],
        "end": [5.0, None],
        "at": [moment, None],
        "weight": [2.0, float("nan")],
        "slices": [{"kind": "code"}, None],
    }
    pq.write_table(pa.table(columns), tmp_path / "labels.parquet")
    evalset = read_evalset(tmp_path / "labels.parquet")
    assert evalset.qrels == {"1": {"7": 1.0}, "2": {"8": 2.0}}
    assert evalset.label_facts == {("1", "7"): LabelFacts(at="2026-03-01T09:30:00+00:00", spans=(span(3, 5),))}
    assert evalset.query_facts == {"1": QueryFacts(weight=2.0, slices={"kind": "code"})}


def good_and(**row: object) -> Rows:
    return [{**dict.fromkeys(row), "query_id": "q1", "query": "x", "document": "d1", "grade": "1"},
            {"query_id": "q2", "query": "y", "document": "d1", "grade": "1", **row}]  # fmt: skip


@SUFFIXES
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"query": ""}, "query 'q2' has no text"),
        ({"document": ""}, "document id must be"),
        ({"grade": "high"}, "grade 'high' is not a number"),
        ({"grade": ""}, "grade '' is not a number|grade None is not a number"),
        ({"origin": "robot"}, "origin 'robot' is not one of"),
        ({"start": "4"}, "end of a span"),
        ({"weight": "much"}, "weight 'much' is not a number"),
        ({"query_id": "q1"}, "'q1' has the text 'y' here and 'x' in row [12]"),
        ({"query_id": "q1", "query": "x", "cluster": "c"}, "stated about query 'q1' is not what row [12] states"),
    ],
)
def test_wrong_rows(row: dict[str, object], message: str, suffix: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        read_evalset(table(tmp_path, suffix, good_and(**row)))
    assert caught.value.line == (2 if suffix == ".parquet" else 3)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("document,grade\nd1,1\n", "no column for the query; the columns are 'document', 'grade'"),
        ("query,grade\nx,1\n", "no column for the document"),
        ("query;document;grade\nx;d1;1\n", "no column for the query; the columns are 'query;document;grade'"),
        ("query,query,document\nx,x,d1\n", "'query' appears twice"),
        ("query,document\nx,d1,1\n", "3 cells where the header has 2"),
        ('query,document\n"x,d1\n', "never closed"),
    ],
)
def test_wrong_tables(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        read_evalset(file(tmp_path, "labels.csv", text))
    assert caught.value.path.endswith("labels.csv")
    assert caught.value.next_step


def test_ids_that_a_data_frame_made_fractions_are_refused_with_the_reason(tmp_path: Path) -> None:
    pq.write_table(pa.table({"query": ["x", "y"], "document": [7.0, None]}), tmp_path / "labels.parquet")
    with pytest.raises(BadInput, match=r"document id must be .* got 7\.0") as caught:
        read_evalset(tmp_path / "labels.parquet")
    assert "turns 7 into 7.0" in str(caught.value.next_step)


def test_a_file_that_is_no_parquet(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Parquet"):
        read_evalset(file(tmp_path, "labels.parquet", b"not parquet"))


def test_tables_have_their_queries_with_them(tmp_path: Path) -> None:
    labels, queries = file(tmp_path, "labels.csv", "query,document\nx,d1\n"), file(tmp_path, "queries.tsv", "q1\tx\n")
    with pytest.raises(UsageError, match="has its queries with it"):
        read_evalset(labels, queries=queries)


def test_a_tsv_of_ids_is_judgements_beside_their_queries(tmp_path: Path) -> None:
    file(tmp_path, "queries.tsv", "q1\tfirst\n")
    qrels = file(tmp_path, "test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    assert read_evalset(qrels).qrels == {"q1": {"d1": 1}}


def test_an_empty_table_is_an_empty_set(tmp_path: Path) -> None:
    assert read_evalset(file(tmp_path, "labels.csv", "query,document\n")).queries == ()


@given(content=st.text(st.sampled_from('query,document"gradeid01 \n\t'), max_size=120))
@pytest.mark.parametrize("name", ["labels.csv", "labels.tsv"])
def test_any_text_is_read_or_refused(name: str, content: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("set")
    file(folder, "queries.tsv", "q1\tfirst\n")
    refusal = refused(file(folder, name, content))
    assert refusal is None or (isinstance(refusal, BadInput) and refusal.next_step)
