"""Query files: JSONL objects with `_id` (or `id`) and `text`, or lines of id, tab, text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from helmert.evaluation.readers.lines import (
    Place,
    identifier,
    json_objects,
    numbered_lines,
    query_text,
    shorten,
)
from helmert.types import Query

_ID_TITLES = frozenset({"id", "_id", "qid", "query-id", "query_id"})


def read_queries(path: Path) -> list[Query]:
    """Read `.jsonl` as JSON objects and everything else as id, tab, text (with or without a header).

    Raises `NotFound`, and `BadInput` for a missing id or text and for an id given twice.
    """
    rows = _json_rows(path) if path.suffix == ".jsonl" else _tab_rows(path)
    seen: dict[str, int] = {}
    queries = []
    for place, query in rows:
        first_time(query.id, place, seen)
        queries.append(query)
    return queries


def first_time(query: str, place: Place, seen: dict[str, int]) -> None:
    """Remember on which line a query stands. Raises `BadInput` when it stood on an earlier line."""
    if query in seen:
        raise place.error(
            f"query id {query!r} was used on line {seen[query]} already.",
            next_step="Give every query an id of its own.",
        )
    seen[query] = place.line


def json_query(place: Place, row: dict[str, object]) -> Query:
    """The query of a JSON object. Raises `BadInput` when id or text is missing."""
    query = identifier(row.get("_id", row.get("id")), place, "query id")
    return Query(id=query, text=query_text(row.get("text"), place, query))


def _json_rows(path: Path) -> Iterator[tuple[Place, Query]]:
    for place, row in json_objects(path):
        yield place, json_query(place, row)


def _tab_rows(path: Path) -> Iterator[tuple[Place, Query]]:
    first = True
    for place, text in numbered_lines(path):
        query, tab, words = text.partition("\t")
        title = first and query.lower() in _ID_TITLES
        first = False
        if title:
            continue
        if not tab:
            raise place.error(
                f"no tab between query id and text: {shorten(text)}",
                next_step="Write 'id<tab>text' on each line.",
            )
        yield (
            place,
            Query(id=identifier(query, place, "query id"), text=query_text(words, place, query)),
        )
