"""Clicks become weak positives: what counts as evidence, what is never concluded, and what the reader is told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import BadInput, NotFound, UsageError
from helmert.labelling.click_log import Click, ImportRules, import_clicks, read_clicks
from helmert.labelling.click_log.grouping import near_duplicates, normal_form
from helmert.labelling.click_log.importing import ImportedLog
from helmert.labelling.personal_data import looks_personal


def imported(clicks: Iterable[Click], **rules: object) -> ImportedLog:
    return import_clicks(clicks, ImportRules(**rules), name="log.csv")  # type: ignore[arg-type]


def clicks(query: str, document: str, count: int, **facts: object) -> list[Click]:
    return [Click(query=query, document=document, **facts) for _ in range(count)]  # type: ignore[arg-type]


def labels(found: ImportedLog) -> set[tuple[str, str]]:
    texts = {query.id: query.text for query in found.evalset.queries}
    return {(texts[query], document) for query, grades in found.evalset.qrels.items() for document in grades}


def test_a_pair_needs_enough_clicks_and_enough_of_its_query_s_clicks() -> None:
    log = [*clicks("refund", "a", 30), *clicks("refund", "b", 2), *clicks("refund", "c", 5), *clicks("other", "a", 1)]
    found = imported(log)
    assert labels(found) == {("refund", "a"), ("refund", "c")}
    assert found.weak == 2
    assert labels(imported(log, min_share=0.0)) == {("refund", "a"), ("refund", "b"), ("refund", "c")}


@given(
    st.lists(
        st.builds(
            Click,
            query=st.sampled_from(["a b", "A  b", "c", "d e f"]),
            document=st.sampled_from("xyz"),
            count=st.integers(1, 5),
            rank=st.none() | st.integers(1, 20),
        ),
        max_size=40,
    ),
    st.none() | st.floats(0.0, 2.0),
)
def test_no_click_is_ever_a_negative_and_every_label_says_it_is_a_click(
    log: list[Click], propensity: float | None
) -> None:
    found = imported(log, propensity=propensity)
    assert all(grade == 1 for grades in found.evalset.qrels.values() for grade in grades.values())
    assert {facts.origin for facts in found.evalset.label_facts.values()} <= {"click"}
    assert len(found.evalset.label_facts) == sum(map(len, found.evalset.qrels.values()))
    assert found.evalset.without_positives == 0


def test_spellings_of_one_query_are_one_query_with_the_usual_spelling() -> None:
    found = imported([*clicks("How to refund?", "a", 3), *clicks("how  to REFUND", "a", 1)])
    (query,) = found.evalset.queries
    assert query.text == "How to refund?"


def test_weights_are_in_proportion_to_traffic_with_mean_one() -> None:
    found = imported([*clicks("often", "a", 9), *clicks("seldom", "b", 3)])
    weights = {query.text: found.evalset.facts(query.id).weight for query in found.evalset.queries}
    assert weights == {"often": 1.5, "seldom": 0.5}


def test_repeated_clicks_of_one_user_count_once() -> None:
    assert labels(imported(clicks("q one", "a", 9, user="u1"))) == set()
    both = [*clicks("q one", "a", 9, user="u1"), *clicks("q one", "a", 1, user="u2")]
    assert labels(imported(both)) == {("q one", "a")}


def test_near_duplicates_share_a_cluster_and_others_do_not() -> None:
    found = imported(
        [
            *clicks("reset my password", "a", 3),
            *clicks("password reset my", "b", 3),
            *clicks("how to reset my password", "a", 3),
            *clicks("delivery time", "a", 3),
        ]
    )
    clusters = {query.text: found.evalset.facts(query.id).cluster for query in found.evalset.queries}
    assert clusters["reset my password"] == clusters["password reset my"] == clusters["how to reset my password"] != ""
    assert clusters["delivery time"] == ""


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["x y", "y x", "x y z", "p", "q r"])))
def test_clusters_do_not_depend_on_the_order_of_the_queries(queries: dict[str, str]) -> None:
    documents = {query: ["d"] for query in queries}
    turned = dict(reversed(queries.items()))
    assert near_duplicates(queries, documents) == near_duplicates(turned, documents)


def test_clicks_far_down_count_for_more_when_positions_are_corrected() -> None:
    """A click at rank 8 of a document that few people looked at outweighs its share of all clicks."""
    log = [*clicks("q one", "top", 30, rank=1), *clicks("q one", "low", 3, rank=8)]
    assert labels(imported(log)) == {("q one", "top")}
    assert labels(imported(log, propensity=1.0)) == {("q one", "top"), ("q one", "low")}
    assert labels(imported(clicks("q one", "low", 1, rank=50), propensity=1.0)) == set()


def test_the_reader_is_told_of_position_bias_and_of_the_incumbent() -> None:
    found = imported([*clicks("q one", "a", 3, rank=1), *clicks("q one", "b", 1, rank=4), *clicks("q one", "c", 4)])
    assert found.first_rank == 0.75
    said = " ".join(found.sentences)
    assert "75% of the clicks with a rank are on rank 1" in said
    assert "All labels come from what the incumbent showed" in said
    assert "does not say at which rank 50%" in said


def test_documents_that_the_corpus_lacks_are_left_out_with_a_guess_why() -> None:
    log = [*clicks("q one", "doc-1#3", 3), *clicks("q two", "doc-2", 3)]
    found = import_clicks(log, ImportRules(), name="log", corpus={"doc-1", "doc-2"})
    assert labels(found) == {("q two", "doc-2")}
    assert found.absent == 1
    assert "do not" in " ".join(found.sentences) or "does not hold" in " ".join(found.sentences)


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("invoice for jane.doe@example.com", True),
        ("+49 (0)30 1234-5678 who called", True),
        ("card 4111 1111 1111 1111", True),
        ("events 2024-2025", False),
        ("release of 2026-03-01", False),
        ("error 0x80070005", False),
        ("python 3.11.7 vs 3.12", False),
        ("how to @mention someone", False),
    ],
)
def test_what_looks_personal(text: str, personal: bool) -> None:
    assert (looks_personal(text) is not None) is personal


def test_personal_queries_are_reported_and_dropped_when_asked() -> None:
    log = [*clicks("mail jane@example.com", "a", 3), *clicks("returns policy", "b", 3)]
    kept, dropped = imported(log), imported(log, drop_personal=True)
    assert "1 an e-mail address" in " ".join(kept.sentences)
    assert len(kept.evalset.queries) == 2
    assert labels(dropped) == {("returns policy", "b")}
    assert "left out" in " ".join(dropped.sentences)


def test_ids_of_the_log_are_kept_where_they_name_one_query() -> None:
    log = [
        *clicks("returns policy", "a", 2, query_id="7"),
        *clicks("delivery", "b", 2, query_id="8"),
        *clicks("opening hours", "c", 2, query_id="8"),
    ]
    names = {query.text: query.id for query in imported(log).evalset.queries}
    assert names["returns policy"] == "7"
    assert names["delivery"] != names["opening hours"]
    assert "8" not in names.values()


@given(st.text(min_size=1).filter(str.strip))
def test_normal_form_is_stable_and_never_empty(text: str) -> None:
    assert normal_form(text)
    assert normal_form(normal_form(text)) == normal_form(text)


ROWS: list[dict[str, object]] = [
    {"query": "Refund", "document": "a", "rank": 1, "count": 3, "user": "u1", "timestamp": "2026-03-01T09:30:00"},
    {"query": "late parcel", "document": "b"},
    {"query": "", "document": "b"},
]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".tsv", ".parquet"])
def test_every_format_gives_the_same_clicks(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"log{suffix}"
    names = ["query", "document", "rank", "count", "user", "timestamp"]
    match suffix:
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        case ".parquet":
            pq.write_table(pa.table({name: [row.get(name) for row in ROWS] for name in names}), path)
        case _:
            mark = "," if suffix == ".csv" else "\t"
            lines = [mark.join(names), *(mark.join(str(row.get(name, "")) for name in names) for row in ROWS)]
            path.write_text("\n".join(lines) + "\n")
    assert list(read_clicks(path)) == [
        Click(query="Refund", document="a", rank=1, count=3, user="u1", at="2026-03-01T09:30:00"),
        Click(query="late parcel", document="b"),
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"query": "a"}', "no column 'document'"),
        ('{"document": "a"}', "no column 'query'"),
        ('{"query": "a", "document": ""}', "document is empty"),
        ('{"query": "a", "document": 1.5}', "1.5"),
        ('{"query": ["a"], "document": "d"}', "not a text"),
        ('{"query": "a", "document": "d", "rank": 0}', "'rank' is 0"),
        ('{"query": "a", "document": "d", "count": "many"}', "'count' is 'many'"),
        ('{"query": "a", "document": "d", "timestamp": "yesterday"}', "'yesterday'"),
        ("{", "JSON"),
    ],
)
def test_a_wrong_row_names_file_line_value_and_remedy(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"query": "a", "document": "d"}\n' + line + "\n")
    with pytest.raises(BadInput, match=r"log\.jsonl:2") as caught:
        list(read_clicks(path))
    assert says in caught.value.message
    assert caught.value.next_step


def test_a_missing_log_and_an_unknown_format_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        list(read_clicks(tmp_path / "none.csv"))
    path = tmp_path / "log.xlsx"
    path.write_text("")
    with pytest.raises(BadInput, match="suffix"):
        list(read_clicks(path))


@pytest.mark.parametrize("rules", [{"min_clicks": 0}, {"min_share": 1.5}, {"propensity": -1.0}])
def test_rules_that_cannot_be_are_refused(rules: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        imported([], **rules)
