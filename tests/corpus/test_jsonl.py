"""JSONL and BEIR folders: what is read, and where each defect is said to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.corpus import ReadReport, open_source
from helmert.errors import BadInput, UsageError
from helmert.types import Document, Scalar

GOOD = b'{"id": "good", "text": "fine"}'

no_surrogates = st.characters(exclude_categories=["Cs"])
texts = st.text(no_surrogates, min_size=1).filter(str.strip)
field_names = st.text(no_surrogates).filter(lambda name: name not in {"id", "_id", "text", "title", "metadata"})
scalars: st.SearchStrategy[Scalar] = st.one_of(
    st.text(no_surrogates),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)


@st.composite
def collections_of_documents(draw: st.DrawFn) -> list[Document]:
    ids = draw(st.lists(texts, min_size=1, max_size=8, unique=True))
    fields = st.dictionaries(field_names, scalars, max_size=3)
    return [Document(id=identity, text=draw(texts), metadata=draw(fields)) for identity in ids]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write_file(content: bytes) -> Path:
        path = tmp_path / "docs.jsonl"
        path.write_bytes(content)
        return path

    return write_file


@given(collections_of_documents())
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, documents: list[Document]) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "docs.jsonl"
    rows = [{"id": d.id, "text": d.text, **d.metadata} for d in documents]
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))

    assert list(open_source(path).documents()) == documents


def test_a_title_stands_above_the_text_and_stays_in_the_metadata(write: Callable[[bytes], Path]) -> None:
    path = write(b'{"_id": "a", "title": "T", "text": "x"}\n{"_id": "b", "title": " ", "text": "y"}')

    assert list(open_source(path).documents()) == [
        Document(id="a", text="T\nx", metadata={"title": "T"}),
        Document(id="b", text="y"),
    ]


def test_a_document_may_be_all_title(write: Callable[[bytes], Path]) -> None:
    path = write(b'{"id": "a", "title": "T", "text": ""}\n{"id": "b", "title": "U", "text": null}')

    assert [d.text for d in open_source(path).documents()] == ["T", "U"]


def test_named_fields_decide(write: Callable[[bytes], Path]) -> None:
    path = write(b'{"key": 7, "head": "H", "body": "B", "lang": "de", "year": 1999, "gone": null, "id": "other"}')

    source = open_source(path, id_field="key", text_fields=["head", "body"], metadata_fields=["year", "gone", "id"])

    assert list(source.documents()) == [Document(id="7", text="H\nB", metadata={"year": 1999, "id": "other"})]


def test_entries_of_a_metadata_object_count_as_fields(write: Callable[[bytes], Path]) -> None:
    path = write(b'{"_id": "a", "text": "x", "metadata": {"course": "ml", "week": 3, "none": null}}')

    assert next(open_source(path).documents()).metadata == {"course": "ml", "week": 3}


def test_byte_order_mark_line_ends_and_blank_lines(write: Callable[[bytes], Path]) -> None:
    path = write(b"\xef\xbb\xbf" + b'{"id": "a", "text": "one"}\r\n\r\n  \n' + GOOD + b"\r\n")

    assert [(d.id, d.text) for d in open_source(path).documents()] == [("a", "one"), ("good", "fine")]


def test_a_line_separator_inside_a_text_ends_no_record(write: Callable[[bytes], Path]) -> None:
    path = write('{"id": "a", "text": "one\u2028two\u0085three"}\n'.encode())

    assert [d.text for d in open_source(path).documents()] == ["one\u2028two\u0085three"]


def test_a_source_can_be_read_again(write: Callable[[bytes], Path]) -> None:
    source = open_source(write(GOOD))

    assert list(source.documents()) == list(source.documents())


DEFECTS = {
    "no id": (b'{"key": "a", "text": "x"}', "no field 'id'"),
    "null id": (b'{"id": null, "text": "x"}', "the id is missing"),
    "blank id": (b'{"id": " ", "text": "x"}', "the id is empty"),
    "fraction as id": (b'{"id": 1.5, "text": "x"}', "1.5 is a fraction"),
    "boolean as id": (b'{"id": true, "text": "x"}', "True is a boolean"),
    "list as id": (b'{"id": ["a"], "text": "x"}', "is a list"),
    "id used before": (b'{"_id": "first", "text": "x"}', "'first' was used before"),
    "empty text": (b'{"id": "a", "text": ""}', "the text is empty"),
    "blank text and title": (b'{"id": "a", "text": " \\n", "title": ""}', "the text is empty"),
    "no text": (b'{"id": "a", "title": "T", "body": "x"}', "no field 'text'"),
    "number as text": (b'{"id": "a", "text": 5}', "'text' is a whole number, not text: 5"),
    "list as title": (b'{"id": "a", "text": "x", "title": ["T"]}', "'title' is a list"),
    "nested value": (b'{"id": "a", "text": "x", "tags": ["a"]}', "'tags' is a list"),
    "nested deeper": (b'{"id": "a", "text": "x", "metadata": {"a": {"b": 1}}}', "'a' is a nested object"),
    "field in both": (b'{"id": "a", "text": "x", "n": 1, "metadata": {"n": 2}}', "'n' stands in the row"),
    "not an object": (b'["a"]', "not a JSON object"),
    "not JSON": (b'{"id": "a", "text": "x"', "not JSON"),
    "two objects": (GOOD + GOOD, "not JSON"),
    "not a number": (b'{"id": "a", "text": "x", "score": NaN}', "not JSON"),
    "half a surrogate pair": (b'{"id": "a", "text": "\\ud800"}', "not JSON"),
    "not UTF-8": (b'{"id": "a", "text": "caf\xe9"}', "byte 0xe9 at position 24"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_told_with_its_line(name: str, write: Callable[[bytes], Path]) -> None:
    row, reason = DEFECTS[name]
    path = write(b'{"id": "first", "text": "one"}\n\n' + row + b"\n" + GOOD)

    with pytest.raises(BadInput) as caught:
        list(open_source(path).documents())

    assert (caught.value.path, caught.value.line) == (str(path), 3)
    assert reason in caught.value.reason
    assert caught.value.next_step


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_can_be_left_out(name: str, write: Callable[[bytes], Path]) -> None:
    row, reason = DEFECTS[name]
    path = write(b'{"id": "first", "text": "one"}\n\n' + row + b"\n" + GOOD)
    report = ReadReport()

    found = list(open_source(path, on_bad="skip").documents(report))

    assert [d.id for d in found] == ["first", "good"]
    assert (report.read, report.skipped_total) == (2, 1)
    (skipped,) = report.skipped
    assert (skipped.path, skipped.line) == (str(path), 3)
    assert reason in skipped.reason


def test_a_whole_number_and_its_digits_are_one_id(write: Callable[[bytes], Path]) -> None:
    path = write(b'{"id": 7, "text": "x"}\n{"id": "7", "text": "y"}')

    with pytest.raises(BadInput, match="was used before") as caught:
        list(open_source(path).documents())
    assert caught.value.line == 2


def test_a_long_value_is_shortened(write: Callable[[bytes], Path]) -> None:
    path = write(b'{"id": "a", "text": "x", "tags": [' + b", ".join([b"1"] * 500) + b"]}")

    with pytest.raises(BadInput) as caught:
        list(open_source(path).documents())
    assert len(caught.value.reason) < 200
    assert "(1500 characters)" in caught.value.reason


def test_a_missing_text_field_is_not_passed_over(write: Callable[[bytes], Path]) -> None:
    path = write(b'{"id": "a", "title": "T", "text": "x"}')

    with pytest.raises(BadInput, match="no field 'txt'"):
        list(open_source(path, text_fields=["title", "txt"]).documents())


def test_the_report_stays_small(write: Callable[[bytes], Path]) -> None:
    report = ReadReport(keep=3)

    list(open_source(write(b"broken\n" * 50 + GOOD), on_bad="skip").documents(report))

    assert [row.line for row in report.skipped] == [1, 2, 3]
    assert (report.read, report.skipped_total) == (1, 50)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_documents_is_bad_input(content: bytes, write: Callable[[bytes], Path]) -> None:
    with pytest.raises(BadInput, match="no documents"):
        list(open_source(write(content)).documents())


def test_a_file_of_bad_rows_alone_is_bad_input(write: Callable[[bytes], Path]) -> None:
    report = ReadReport()

    with pytest.raises(BadInput, match=r"no documents \(2 bad rows\)"):
        list(open_source(write(b"x\ny\n"), on_bad="skip").documents(report))
    assert [row.line for row in report.skipped] == [1, 2]


def test_documents_come_before_the_file_was_read_to_its_end(write: Callable[[bytes], Path]) -> None:
    documents = open_source(write(GOOD + b"\nbroken\n")).documents()

    assert next(documents).id == "good"
    with pytest.raises(BadInput):
        next(documents)


def test_a_beir_folder_means_its_corpus(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_bytes(b'{"_id": "a", "id": "not this", "title": "", "text": "x"}')
    (tmp_path / "README.md").write_text("not a document")

    source = open_source(tmp_path)

    assert source.name == str(tmp_path)
    assert list(source.documents()) == [Document(id="a", text="x", metadata={"id": "not this"})]


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "docs.xml").write_text("<x/>")

    with pytest.raises(BadInput, match="No such file"):
        open_source(tmp_path / "nowhere.jsonl")
    with pytest.raises(BadInput, match=r"'\.xml' is not one of"):
        open_source(tmp_path / "docs.xml")


def test_a_file_that_vanished_is_bad_input(write: Callable[[bytes], Path]) -> None:
    path = write(GOOD)
    source = open_source(path, on_bad="skip")
    path.unlink()

    with pytest.raises(BadInput, match="cannot be read"):
        list(source.documents())


def test_an_empty_list_of_text_fields_is_refused(write: Callable[[bytes], Path]) -> None:
    with pytest.raises(UsageError, match="text_fields"):
        open_source(write(GOOD), text_fields=[])
