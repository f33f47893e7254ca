"""Queries, labels and documents as lines of a BEIR folder. What could not be read again is refused here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import orjson

from helmert.errors import UsageError
from helmert.evaluation.facts import QueryFacts, Span
from helmert.evaluation.labels import Grade, Label
from helmert.evaluation.readers.stated import LABEL_COLUMNS
from helmert.types import Document, Query

HEADER = ("query-id", "corpus-id", "score")
"""The columns that every judgement file has."""

_PLAIN = QueryFacts()
_RESERVED = frozenset({"_id", "text", "metadata"})


def query_line(query: Query, facts: QueryFacts) -> bytes:
    """A line of `queries.jsonl`. Raises `UsageError` for a query without id or text."""
    if not query.id or not query.text.strip():
        raise UsageError(f"A query needs an id and a text to be written; got {query!r}.")
    row: dict[str, object] = {"_id": query.id, "text": query.text}
    if facts.cluster:
        row["cluster"] = facts.cluster
    if facts.weight != _PLAIN.weight:
        row["weight"] = facts.weight
    if facts.slices:
        row["slices"] = dict(facts.slices)
    return _json(row, f"query {query.id!r}")


def document_lines(documents: Iterable[Document]) -> Iterator[bytes]:
    """Lines of `corpus.jsonl`, as `helmert.corpus.open_source` reads them. A title above the text is written apart.

    Raises `UsageError` for a document without id or text, and for an id given twice.
    """
    seen: set[str] = set()
    for document in documents:
        if not document.id.strip() or not document.text.strip() or document.id in seen:
            raise UsageError(f"Documents need a text and an id of their own to be written; got {document.id!r}.")
        seen.add(document.id)
        yield _json(_document_row(document), f"document {document.id!r}")


def _document_row(document: Document) -> dict[str, object]:
    reserved = sorted(_RESERVED & document.metadata.keys())
    if reserved:
        raise UsageError(
            f"Document {document.id!r} has metadata called {reserved[0]!r}, which a corpus file keeps for itself.",
            next_step="Name the fields to keep with metadata_fields.",
        )
    metadata = dict(document.metadata)
    row: dict[str, object] = {"_id": document.id, "title": "", "text": document.text}
    if "title" in metadata:
        title = metadata["title"]
        if isinstance(title, str) and title.strip() and document.text.startswith(f"{title}\n"):
            body = document.text.removeprefix(f"{title}\n")
            if body.strip():
                row |= {"title": metadata.pop("title"), "text": body}
        if "title" in metadata:
            del row["title"]
    return row | ({"metadata": metadata} if metadata else {})


def columns_of(labels: Iterable[Label]) -> tuple[str, ...]:
    """The named columns that these labels need after the grade, in their usual order."""
    needed: set[str] = set()
    for label in labels:
        facts = label.facts
        stated = {"origin": facts.origin != "unknown", "by": bool(facts.by), "at": bool(facts.at)}
        needed |= {name for name, is_stated in stated.items() if is_stated}
        needed |= {"start", "end"} if facts.spans else set()
    return tuple(name for name in LABEL_COLUMNS if name in needed)


def header_line(names: Sequence[str]) -> bytes:
    """The first line of a judgement file."""
    return ("\t".join((*HEADER, *names)) + "\n").encode()


def label_lines(label: Label, names: Sequence[str]) -> Iterator[bytes]:
    """The rows of a label below a header with these named columns: one for each span, or one without any.

    Raises `UsageError` for an id that holds a tab or a line end, and for a grade that is not finite.
    """
    spans: Sequence[Span | None] = label.facts.spans or (None,)
    for span in spans:
        stated = {
            "origin": "" if label.facts.origin == "unknown" else label.facts.origin,
            "by": label.facts.by,
            "at": label.facts.at,
            "start": "" if span is None else str(span.start),
            "end": "" if span is None else str(span.end),
        }
        cells = (label.query, label.document, _written(label.grade), *(stated[name] for name in names))
        yield _tabbed(cells, label)


def _tabbed(cells: Sequence[str], label: Label) -> bytes:
    if not label.query or not label.document or any(set(cell) & set("\t\n\r") for cell in cells):
        raise UsageError(
            f"The label of document {label.document!r} for query {label.query!r} cannot stand in a file of tabs: "
            "an id is empty, or something of it holds a tab or a line end.",
            next_step="Use ids without tabs and line ends.",
        )
    try:
        return ("\t".join(cells) + "\n").encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"The label of document {label.document!r} is not valid Unicode.") from error


def _written(grade: Grade) -> str:
    if not math.isfinite(grade):
        raise UsageError(f"The grade {grade} is not a finite number.")
    return str(int(grade)) if isinstance(grade, int) else repr(float(grade))


def _json(row: dict[str, object], what: str) -> bytes:
    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError as error:
        raise UsageError(f"What is known of {what} cannot be written as JSON: {error}.") from error
