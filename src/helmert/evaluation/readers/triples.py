"""Tables with one label per row: query, document and grade, from CSV, TSV with a header, or Parquet.

| column | also called | what it holds |
|---|---|---|
| `query` | `query_text` | the text |
| `document` | `document_id`, `doc_id`, `corpus-id` | the id |
| `grade` | `score`, `relevance`, `rel`, `label`, `relevant`, `rating` | without it every row has the grade 1 |
| `query_id` | `query-id`, `qid` | without it the text itself tells which query it is |
| `cluster`, `weight`, `language`, `slices.<name>` | | about the query |
| `origin`, `by`, `at`, `start`, `end` | | about the label |

Other columns are left alone. Capitals in the names of columns do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from helmert.corpus.delimited import read_delimited
from helmert.corpus.parquet import read_parquet
from helmert.corpus.rows import EveryColumn, Reading
from helmert.errors import BadInput, NotFound
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.facts import QueryFacts
from helmert.evaluation.labels import Grade, Label, Labels
from helmert.evaluation.readers.assemble import assemble
from helmert.evaluation.readers.lines import Place, identifier, json_grade, query_text, written_grade
from helmert.evaluation.readers.queries import Queries
from helmert.evaluation.readers.stated import absent, label_facts, query_facts
from helmert.types import Query, content_hash

QUERY_COLUMNS = ("query", "query_text")
"""What the column of query texts may be called."""

_DOCUMENT = ("document", "document_id", "doc_id", "corpus-id", "corpus_id")
_GRADE = ("grade", "score", "relevance", "rel", "label", "relevant", "rating")
_QUERY_ID = ("query_id", "query-id", "qid")


def read_triples(path: Path) -> EvalSet:
    """Read a table of labels.

    Without a column of query ids, a query is named by a hash of its text, which stays the same from file to file
    and does not see white space. Raises `NotFound`, `MissingExtra` for Parquet without `pyarrow`, and `BadInput`
    with the line, or for Parquet the row.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", next_step="Check the path.")
    table = _Table()
    for place, fields in _rows(path):
        table.add(place, fields)
    return assemble(path.stem, table.queries, table.labels, path)


class _Table:
    """Queries and labels of the rows so far."""

    def __init__(self) -> None:
        self.queries, self.labels = Queries(), Labels()
        self._known: dict[str, tuple[Place, Query, QueryFacts | None]] = {}

    def add(self, place: Place, fields: Mapping[str, object]) -> None:
        query = self._query(place, fields)
        self.labels.add(
            Label(
                query=query,
                document=identifier(_cell(fields, _DOCUMENT, place, "document"), place, "document id"),
                grade=_grade(fields, place),
                facts=label_facts(fields, place),
            )
        )

    def _query(self, place: Place, fields: Mapping[str, object]) -> str:
        text = _cell(fields, QUERY_COLUMNS, place, "query")
        given = _optional(fields, _QUERY_ID)
        words = query_text(text, place, str(given or ""))
        named = given is not None
        query = Query(id=identifier(given, place, "query id") if named else text_id(words), text=words)
        facts = query_facts(fields, place)
        if query.id not in self._known:
            self._known[query.id] = (place, query, facts)
            self.queries.add(query, facts, place)
            return query.id
        before, known, stated = self._known[query.id]
        if named and known.text != query.text:
            raise place.error(
                f"query id {query.id!r} has the text {query.text!r} here and {known.text!r} in row {before.line}.",
                next_step="Give every query an id of its own, and always the same text.",
            )
        if facts is not None and facts != stated:
            raise place.error(
                f"what is stated about query {query.id!r} is not what row {before.line} states.",
                next_step="Write the same cluster, weight and slices in every row of a query, or only in its first.",
            )
        return query.id


def text_id(text: str) -> str:
    """A name for a query that has none: the same for the same text, whatever its white space."""
    return f"q-{content_hash(text)[:16]}"


def _rows(path: Path) -> Iterator[tuple[Place, Mapping[str, object]]]:
    for item in _reading(path):
        if isinstance(item, BadInput):
            raise item
        place = Place(path=path, line=item.line)
        yield place, {name.strip().lower(): value for name, value in item.fields.items()}


def _reading(path: Path) -> Reading:
    columns = EveryColumn()
    match path.suffix.lower():
        case ".parquet":
            return read_parquet(path, columns=columns)
        case ".tsv":
            return read_delimited(path, delimiter="\t", columns=columns)
        case _:
            return read_delimited(path, delimiter=",", columns=columns)


def _cell(fields: Mapping[str, object], names: tuple[str, ...], place: Place, what: str) -> object:
    name = next((name for name in names if name in fields), None)
    if name is None:
        raise place.error(
            f"no column for the {what}; the columns are {', '.join(map(repr, fields))}.",
            next_step=f"Call it {what!r}." + (" Separate columns by commas." if len(fields) == 1 else ""),
        )
    return fields[name]


def _optional(fields: Mapping[str, object], names: tuple[str, ...]) -> object:
    value = next((fields[name] for name in names if name in fields), None)
    return None if absent(value) else value


def _grade(fields: Mapping[str, object], place: Place) -> Grade:
    name = next((name for name in _GRADE if name in fields), None)
    if name is None:
        return 1
    value = fields[name]
    return written_grade(value, place) if isinstance(value, str) else json_grade(value, place)
