"""Queries and judgements from two files become one `EvalSet`."""

from __future__ import annotations

from pathlib import Path

from helmert.errors import BadInput
from helmert.evaluation.evalset import EvalSet, ReadNotes
from helmert.evaluation.overlap import likely_cause
from helmert.evaluation.readers.qrels import Judgements
from helmert.types import Query


def assemble(name: str, queries: list[Query], judgements: Judgements, source: Path) -> EvalSet:
    """Keep the judged queries and the judgements of known queries; count the rest in `EvalSet.notes`.

    Raises `BadInput` when no judgement at all belongs to a known query: the files do not fit together.
    """
    known = {query.id for query in queries}
    grades = judgements.grades
    strangers = grades.keys() - known
    if strangers and len(strangers) == len(grades):
        raise _strangers_only(strangers, known, source)
    return EvalSet(
        name=name,
        queries=tuple(query for query in queries if query.id in grades),
        qrels={query: judged for query, judged in grades.items() if query in known},
        notes=ReadNotes(
            unjudged=sum(query.id not in grades for query in queries),
            dangling=sum(len(grades[query]) for query in strangers),
            repeated=judgements.repeated,
        ),
    )


def _strangers_only(strangers: set[str], known: set[str], source: Path) -> BadInput:
    cause = likely_cause(strangers, known)
    return BadInput(
        f"none of its {len(strangers)} query ids is among the {len(known)} queries; first {min(strangers)!r}."
        + (f" {cause}" if cause else ""),
        path=str(source),
        next_step="Use the queries file that belongs to these judgements, with the same spelling of ids.",
    )
