"""Queries and judgements from two files become one `EvalSet`."""

from __future__ import annotations

from pathlib import Path

from helmert.errors import BadInput
from helmert.evaluation.evalset import EvalSet, ReadNotes
from helmert.evaluation.labels import Labels
from helmert.evaluation.overlap import likely_cause
from helmert.evaluation.readers.queries import Queries

_KEPT_EXAMPLES = 5


def assemble(name: str, queries: Queries, labels: Labels, source: Path, *, all_queries: bool = False) -> EvalSet:
    """Keep the judged queries and the judgements of known queries; count the rest in `EvalSet.notes`.

    `all_queries` keeps those without a judgement too, which in a set of one split are waiting for theirs. Raises
    `BadInput` when no judgement at all belongs to a known query: the files do not fit together.
    """
    known = {query.id for query in queries.queries}
    grades = labels.grades
    strangers = sorted(grades.keys() - known)
    cause = likely_cause(strangers, known) or ""
    if strangers and len(strangers) == len(grades):
        raise _strangers_only(strangers, len(known), source, cause)
    kept = tuple(query for query in queries.queries if all_queries or query.id in grades)
    ids = {query.id for query in kept}
    return EvalSet(
        name=name,
        queries=kept,
        qrels={query: judged for query, judged in grades.items() if query in known},
        query_facts={query: facts for query, facts in queries.facts.items() if query in ids},
        label_facts={pair: facts for pair, facts in labels.facts.items() if pair[0] in known},
        notes=ReadNotes(
            unjudged=len(known) - len(ids),
            dangling=sum(len(grades[query]) for query in strangers),
            repeated=labels.repeated,
            strangers=tuple(strangers[:_KEPT_EXAMPLES]),
            cause=cause,
            repeats=tuple(labels.repeats),
        ),
    )


def _strangers_only(strangers: list[str], known: int, source: Path, cause: str) -> BadInput:
    return BadInput(
        f"none of its {len(strangers)} query ids is among the {known} queries; first {strangers[0]!r}."
        + (f" {cause}" if cause else ""),
        path=str(source),
        next_step="Use the queries file that belongs to these judgements, with the same spelling of ids.",
    )
