"""Sets as one JSON file: the judgements of ranx, and the data sets of LlamaIndex."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import BadInput, NotFound, UsageError
from helmert.evaluation import read_evalset
from tests.evaluation.test_readers import QUERIES, file, refused


def test_ranx_judgements_beside_their_queries(tmp_path: Path) -> None:
    qrels = file(tmp_path, "qrels.json", json.dumps({"q1": {"d1": 1, "d3": 2}, "2": {"d2": 0}}))
    with pytest.raises(NotFound, match=r"none of queries\.jsonl"):
        read_evalset(qrels)
    queries = file(tmp_path, "elsewhere.jsonl", QUERIES)
    assert read_evalset(qrels, queries=queries).qrels == {"q1": {"d1": 1, "d3": 2}, "2": {"d2": 0}}
    file(tmp_path, "queries.jsonl", QUERIES)
    assert read_evalset(qrels).digest == read_evalset(qrels, queries=queries).digest


def test_llama_index_data_sets(tmp_path: Path) -> None:
    content = {
        "queries": {"q1": "first", "q2": "second"},
        "corpus": {"node-1": "a text"},
        "relevant_docs": {"q1": ["node-1", "node-2"]},
        "mode": "text",
    }
    evalset = read_evalset(file(tmp_path, "dataset.json", json.dumps(content, indent=2)))
    assert evalset.qrels == {"q1": {"node-1": 1, "node-2": 1}}
    assert evalset.notes.unjudged == 1
    with pytest.raises(UsageError, match="has its queries with it"):
        read_evalset(tmp_path / "dataset.json", queries=tmp_path / "dataset.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"q1": ["d1"]}', r"value of query 'q1' must be an object of grades; got \['d1'\]"),
        ('{"q1": {"d1": "high"}}', "grade 'high' of document 'd1' for query 'q1' is not a number"),
        ('{"q1": {"": 1}}', "a document id of query 'q1' must be"),
        ('["q1"]', "expected a JSON object"),
        ('{"queries": [], "relevant_docs": {}}', "'queries' must be an object"),
        ('{"queries": {"q1": "x"}, "relevant_docs": {"q1": "d1"}}', "relevant_docs of query 'q1' must be a list"),
        ('{"queries": {"q1": "x"}, "relevant_docs": {"q1": [null]}}', "a document id of query 'q1' must be"),
        ('{"queries": {"q1": ""}, "relevant_docs": {}}', "query 'q1' has no text"),
        ('{"queries": {"q1": "x"}, "relevant_docs": {"other": ["d1"]}}', "none of its 1 query ids"),
    ],
)
def test_wrong_values(content: str, message: str, tmp_path: Path) -> None:
    file(tmp_path, "queries.jsonl", QUERIES)
    with pytest.raises(BadInput, match=message) as caught:
        read_evalset(file(tmp_path, "set.json", content))
    assert caught.value.path.endswith("set.json")
    assert caught.value.next_step


def test_broken_json_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not valid JSON") as caught:
        read_evalset(file(tmp_path, "set.json", '{\n\n  "q1": {"d1": 1},\n  "q2" {}\n}'))
    assert caught.value.line == 4


@given(
    content=st.binary(max_size=60)
    | st.text(st.sampled_from('{}[]":,q1d queriesrelevant_docs\n'), max_size=90).map(str.encode)
)
def test_any_bytes_are_read_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("set")
    file(folder, "queries.tsv", "q1\tfirst\n")
    refusal = refused(file(folder, "set.json", content))
    assert refusal is None or (isinstance(refusal, BadInput) and refusal.next_step)
