"""Comma and tab separated files with a header line. An empty cell is an absent value; every value is text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from helmert.corpus.lines import byte_lines, not_utf8
from helmert.corpus.rows import Columns, Reading, Row, shorten
from helmert.errors import BadInput

_LONGEST_CELL = 2**31 - 1
"""The csv module refuses cells above 128 KiB unless told otherwise, and only for the whole process."""


def read_delimited(path: Path, *, delimiter: str, columns: Columns) -> Reading:
    """The records of a delimited file, each named by the line it starts on. Blank lines are no records.

    Raises `BadInput` for a header that lacks a column, and for a quote that is never closed.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    lines = _DecodedLines(path)
    header: list[str] | None = None
    for first, cells in _records(path, lines, csv.reader(lines, delimiter=delimiter, strict=True)):
        match cells, header:
            case BadInput(), None:
                raise cells
            case BadInput(), _:
                yield cells
            case _, None:
                header = _checked_header(path, first, cells, columns)
            case _:
                yield _row(path, first, header, cells)


def _records(
    path: Path, lines: _DecodedLines, parser: Iterator[list[str]]
) -> Iterator[tuple[int, list[str] | BadInput]]:
    while True:
        first = lines.number + 1
        try:
            cells = next(parser, None)
        except csv.Error as error:
            if lines.ended:
                raise _unclosed(path, first) from error
            yield first, lines.take_broken() or _malformed(path, first, error)
            continue
        if cells is None:
            return
        broken = lines.take_broken()
        if broken is not None:
            yield first, broken
        elif cells:
            yield first, cells


class _DecodedLines:
    """Text lines for the csv parser. The first that is not UTF-8 is kept until it is asked for."""

    def __init__(self, path: Path) -> None:
        self.number = 0
        self.ended = False
        self._path = path
        self._lines = byte_lines(path)
        self._broken: BadInput | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            self.number, line = next(self._lines)
        except StopIteration:
            self.ended = True
            raise
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            self._broken = self._broken or not_utf8(self._path, self.number, error)
            return line.decode(errors="replace")

    def take_broken(self) -> BadInput | None:
        broken, self._broken = self._broken, None
        return broken


def _unclosed(path: Path, first: int) -> BadInput:
    return BadInput(
        "a quoted cell that begins in this record is never closed; the rest of the file is inside it",
        path=str(path),
        line=first,
        next_step='Close the quote; write a quote inside a cell as "".',
    )


def _malformed(path: Path, first: int, error: csv.Error) -> BadInput:
    return BadInput(
        f"not a well-formed record: {error}",
        path=str(path),
        line=first,
        next_step='Put cells that hold separators, quotes or line ends in quotes, and write a quote as "".',
    )


def _checked_header(path: Path, line: int, names: list[str], columns: Columns) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise BadInput(
                f"the column {name!r} appears twice",
                path=str(path),
                line=line,
                next_step="Rename one of them.",
            )
    wanted = (columns.find_id(names), *columns.text_names(), *(columns.metadata_fields or ()))
    for name in wanted:
        if name not in names:
            raise BadInput(
                f"no column {name!r}; the header has {shorten(', '.join(names), width=200)}",
                path=str(path),
                line=line,
                next_step="Name the columns with id_field, text_fields and metadata_fields.",
            )
    return names


def _row(path: Path, line: int, header: list[str], cells: list[str]) -> Row | BadInput:
    if len(cells) != len(header):
        return BadInput(
            f"{len(cells)} cells where the header has {len(header)}: {shorten(cells)}",
            path=str(path),
            line=line,
            next_step="Give every record one cell per column.",
        )
    fields = {name: cell or None for name, cell in zip(header, cells, strict=True)}
    return Row(path=str(path), line=line, fields=fields)
