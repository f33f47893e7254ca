"""Do the judged documents exist? A gate on labels of other documents would compare nothing with nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helmert.evaluation import EvalSet, likely_cause
from helmert.migration.context import Context
from helmert.migration.indexed_labels import IndexedLabels
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


def absence(labels: IndexedLabels, indexes: Sequence[IndexRecord], context: Context) -> Absence:
    """Look for every relevant document in the indexes, by its id or as chunks with the passages that are labelled.

    Scores are left as they are: a miss counts as a miss.
    """
    evalset, wanted = labels.evalset, labels.evalset.relevant_documents
    missing = _missing(labels, indexes, context)
    if not missing:
        return Absence()
    gone = {document for _, document in missing}
    lost = [query.id for query in evalset.answerable if _relevant(evalset, query.id) <= missing]
    what = "in no index, or not with their labelled passages" if labels.folds else "in no index"
    sentence = (
        f"{len(gone):,} of {len(wanted):,} relevant documents are {what}; "
        f"{len(lost):,} of {len(evalset.answerable):,} queries cannot be answered for that reason."
    )
    if len(lost) <= TOLERATED * len(evalset.answerable):
        return Absence(notes=(sentence,))
    cause = likely_cause(gone, _some_ids(indexes[0], context))
    return Absence(doubts=(sentence, cause) if cause else (sentence,))


def _missing(labels: IndexedLabels, indexes: Sequence[IndexRecord], context: Context) -> set[tuple[str, str]]:
    """Query and relevant document, where no index has anything that would satisfy the label."""
    if labels.folds:
        return set.intersection(*(set(fold.out_of_reach) for fold in labels.folds.values()))
    evalset, wanted = labels.evalset, labels.evalset.relevant_documents
    gone = wanted.difference(*(_present(wanted, index, context) for index in indexes))
    return {(query, document) for query in evalset.qrels for document in gone & evalset.qrels[query].keys()}


def _relevant(evalset: EvalSet, query: str) -> set[tuple[str, str]]:
    return {(query, document) for document, grade in evalset.qrels.get(query, {}).items() if grade > 0}


def _present(wanted: frozenset[str], index: IndexRecord, context: Context) -> set[str]:
    store, ids = context.store(index.store), sorted(wanted)
    chunks = (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
    return {id_ for chunk in chunks for id_ in store.fetch(index.name, chunk).ids}


def _some_ids(index: IndexRecord, context: Context) -> list[str]:
    page = next(iter(context.store(index.store).scan(index.name, batch=SAMPLE)), None)
    if page is None:
        return []
    fields = context.chunks(index.collection)
    if fields is None:
        return list(page.ids)
    return [fields.chunk(name, metadata).document for name, metadata in zip(page.ids, page.metadata, strict=True)]
