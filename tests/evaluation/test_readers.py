"""Evaluation sets from files: three formats, and every way in which a file can be wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import BadInput, HelmertError, NotFound, UsageError
from helmert.evaluation import read_evalset

QUERIES = '{"_id": "q1", "text": "first"}\n{"_id": 2, "text": "second"}\n'
HEADER = "query-id\tcorpus-id\tscore\n"
ROWS = "q1\td1\t1\n2\td 2\t0\nq1\td3\t2\n"


def beir(folder: Path, qrels: Mapping[str, str], queries: str = QUERIES) -> Path:
    """A BEIR folder with these splits."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    (folder / "queries.jsonl").write_text(queries, encoding="utf-8")
    for split, rows in qrels.items():
        (folder / "qrels" / f"{split}.tsv").write_text(rows, encoding="utf-8")
    return folder


def file(folder: Path, name: str, text: str | bytes) -> Path:
    """A file with this content."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name


def refused(path: Path) -> HelmertError | None:
    """The error with which a file is refused, or None when it is read."""
    try:
        read_evalset(path)
    except HelmertError as error:
        return error
    return None


@pytest.mark.parametrize("header", ["", HEADER])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_beir_with_and_without_header(header: str, end: str, tmp_path: Path) -> None:
    evalset = read_evalset(beir(tmp_path / "docs", {"test": (header + ROWS).replace("\n", end)}))
    assert evalset.name == "docs"
    assert [(query.id, query.text) for query in evalset.queries] == [("q1", "first"), ("2", "second")]
    assert evalset.qrels == {"q1": {"d1": 1, "d3": 2}, "2": {"d 2": 0}}


def test_the_split_that_was_named(tmp_path: Path) -> None:
    folder = beir(tmp_path / "docs", {"train": "q1\td1\t1\n", "test": "2\td2\t1\n"})
    assert [query.id for query in read_evalset(folder).queries] == ["2"]
    train = read_evalset(folder, "train")
    assert (train.name, [query.id for query in train.queries]) == ("docs/train", ["q1"])
    assert train.notes.unjudged == 1
    with pytest.raises(NotFound, match="no split 'dev'; it has test, train"):
        read_evalset(folder, split="dev")


def test_the_only_split_needs_no_name_and_two_do(tmp_path: Path) -> None:
    assert read_evalset(beir(tmp_path / "one", {"dev": ROWS})).name == "one"
    with pytest.raises(UsageError, match="splits dev, train and none"):
        read_evalset(beir(tmp_path / "two", {"dev": ROWS, "train": ROWS}))


def test_trec_judgements_beside_their_queries(tmp_path: Path) -> None:
    qrels = file(tmp_path, "qrels.txt", "q1 0 d1 1\nq1 0 d3 2\n2 0 d2 0\n")
    file(tmp_path, "queries.tsv", "id\ttext\nq1\tfirst\n2\tsecond\tpart\n")
    evalset = read_evalset(qrels)
    assert evalset.qrels == {"q1": {"d1": 1, "d3": 2}, "2": {"d2": 0}}
    assert [query.text for query in evalset.queries] == ["first", "second\tpart"]


def test_trec_judgements_with_queries_elsewhere(tmp_path: Path) -> None:
    qrels = file(tmp_path, "set.qrels", "q1\tQ0\td1\t1\n")
    with pytest.raises(NotFound, match=r"none of queries\.jsonl"):
        read_evalset(qrels)
    queries = file(tmp_path, "other.jsonl", QUERIES)
    assert read_evalset(qrels, queries=queries).qrels == {"q1": {"d1": 1}}


def test_jsonl_with_grades_and_with_lists(tmp_path: Path) -> None:
    rows = [
        {"id": "q1", "text": "first", "relevant": {"d1": 1, "d2": 0.5, "d3": -1}},
        {"id": 2, "text": "second", "relevant": ["d1", 7]},
        {"id": "none", "text": "third", "relevant": []},
    ]
    evalset = read_evalset(file(tmp_path, "labels.jsonl", "\n".join(map(json.dumps, rows))))
    assert evalset.name == "labels"
    assert evalset.qrels == {"q1": {"d1": 1, "d2": 0.5, "d3": -1}, "2": {"d1": 1, "7": 1}}
    assert evalset.without_positives == 1


def test_three_formats_of_one_set_have_one_digest(tmp_path: Path) -> None:
    folder = beir(tmp_path / "docs", {"test": "q1\td1\t1\n2\td2\t2.0\n"})
    trec = file(tmp_path / "docs", "qrels.txt", "2 0 d2 2\nq1 0 d1 1\n")
    rows = [
        {"id": "2", "text": "second", "relevant": {"d2": 2}},
        {"id": "q1", "text": "first", "relevant": ["d1"]},
    ]
    jsonl = file(tmp_path, "labels.jsonl", "\n".join(map(json.dumps, rows)))
    assert len({read_evalset(path).digest for path in (folder, trec, jsonl)}) == 1


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    rows = "q1\td1\t1\nq1\td1\t3\nq1\td1\t2\nstranger\td1\t1\nstranger\td2\t1\n"
    evalset = read_evalset(beir(tmp_path, {"test": rows}))
    assert evalset.qrels == {"q1": {"d1": 3}}
    assert (evalset.notes.unjudged, evalset.notes.dangling, evalset.notes.repeated) == (1, 2, 2)


def test_an_empty_set_can_be_read(tmp_path: Path) -> None:
    assert read_evalset(beir(tmp_path, {"test": HEADER})).queries == ()
    assert read_evalset(file(tmp_path, "empty.jsonl", "\n\n")).queries == ()


def test_a_byte_order_mark_is_no_part_of_an_id(tmp_path: Path) -> None:
    qrels = file(tmp_path, "qrels.txt", b"\xef\xbb\xbfq1 0 d1 1\n")
    file(tmp_path, "queries.tsv", b"\xef\xbb\xbfq1\tfirst\n")
    assert read_evalset(qrels).qrels == {"q1": {"d1": 1}}


@pytest.mark.parametrize(
    ("rows", "line", "message"),
    [
        ("q1\td1\t1\nq1\td1\n", 2, "columns is 2 instead of 3"),
        ("q1\td1\n", 1, "columns is 2 instead of 3 or 4"),
        ("q1 d1 1\n", 1, "columns is 1 instead of 3 or 4"),
        ("q1\td1\t1\nq1\t0\td1\t1\n", 2, "columns is 4 instead of 3"),
        (HEADER + "q1\td1\thigh\n", 2, "grade 'high' is not a number"),
        ("q1\td1\tnan\n", 1, "grade 'nan' is not a number"),
        ("q1\td1\t1_000\n", 1, "grade '1_000' is not a number"),
        ("q1\td1\t\n", 1, "grade '' is not a number"),
        ("q1\td1\t1\n\td1\t1\n", 2, "id is empty"),
        (HEADER + HEADER, 2, "grade 'score' is not a number"),
    ],
)
def test_wrong_judgements(rows: str, line: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        read_evalset(beir(tmp_path, {"test": rows}))
    assert caught.value.path.endswith("test.tsv")
    assert caught.value.line == line
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("queries", "line", "message"),
    [
        ('{"_id": "q1", "text": "x"}\n{"_id": "q1", "text": "y"}\n', 2, "'q1' was used on line 1 already"),
        ('{"_id": 1, "text": "x"}\n{"_id": "1", "text": "y"}\n', 2, "'1' was used on line 1 already"),
        ('{"_id": "q1", "text": "  "}\n', 1, "query 'q1' has no text"),
        ('{"_id": "q1"}\n', 1, "query 'q1' has no text; got None"),
        ('{"text": "x"}\n', 1, "query id must be"),
        ('{"_id": 1.5, "text": "x"}\n', 1, "query id must be"),
        ('{"_id": true, "text": "x"}\n', 1, "query id must be"),
        ('\n{"_id": "q1", "text": "x"\n', 2, "not valid JSON"),
        ('["q1", "x"]\n', 1, "expected a JSON object"),
    ],
)
def test_wrong_queries(queries: str, line: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        read_evalset(beir(tmp_path, {"test": ROWS}, queries))
    assert caught.value.path.endswith("queries.jsonl")
    assert caught.value.line == line
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"id": "q", "text": "x"}', "must be a list of document ids or an object of grades; got None"),
        ('{"id": "q", "text": "x", "relevant": "d1"}', "must be a list"),
        ('{"id": "q", "text": "x", "relevant": {"d1": "high"}}', "grade 'high' is not a number"),
        ('{"id": "q", "text": "x", "relevant": {"d1": true}}', "grade True is not a number"),
        ('{"id": "q", "text": "x", "relevant": {"d1": null}}', "grade None is not a number"),
        ('{"id": "q", "text": "x", "relevant": [null]}', "document id must be"),
    ],
)
def test_wrong_lines_of_jsonl(row: str, message: str, tmp_path: Path) -> None:
    good = '{"id": "good", "text": "x", "relevant": []}\n'
    with pytest.raises(BadInput, match=message) as caught:
        read_evalset(file(tmp_path, "labels.jsonl", good + row))
    assert caught.value.line == 2


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = file(tmp_path, "labels.jsonl", b'{"id": "a", "text": "x", "relevant": []}\n{"id": "caf\xe9"}\n')
    with pytest.raises(BadInput, match="byte 0xe9 at column 12 is not UTF-8") as caught:
        read_evalset(path)
    assert (caught.value.line, "iconv" in str(caught.value.next_step)) == (2, True)


def test_queries_without_a_tab(tmp_path: Path) -> None:
    qrels = file(tmp_path, "qrels.txt", "q1 0 d1 1\n")
    file(tmp_path, "queries.tsv", "q1 first\n")
    with pytest.raises(BadInput, match="no tab between query id and text"):
        read_evalset(qrels)


def test_judgements_of_other_queries_altogether(tmp_path: Path) -> None:
    """Nothing meets: the error says so and names the likely cause."""
    queries = '{"_id": "007", "text": "first"}\n{"_id": "008", "text": "second"}\n'
    with pytest.raises(BadInput, match="none of its 2 query ids is among the 2 queries") as caught:
        read_evalset(beir(tmp_path, {"test": "7\td1\t1\n8\td1\t1\n"}, queries))
    assert "numbers written as" in str(caught.value)


def test_paths_and_arguments_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no evaluation set"):
        read_evalset(tmp_path / "nothing")
    with pytest.raises(NotFound, match=r"no qrels/\*\.tsv"):
        read_evalset(tmp_path)
    labels = file(tmp_path, "labels.jsonl", "")
    with pytest.raises(UsageError, match="Only a BEIR folder has splits"):
        read_evalset(labels, "test")
    with pytest.raises(UsageError, match="TREC judgements"):
        read_evalset(labels, queries=labels)
    (tmp_path / "qrels").mkdir()
    file(tmp_path / "qrels", "test.tsv", ROWS)
    with pytest.raises(NotFound, match=r"queries\.jsonl"):
        read_evalset(tmp_path)


@given(
    content=st.binary(max_size=80)
    | st.text(st.sampled_from('{}[]":,idtextrelevant01 \n\t'), max_size=120).map(str.encode)
)
@pytest.mark.parametrize("name", ["labels.jsonl", "qrels.txt"])
def test_any_bytes_are_read_or_refused(name: str, content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("set")
    file(folder, "queries.tsv", "q1\tfirst\n")
    refusal = refused(file(folder, name, content))
    assert refusal is None or (isinstance(refusal, BadInput) and refusal.next_step)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "split", "queries", "unjudged"),
    [
        ("cosqa", None, 500, 500),
        ("cosqa", "dev", 500, 500),
        ("qmsum", None, 1576, 0),
        ("tldr/xling_de", None, 0, 0),
    ],
)
def test_real_collections(name: str, split: str | None, queries: int, unjudged: int, collections: Path) -> None:
    evalset = read_evalset(collections / name, split)
    assert evalset.notes.unjudged == unjudged
    assert evalset.notes.dangling == evalset.without_positives == 0
    assert len(evalset.queries) >= queries
    with (collections / name.split("/", maxsplit=1)[0] / "corpus.jsonl").open(encoding="utf-8") as stream:
        corpus = {json.loads(line)["_id"] for line in stream}
    assert evalset.dangling_documents(corpus) == ()
