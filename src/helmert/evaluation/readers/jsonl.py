"""One JSON object per query: `{"id": ..., "text": ..., "relevant": {doc: grade} or [doc, ...]}`."""

from __future__ import annotations

from pathlib import Path

from helmert.evaluation.evalset import EvalSet, Grade, ReadNotes
from helmert.evaluation.readers.lines import Place, identifier, json_grade, json_objects, shorten
from helmert.evaluation.readers.qrels import Judgements
from helmert.evaluation.readers.queries import first_time, json_query


def read_jsonl(path: Path) -> EvalSet:
    """Read queries with their relevant documents in one file; a list gives every document the grade 1.

    Raises `NotFound`, and `BadInput` with the line for everything that is not of this form.
    """
    seen: dict[str, int] = {}
    queries = []
    judgements = Judgements()
    for place, row in json_objects(path):
        query = json_query(place, row)
        first_time(query.id, place, seen)
        queries.append(query)
        for document, grade in _relevant(row.get("relevant"), place):
            judgements.add(query.id, document, grade)
    return EvalSet(
        name=path.stem,
        queries=tuple(queries),
        qrels=judgements.grades,
        notes=ReadNotes(repeated=judgements.repeated),
    )


def _relevant(value: object, place: Place) -> list[tuple[str, Grade]]:
    match value:
        case dict():
            return [(identifier(doc, place, "document id"), json_grade(grade, place)) for doc, grade in value.items()]
        case list():
            return [(identifier(doc, place, "document id"), 1) for doc in value]
        case _:
            raise place.error(
                f'"relevant" must be a list of document ids or an object of grades; got {shorten(value)}.',
                next_step='Write {"id": "q1", "text": "...", "relevant": ["doc7"]} on each line.',
            )
