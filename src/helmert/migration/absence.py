"""Do the judged documents exist? A gate on labels of other documents would compare nothing with nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helmert.evaluation import EvalSet, likely_cause
from helmert.migration.context import Context
from helmert.registry import IndexRecord

TOLERATED = 0.2
"""Share of the queries that may have lost all their relevant documents before nothing is concluded from the rest."""
CHUNK = 1000
SAMPLE = 5000
"""Ids of the index that are looked at for a guess why the labels do not meet it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What is missing, in sentences: notes for the reader, or doubts that forbid a verdict."""

    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def absence(evalset: EvalSet, indexes: Sequence[IndexRecord], context: Context) -> Absence:
    """Look for every relevant document in the indexes. Scores are left as they are: a miss counts as a miss."""
    wanted = evalset.relevant_documents
    missing = wanted.difference(*(_present(wanted, index, context) for index in indexes))
    if not missing:
        return Absence()
    lost = [query.id for query in evalset.answerable if _relevant(evalset, query.id) <= missing]
    sentence = (
        f"{len(missing):,} of {len(wanted):,} relevant documents are in no index; "
        f"{len(lost):,} of {len(evalset.answerable):,} queries cannot be answered for that reason."
    )
    if len(lost) <= TOLERATED * len(evalset.answerable):
        return Absence(notes=(sentence,))
    cause = likely_cause(missing, _some_ids(indexes[0], context))
    return Absence(doubts=(sentence, cause) if cause else (sentence,))


def _relevant(evalset: EvalSet, query: str) -> set[str]:
    return {document for document, grade in evalset.qrels.get(query, {}).items() if grade > 0}


def _present(wanted: frozenset[str], index: IndexRecord, context: Context) -> set[str]:
    store, ids = context.store(index.store), sorted(wanted)
    chunks = (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
    return {id_ for chunk in chunks for id_ in store.fetch(index.name, chunk).ids}


def _some_ids(index: IndexRecord, context: Context) -> list[str]:
    page = next(iter(context.store(index.store).scan(index.name, batch=SAMPLE)), None)
    return list(page.ids) if page is not None else []
