"""Folders of text files."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmert.corpus import ReadReport, open_source
from helmert.errors import BadInput, UsageError
from helmert.types import Document


def test_every_text_file_is_a_document_named_by_its_path(tmp_path: Path) -> None:
    for name in ["b.md", "a/z.TXT", "a/y.txt", "a/deep/x.md", "image.png", ".hidden.md", ".git/notes.md"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"text of {name}")

    assert list(open_source(tmp_path).documents()) == [
        Document(id=name, text=f"text of {name}") for name in ["a/deep/x.md", "a/y.txt", "a/z.TXT", "b.md"]
    ]


def test_byte_order_mark_and_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")

    assert [d.text for d in open_source(tmp_path).documents()] == ["one\ntwo\n"]


def test_broken_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\ncaf\xe9\n")
    (tmp_path / "b.txt").write_bytes(b" \n")
    (tmp_path / "c.txt").write_bytes(b"fine")
    report = ReadReport()

    assert [d.id for d in open_source(tmp_path, on_bad="skip").documents(report)] == ["c.txt"]
    assert [(row.path, row.line, row.reason) for row in report.skipped] == [
        (str(tmp_path / "a.txt"), 2, "not UTF-8: byte 0xe9 at position 3 of the line"),
        (str(tmp_path / "b.txt"), None, "the text is empty (title and text)"),
    ]
    with pytest.raises(BadInput) as caught:
        list(open_source(tmp_path).documents())
    assert caught.value.line == 2


def test_a_folder_without_text_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no documents"):
        list(open_source(tmp_path).documents())


def test_a_folder_has_no_fields_to_choose_from(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no fields"):
        open_source(tmp_path, id_field="key")
