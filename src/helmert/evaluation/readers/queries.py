"""Query files: JSONL objects with `_id` (or `id`) and `text`, or lines of id, tab, text.

The objects may state more about a query: `cluster`, `weight`, `slices`, and `language` for the slice of that name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from helmert.errors import NotFound
from helmert.evaluation.facts import QueryFacts
from helmert.evaluation.readers.lines import (
    Place,
    identifier,
    json_objects,
    numbered_lines,
    query_text,
    shorten,
)
from helmert.evaluation.readers.stated import query_facts
from helmert.types import Query

USUAL_NAMES = ("queries.jsonl", "queries.tsv", "topics.tsv")
"""Where the queries of judgements are looked for when nobody says."""

_ID_TITLES = frozenset({"id", "_id", "qid", "query-id", "query_id"})


@dataclass(slots=True, kw_only=True)
class Queries:
    """Queries and what is stated about them, as they are collected from a file."""

    queries: list[Query] = field(default_factory=list)
    facts: dict[str, QueryFacts] = field(default_factory=dict)
    """Only of queries about which something is stated."""
    _lines: dict[str, int | None] = field(default_factory=dict)

    def add(self, query: Query, facts: QueryFacts | None, place: Place) -> None:
        """Take one more query. Raises `BadInput` when its id stood on an earlier line."""
        if query.id in self._lines:
            raise place.error(
                f"query id {query.id!r} was used on line {self._lines[query.id]} already.",
                next_step="Give every query an id of its own.",
            )
        self._lines[query.id] = place.line
        self.queries.append(query)
        if facts is not None:
            self.facts[query.id] = facts


def read_queries(path: Path) -> Queries:
    """Read `.jsonl` as JSON objects and everything else as id, tab, text (with or without a header).

    Raises `NotFound`, and `BadInput` for a missing id or text and for an id given twice.
    """
    queries = Queries()
    if path.suffix == ".jsonl":
        for place, row in json_objects(path):
            queries.add(json_query(place, row), query_facts(row, place), place)
    else:
        for place, query in _tab_rows(path):
            queries.add(query, None, place)
    return queries


def queries_beside(judgements: Path) -> Path:
    """The file of queries in the folder of judgements. Raises `NotFound` when there is none of a usual name."""
    for name in USUAL_NAMES:
        if (judgements.parent / name).is_file():
            return judgements.parent / name
    raise NotFound(
        f"{judgements} holds judgements, but its folder has none of {', '.join(USUAL_NAMES)}.",
        next_step="Put the queries beside it, one 'id<tab>text' on each line of queries.tsv.",
    )


def json_query(place: Place, row: dict[str, object]) -> Query:
    """The query of a JSON object. Raises `BadInput` when id or text is missing."""
    query = identifier(row.get("_id", row.get("id")), place, "query id")
    return Query(id=query, text=query_text(row.get("text"), place, query))


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
