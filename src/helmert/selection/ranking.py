"""Exact rankings: what a model finds when no index stands between it and the documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helmert.evaluation import Run
from helmert.selection.quantisation import without_direction
from helmert.stores.exact import SCORES_AT_ONCE, ExactRanking
from helmert.types import Vectors

TIE_ROOM = 10
"""Documents ranked beyond the deepest cutoff, so that those tied across it are seen together."""

Found = tuple[NDArray[np.intp], NDArray[np.float64]]
"""Rows of documents and their scores, for one query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """What the rows of two matrices are called."""

    documents: Sequence[str]
    queries: Sequence[str]


def rank_exact(
    documents: Vectors, document_ids: Sequence[str], queries: Vectors, query_ids: Sequence[str], k: int
) -> Run:
    """The k nearest documents of every query by cosine similarity, computed in double precision where it matters.

    A document without direction is never found; a query without direction finds nothing.

    Args:
        documents: Shape (n, dims).
        document_ids: One for each row of `documents`.
        queries: Shape (m, dims).
        query_ids: One for each row of `queries`.
        k: How many.
    """
    blind = without_direction(queries)
    empty = without_direction(documents)
    lengths = np.sqrt(np.einsum("ij,ij->i", documents, documents, dtype=np.float64))
    ranking = ExactRanking(vectors=documents, lengths=np.where(empty, 1.0, lengths))
    found = ranking.nearest(queries[~blind], k, allowed=~empty if empty.any() else None)
    nothing = (np.empty(0, dtype=np.intp), np.empty(0))
    return as_run((nothing if none else next(found) for none in blind), Ids(documents=document_ids, queries=query_ids))


def best_with_ties(scores: Iterable[NDArray[np.float32]], k: int) -> Iterator[Found]:
    """The k best of each row of scores, and all that tie with the k-th; minus infinity is never found.

    Codes of one bit make large groups of equal scores. Cutting one anywhere would let the order of documents decide.
    """
    for row in scores:
        best = np.flatnonzero(row >= np.partition(row, len(row) - k)[len(row) - k]) if k < len(row) else None
        rows = np.flatnonzero(row > -np.inf) if best is None else best[row[best] > -np.inf]
        yield rows, row[rows].astype(np.float64)


def products(queries: Vectors, documents: Vectors) -> Iterator[NDArray[np.float32]]:
    """Scalar products of each query with all documents, shape (n,) each; of some queries at a time."""
    block = max(1, SCORES_AT_ONCE // max(1, len(documents)))
    for start in range(0, len(queries), block):
        yield from queries[start : start + block] @ documents.T


def as_run(found: Iterable[Found], ids: Ids) -> Run:
    """A run of what was found for each query, in the order of `ids.queries`."""
    rows, scores = zip(*found, strict=True) if ids.queries else ((), ())
    return Run.from_codes(
        ids.queries,
        [len(each) for each in rows],
        ids.documents,
        np.concatenate(rows) if rows else np.empty(0, dtype=np.intp),
        np.concatenate(scores) if scores else np.empty(0),
    )


def without(run: Run, dropped: Callable[[str], Set[str]]) -> Run:
    """The run in which each query lacks the documents that `dropped` names for it; those below move up."""
    kept = np.ones(run.codes.size, dtype=np.bool_)
    lengths = np.diff(run.offsets)
    for row, query in enumerate(run.query_ids):
        unwanted = {run.vocabulary[name] for name in dropped(query) if name in run.vocabulary}
        if unwanted:
            part = slice(run.offsets[row], run.offsets[row + 1])
            kept[part] = ~np.isin(run.codes[part], list(unwanted))
            lengths[row] = kept[part].sum()
    return Run.from_codes(run.query_ids, lengths.tolist(), run.documents, run.codes[kept], run.scores[kept])
