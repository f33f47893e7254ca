"""One JSON object per query: `{"id": ..., "text": ..., "relevant": {doc: grade} or [doc, ...]}`.

`cluster`, `weight`, `slices` and `language` may stand beside them. An entry of the list may be an object that says
more: `{"document": ..., "grade": ..., "origin": ..., "by": ..., "at": ..., "start": ..., "end": ...}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from helmert.evaluation.evalset import EvalSet, ReadNotes
from helmert.evaluation.labels import Label, Labels
from helmert.evaluation.readers.lines import Place, identifier, json_grade, json_objects, shorten
from helmert.evaluation.readers.queries import Queries, json_query
from helmert.evaluation.readers.stated import label_facts, query_facts


def read_jsonl(path: Path) -> EvalSet:
    """Read queries with their relevant documents in one file; a list gives every document the grade 1.

    Raises `NotFound`, and `BadInput` with the line for everything that is not of this form.
    """
    queries, labels = Queries(), Labels()
    for place, row in json_objects(path):
        query = json_query(place, row)
        queries.add(query, query_facts(row, place), place)
        labels.add_all(_relevant(query.id, row.get("relevant"), place))
    return EvalSet(
        name=path.stem,
        queries=tuple(queries.queries),
        qrels=labels.grades,
        query_facts=queries.facts,
        label_facts=labels.facts,
        notes=ReadNotes(repeated=labels.repeated, repeats=tuple(labels.repeats)),
    )


def _relevant(query: str, value: object, place: Place) -> Iterator[Label]:
    match value:
        case dict():
            for document, grade in value.items():
                yield Label(
                    query=query, document=identifier(document, place, "document id"), grade=json_grade(grade, place)
                )
        case list():
            for entry in value:
                yield _listed(query, entry, place)
        case _:
            raise place.error(
                f'"relevant" must be a list of document ids or an object of grades; got {shorten(value)}.',
                next_step='Write {"id": "q1", "text": "...", "relevant": ["doc7"]} on each line.',
            )


def _listed(query: str, entry: object, place: Place) -> Label:
    if not isinstance(entry, dict):
        return Label(query=query, document=identifier(entry, place, "document id"), grade=1)
    return Label(
        query=query,
        document=identifier(entry.get("document"), place, "document id"),
        grade=json_grade(entry.get("grade", 1), place),
        facts=label_facts(entry, place),
    )
