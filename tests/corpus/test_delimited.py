"""Comma and tab separated files: cells of any content, and the line of each defect."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.corpus import ReadReport, open_source
from helmert.errors import BadInput
from helmert.types import Document

Write = Callable[[bytes], Path]

characters = st.characters(exclude_categories=["Cs"])
filled = st.text(characters, min_size=1).filter(str.strip)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(content: bytes) -> Path:
        path = tmp_path / "docs.csv"
        path.write_bytes(content)
        return path

    return write_file


@given(
    rows=st.lists(st.tuples(filled, filled, st.text(characters)), min_size=1, max_size=6, unique_by=lambda row: row[0]),
    suffix=st.sampled_from([".csv", ".tsv"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], suffix: str, line_end: str
) -> None:
    path = tmp_path_factory.mktemp("delimited") / f"docs{suffix}"
    with path.open("w", newline="", encoding="utf-8") as file:
        delimiter = "," if suffix == ".csv" else "\t"
        writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
        writer.writerows([("id", "text", "note"), *rows])

    expected = [Document(id=i, text=t, metadata={"note": n} if n else {}) for i, t, n in rows]
    assert list(open_source(path).documents()) == expected


def test_title_text_and_other_columns(write: Write) -> None:
    path = write(b"\xef\xbb\xbf_id,title,text,year\r\n1,T,x,1999\r\n\r\n2,,y,\r\n")

    assert list(open_source(path).documents()) == [
        Document(id="1", text="T\nx", metadata={"title": "T", "year": "1999"}),
        Document(id="2", text="y"),
    ]


def test_a_cell_may_be_longer_than_the_csv_module_likes(write: Write) -> None:
    long = "word " * 60_000
    path = write(f"id,text\n1,{long}\n".encode())

    assert next(open_source(path).documents()).text == long


DEFECTS = {
    "too few cells": (b"3\n", 4, "1 cells where the header has 2"),
    "too many cells": (b"3,x,y\n", 4, "3 cells where the header has 2"),
    "empty id": (b",x\n", 4, "the id is missing"),
    "id used before": (b"1,x\n", 4, "'1' was used before"),
    "empty text": (b'3,"  "\n', 4, "the text is empty"),
    "text after a quote": (b'3,"x"y\n', 4, "not a well-formed record"),
    "not UTF-8": (b"3,caf\xe9\n", 4, "byte 0xe9 at position 5"),
    "not UTF-8 and malformed": (b'3,"x\xe9"y\n', 4, "byte 0xe9 at position 4"),
    "not UTF-8 in a later line": (b'3,"x\ncaf\xe9"\n', 5, "byte 0xe9 at position 3"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_told_with_its_line(name: str, write: Write) -> None:
    row, line, reason = DEFECTS[name]
    path = write(b'id,text\n1,"a\nb"\n' + row + b"9,last\n")

    with pytest.raises(BadInput) as caught:
        list(open_source(path).documents())
    assert (caught.value.path, caught.value.line) == (str(path), line)
    assert reason in caught.value.reason

    report = ReadReport()
    found = list(open_source(path, on_bad="skip").documents(report))
    assert [d.id for d in found] == ["1", "9"]
    assert [(row.line, reason in row.reason) for row in report.skipped] == [(line, True)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"key,text\n1,x\n", "no column 'id'; the header has 'key, text'"),
        (b"id,body\n1,x\n", "no column 'text'"),
        (b"id,text,text\n1,x,y\n", "'text' appears twice"),
        (b"id,te\xff\n1,x\n", "not UTF-8"),
        (b'id,"text"x\n1,x\n', "not a well-formed record"),
        (b'\nid,text\n1,"x\n2,y\n', "never closed"),
        (b"id,text\n", "no documents"),
        (b"", "no documents"),
    ],
)
def test_a_file_that_cannot_be_trusted_stops_even_when_skipping(content: bytes, reason: str, write: Write) -> None:
    with pytest.raises(BadInput) as caught:
        list(open_source(write(content), on_bad="skip").documents())
    assert reason in caught.value.reason


def test_an_open_quote_is_placed_where_its_record_starts(write: Write) -> None:
    with pytest.raises(BadInput) as caught:
        list(open_source(write(b'id,text\n1,x\n2,"y\n3,z\n')).documents())
    assert caught.value.line == 3


def test_a_metadata_column_must_exist(write: Write) -> None:
    with pytest.raises(BadInput, match="no column 'language'"):
        list(open_source(write(b"id,text,lang\n1,x,de\n"), metadata_fields=["language"]).documents())
