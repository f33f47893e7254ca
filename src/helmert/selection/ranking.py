"""Exact rankings: what a model finds when no index stands between it and the documents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helmert.evaluation import Run
from helmert.stores.exact import ExactRanking
from helmert.types import Vectors


def rank_exact(
    documents: Vectors, document_ids: Sequence[str], queries: Vectors, query_ids: Sequence[str], k: int
) -> Run:
    """The k nearest documents of every query by cosine similarity, computed in double precision where it matters.

    Args:
        documents: Shape (n, dims), none of them zero.
        document_ids: One for each row of `documents`.
        queries: Shape (m, dims), none of them zero.
        query_ids: One for each row of `queries`.
        k: How many.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", documents, documents, dtype=np.float64))
    ranking = ExactRanking(vectors=documents, lengths=lengths)
    rows, scores = [], []
    for found, cosines in ranking.nearest(queries, k):
        rows.append(found)
        scores.append(cosines)
    return Run.from_codes(
        query_ids,
        [len(found) for found in rows],
        document_ids,
        np.concatenate(rows) if rows else np.empty(0, dtype=np.intp),
        np.concatenate(scores) if scores else np.empty(0),
    )
