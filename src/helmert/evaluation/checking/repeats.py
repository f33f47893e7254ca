"""The same judgement given more than once."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.evaluation.checking.problem import Problem
from helmert.evaluation.evalset import EvalSet


def repeated_judgements(evalset: EvalSet) -> Iterator[Problem]:
    """One source that judged one passage of one pair more than once. Kind: `repeated-judgements`.

    Statements of several people, and about several passages, are no repetition.
    """
    notes = evalset.notes
    if notes.repeated:
        yield Problem(
            kind="repeated-judgements",
            severity="warning",
            count=notes.repeated,
            examples=tuple(f"query {query}, document {document}" for query, document in notes.repeats),
            sentence=f"{notes.repeated:,} judgements were given before for the same query and document; "
            "the last of one source counts, and the highest where the source is unknown.",
            remedy="Remove the rows that are wrong, or say in a column `by` who gave which.",
        )
