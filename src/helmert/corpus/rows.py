"""From the records of any format to documents: which field is what, and what makes a record unusable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from helmert.corpus.base import OnBad, ReadReport
from helmert.errors import BadInput
from helmert.types import Document, Scalar

ID_FIELDS = ("id", "_id")
"""Where the id is looked for when none is named."""

CONTAINER = "metadata"
"""BEIR files keep further facts in an object of this name; its entries count as fields of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record as its reader found it, before anybody looked at the fields."""

    path: str
    line: int | None
    fields: Mapping[str, object]


Reading = Iterator[Row | BadInput]
"""What a reader gives: records, and in place of one that could not be parsed the error that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which fields of a record become id, text and metadata."""

    id_field: str | None = None
    """None: the first of `ID_FIELDS` that the row has."""
    text_fields: tuple[str, ...] | None = None
    """Joined by newlines, empty ones left out. None: `text`, with `title` above it where there is one."""
    metadata_fields: tuple[str, ...] | None = None
    """None: every field that is not id or text, and the title unless it is blank."""

    def document(self, row: Row) -> Document:
        """The document of a record. Raises `BadInput`."""
        id_field = self.find_id(row.fields)
        fields = _unpack(row)
        return Document(
            id=_identity(row, id_field),
            text=self._text(row),
            metadata=self._metadata(row, fields, id_field),
        )

    def find_id(self, names: Iterable[str]) -> str:
        """Name of the id field among `names`; the expected name when it is not there."""
        if self.id_field is not None:
            return self.id_field
        present = set(names)
        return next((name for name in ID_FIELDS if name in present), ID_FIELDS[0])

    def text_names(self) -> tuple[str, ...]:
        """Fields that a record must have for its text."""
        return ("text",) if self.text_fields is None else self.text_fields

    def _text(self, row: Row) -> str:
        required = self.text_names()
        names = ("title", *required) if self.text_fields is None else required
        parts = [_text_part(row, name, required=name in required) for name in names]
        text = "\n".join(part for part in parts if part.strip())
        if not text:
            raise _bad(row, f"the text is empty ({' and '.join(names)})", "Fill it in, or remove the row.")
        return text

    def _metadata(self, row: Row, fields: Mapping[str, object], id_field: str) -> dict[str, Scalar]:
        if self.metadata_fields is None:
            used = {id_field, *self.text_names()} - {"title"}
            if not str(fields.get("title")).strip():
                used.add("title")
            names: Iterable[str] = (name for name in fields if name not in used)
        else:
            names = (name for name in self.metadata_fields if name in fields)
        return {name: _scalar(row, name, fields[name]) for name in names if fields[name] is not None}


class EveryColumn(Columns):
    """Asks for no column by name, so that all of them are read: for tables of other things than documents.

    Which columns are needed is for the caller to say, row by row.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(text_fields=())

    def find_id(self, names: Iterable[str]) -> str:
        """Any column that is there."""
        return next(iter(names), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """A `helmert.corpus.base.Source` over the records of one reader."""

    name: str
    read: Callable[[], Reading]
    columns: Columns
    on_bad: OnBad

    def documents(self, report: ReadReport | None = None) -> Iterator[Document]:
        """See `helmert.corpus.base.Source.documents`."""
        report = ReadReport() if report is None else report
        seen: set[str] = set()
        for item in self.read():
            try:
                document = self._accept(item, seen)
            except BadInput as bad:
                if self.on_bad == "stop":
                    raise _with_way_around(bad) from None
                report.count_skipped(bad)
                continue
            report.count_read()
            yield document
        if not seen:
            raise BadInput(
                f"no documents ({report.skipped_total} bad rows)" if report.skipped_total else "no documents",
                path=self.name,
                next_step="Name a file or folder that holds text.",
            )

    def _accept(self, item: Row | BadInput, seen: set[str]) -> Document:
        if isinstance(item, BadInput):
            raise item
        document = self.columns.document(item)
        if document.id in seen:
            raise _bad(item, f"the id {shorten(document.id)} was used before", "Give every document its own id.")
        seen.add(document.id)
        return document


def shorten(value: object, *, width: int = 60) -> str:
    """A value as it is quoted in an error message."""
    shown = repr(value)
    return shown if len(shown) <= width else f"{shown[:width]}... ({len(shown)} characters)"


def _bad(row: Row, reason: str, next_step: str) -> BadInput:
    return BadInput(reason, path=row.path, line=row.line, next_step=next_step)


def _with_way_around(bad: BadInput) -> BadInput:
    remedy = f"{bad.next_step} To leave bad rows out instead: helmert plan --on-bad skip"
    return BadInput(bad.reason, path=bad.path, line=bad.line, next_step=remedy)


def _unpack(row: Row) -> Mapping[str, object]:
    inner = row.fields.get(CONTAINER)
    if not isinstance(inner, Mapping):
        return row.fields
    outer = {name: value for name, value in row.fields.items() if name != CONTAINER}
    clash = sorted(outer.keys() & inner.keys())
    if clash:
        raise _bad(row, f"{clash[0]!r} stands in the row and in its {CONTAINER!r}", "Keep one of the two.")
    return {**outer, **inner}


def _identity(row: Row, name: str) -> str:
    value = row.fields.get(name)
    if value is None:
        remedy = f"Add the field, or name another with id_field. This row has {', '.join(row.fields) or 'none'}."
        raise _bad(row, f"the id is missing: no field {name!r}", remedy)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _bad(row, f"the id {shorten(value)} is a {_kind(value)}", "Use text or a whole number as id.")
    if not str(value).strip():
        raise _bad(row, f"the id is empty: {name!r} is {shorten(value)}", "Give the document an id.")
    return str(value)


def _text_part(row: Row, name: str, *, required: bool) -> str:
    if required and name not in row.fields:
        remedy = f"Name the right fields with text_fields. This row has {', '.join(row.fields)}."
        raise _bad(row, f"the text is missing: no field {name!r}", remedy)
    value = row.fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad(row, f"{name!r} is a {_kind(value)}, not text: {shorten(value)}", "Write it as text.")
    return value


def _scalar(row: Row, name: str, value: object) -> Scalar:
    if isinstance(value, float) and not math.isfinite(value):
        raise _bad(row, f"{name!r} is {value}, which JSON cannot carry", "Leave the field out where it is unknown.")
    if isinstance(value, str | int | float):
        return value
    raise _bad(
        row,
        f"{name!r} is a {_kind(value)}, not a single value: {shorten(value)}",
        "Flatten it, or name the fields to keep with metadata_fields.",
    )


def _kind(value: object) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "whole number"
        case float():
            return "fraction"
        case list() | tuple():
            return "list"
        case Mapping():
            return "nested object"
        case _:
            return f"value of type {type(value).__name__}"
