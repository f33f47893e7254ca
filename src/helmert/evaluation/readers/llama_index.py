"""LlamaIndex's `EmbeddingQAFinetuneDataset` as JSON: `queries`, `corpus` and `relevant_docs` in one object."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.labels import Label, Labels
from helmert.evaluation.readers.assemble import assemble
from helmert.evaluation.readers.lines import Place, identifier, query_text, shorten
from helmert.evaluation.readers.queries import Queries
from helmert.types import Query

PARTS = frozenset({"queries", "relevant_docs"})
"""What tells such a file from others. Its `corpus` is not looked at."""


def read_llama_index(path: Path, content: Mapping[str, object]) -> EvalSet:
    """The set of a file whose JSON value is `content`; every document that is listed has the grade 1.

    Raises `BadInput` for a part that is not of this form.
    """
    place = Place(path=path, line=None)
    queries, labels = Queries(), Labels()
    for query, text in _object(content, "queries", place).items():
        queries.add(Query(id=identifier(query, place, "query id"), text=query_text(text, place, query)), None, place)
    for query, documents in _object(content, "relevant_docs", place).items():
        if not isinstance(documents, list):
            raise place.error(
                f"relevant_docs of query {query!r} must be a list of document ids; got {shorten(documents)}.",
                next_step='Write {"relevant_docs": {"q1": ["doc7"]}}.',
            )
        for document in documents:
            name = identifier(document, place, f"a document id of query {query!r}")
            labels.add(Label(query=query, document=name, grade=1))
    return assemble(path.stem, queries, labels, path)


def _object(content: Mapping[str, object], part: str, place: Place) -> Mapping[str, object]:
    value = content[part]
    if isinstance(value, dict):
        return value
    raise place.error(
        f"{part!r} must be an object; got {shorten(value)}.",
        next_step='Write {"queries": {"q1": "..."}, "relevant_docs": {"q1": ["doc7"]}}.',
    )
