"""Exact cosine ranking in memory: what the reference store searches with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helmert.types import Vectors

Lengths = NDArray[np.float64]
Rows = NDArray[np.intp]
Allowed = NDArray[np.bool_]

SCORES_AT_ONCE = 16_000_000
"""Scores held in memory during one block of queries (64 MB)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactRanking:
    """Vectors that can be ranked by cosine similarity to a query.

    A single-precision matrix product finds every row that could be among the best k, given its largest
    possible rounding error. Those few are scored again in double precision and sorted, so that the result
    does not depend on how the product was blocked, and equal vectors have equal scores.
    """

    vectors: Vectors
    """Shape (n, dims), none of them zero, in the order that breaks ties."""
    lengths: Lengths
    """Euclidean length of each vector."""

    def nearest(
        self, queries: Vectors, k: int, *, allowed: Allowed | None = None
    ) -> Iterator[tuple[Rows, NDArray[np.float64]]]:
        """For each query the positions of the k nearest rows, best first, and their cosines.

        Args:
            queries: Shape (m, dims), none of them zero.
            k: How many; fewer come back when fewer rows are allowed.
            allowed: Shape (n,), true for rows that may be returned; all rows when None.
        """
        rows = np.arange(len(self.vectors)) if allowed is None else np.flatnonzero(allowed)
        block = max(1, SCORES_AT_ONCE // max(1, len(self.vectors)))
        for start in range(0, len(queries), block):
            part = queries[start : start + block].astype(np.float64)
            units = part / np.sqrt(np.einsum("ij,ij->i", part, part))[:, None]
            rough = _products(self.vectors, units.astype(np.float32)) / self.lengths.astype(np.float32)
            for unit, scores in zip(units, rough, strict=True):
                yield self._exact(unit, _could_be_best(scores, rows, k, self.vectors.shape[1]), k)

    def _exact(self, unit: Lengths, rows: Rows, k: int) -> tuple[Rows, NDArray[np.float64]]:
        products = self.vectors[rows].astype(np.float64) * unit
        cosines: Lengths = np.clip(products.sum(axis=1) / self.lengths[rows], -1.0, 1.0)
        order = np.lexsort((rows, -cosines))[:k]
        return rows[order], cosines[order]


def _products(vectors: Vectors, units: Vectors) -> Vectors:
    """All scalar products, shape (queries, n).

    One query is bound by memory and gains nothing from the threads that a matrix product starts; on a busy
    machine waiting for them costs a hundred times the work.
    """
    if len(units) == 1:
        single: Vectors = np.einsum("ij,j->i", vectors, units[0])[None]
        return single
    return units @ vectors.T


def _could_be_best(scores: Vectors, rows: Rows, k: int, dims: int) -> Rows:
    """Those of `rows` whose score may be among the k best: at most the rounding error below the k-th.

    Summing n products of unit vectors in single precision errs by at most n times half the machine epsilon
    (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). Both the k-th score and the row's
    own may err, and two roundings come on top for the division by length and the rounding of the query.
    """
    if len(rows) <= k:
        return rows
    candidates = scores[rows]
    threshold = np.partition(candidates, len(rows) - k)[len(rows) - k]
    slack = (dims + 4) * np.finfo(np.float32).eps
    best: Rows = rows[candidates >= threshold - slack]
    return best
