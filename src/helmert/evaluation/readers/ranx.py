"""Judgements as one JSON object of objects, as ranx writes them: `{"q1": {"d1": 1}}`, beside a file of queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.labels import Label, Labels
from helmert.evaluation.readers.assemble import assemble
from helmert.evaluation.readers.lines import Place, identifier, json_grade, shorten
from helmert.evaluation.readers.queries import queries_beside, read_queries


def read_ranx(path: Path, content: Mapping[str, object], queries: Path | None) -> EvalSet:
    """The set of a file whose JSON value is `content`, with its queries.

    Without `queries` the file is looked for in the same folder under its usual names. Raises `NotFound` and
    `BadInput`.
    """
    labels = Labels().add_all(_labels(path, content))
    return assemble(path.stem, read_queries(queries or queries_beside(path)), labels, path)


def _labels(path: Path, content: Mapping[str, object]) -> Iterator[Label]:
    place = Place(path=path, line=None)
    for query, grades in content.items():
        if not query or not isinstance(grades, dict):
            raise place.error(
                f"the value of query {query!r} must be an object of grades; got {shorten(grades)}.",
                next_step='Write {"q1": {"doc7": 1}}.',
            )
        for document, grade in grades.items():
            yield Label(
                query=query,
                document=identifier(document, place, f"a document id of query {query!r}"),
                grade=json_grade(grade, place, where=f" of document {document!r} for query {query!r}"),
            )
