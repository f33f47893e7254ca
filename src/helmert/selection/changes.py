"""Queries that a candidate answers worse than the reference, with both result lists: what a person reads."""

from __future__ import annotations

from collections.abc import Sequence

from helmert.evaluation import query_changes
from helmert.selection.material import Material
from helmert.selection.scorecard import RankedDocument, Regression, Regressions
from helmert.selection.slices import best_ten
from helmert.selection.terms import Terms
from helmert.selection.trial import Trial

SHOWN = 12
LONGEST = 240
"""Characters of a document that are shown."""


def regressions(trials: Sequence[Trial], reference: str, material: Material, terms: Terms) -> tuple[Regressions, ...]:
    """For every other candidate: how many queries changed under the primary measure, and its largest losses."""
    against = next(trial for trial in trials if trial.name == reference)
    before = best_ten(against, material)
    found = []
    for trial in trials:
        if trial is against:
            continue
        after = best_ten(trial, material)
        changes = query_changes(trial.scores, against.scores, terms.primary)
        texts = {query.id: query.text for query in material.queries}
        found.append(
            Regressions(
                candidate=trial.name,
                against=reference,
                measure=str(terms.primary),
                worse=len(changes.worse),
                better=len(changes.better),
                unchanged=changes.unchanged,
                shown=tuple(
                    Regression(
                        query=change.query_id,
                        text=texts[change.query_id],
                        before=_documents(before.get(change.query_id, ()), change.query_id, material),
                        after=_documents(after.get(change.query_id, ()), change.query_id, material),
                        difference=change.difference,
                    )
                    for change in changes.worse[:SHOWN]
                ),
            )
        )
    return tuple(found)


def _documents(ids: Sequence[str], query: str, material: Material) -> tuple[RankedDocument, ...]:
    grades = material.evalset.qrels.get(query, {})
    return tuple(
        RankedDocument(id=document, text=_start(material, query, document), relevant=grades.get(document, 0) > 0)
        for document in ids
    )


def _start(material: Material, query: str, document: str) -> str:
    """How its text begins; where rows are chunks, that of the first chunk that satisfies the label."""
    text = " ".join(material.corpus.texts[material.rows_of(query, document)[0]].split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
