"""Queries that no system could answer: without a relevant document, or without any judgement."""

from __future__ import annotations

from collections.abc import Iterator

from helmert.evaluation.checking.problem import Problem, some
from helmert.evaluation.evalset import EvalSet


def without_positives(evalset: EvalSet) -> Iterator[Problem]:
    """Queries whose judgements are all negative. They are left out of every mean. Kind: `without-positives`."""
    barren = [
        query.id
        for query in evalset.queries
        if (grades := evalset.qrels.get(query.id)) and not any(grade > 0 for grade in grades.values())
    ]
    if barren:
        yield Problem(
            kind="without-positives",
            severity="warning",
            count=len(barren),
            examples=some(barren),
            sentence=f"{len(barren):,} of {len(evalset.queries):,} queries have judgements and no relevant document; "
            "they are left out of every mean.",
            remedy="Judge more documents for them, or remove them.",
        )


def unjudged(evalset: EvalSet) -> Iterator[Problem]:
    """Queries without a judgement. Kinds: `unjudged-set` when no query is answerable, else `unjudged-queries`."""
    bare = [query.id for query in evalset.queries if not evalset.qrels.get(query.id)]
    count = len(bare) + evalset.notes.unjudged
    if not evalset.answerable:
        yield Problem(
            kind="unjudged-set",
            severity="error",
            count=count,
            examples=some(bare),
            sentence="No query of the set has a relevant document, so nothing can be measured.",
            remedy="Label documents: helmert evalset next, helmert evalset label."
            if evalset.queries
            else "Add queries, then labels.",
        )
    elif count:
        yield Problem(
            kind="unjudged-queries",
            severity="note",
            count=count,
            examples=some(bare),
            sentence=f"{count:,} queries have no judgement; they are left out of every mean.",
            remedy="Nothing needs to be done if they belong to another split, or are waiting for their labels.",
        )
