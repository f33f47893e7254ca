"""Documents with equal scores: the order among them is not the system's choice, so no order is preferred.

Static embeddings, duplicate documents, binary codes and int8 vectors make many ties. Evaluators that break
them by document id or by insertion give one and the same run values between 0.2 and 1.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import BoolArray, FloatArray, IntArray

TiePolicy = Literal["expected", "best", "worst"]
"""expected: the mean over all orders of tied documents. best, worst: the luckiest and unluckiest order."""


def check_policy(ties: str) -> None:
    """Raise `UsageError` for a tie policy that does not exist."""
    if ties not in get_args(TiePolicy):
        raise UsageError(f"Tie policy {ties!r} is not one of {', '.join(get_args(TiePolicy))}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TieGroups:
    """Rankings of shape (rows, depth), cut into groups of equal scores; a single document is a group too."""

    shape: tuple[int, int]
    starts: IntArray
    """Position of each group's first document in the flattened (rows * depth) ranking."""
    sizes: IntArray

    @classmethod
    def find(cls, same: BoolArray) -> Self:
        """Groups from `same`, shape (rows, depth - 1): rank j + 1 has the score of rank j."""
        rows, depth = same.shape[0], same.shape[1] + 1
        opens = np.ones((rows, depth), dtype=np.bool_)
        opens[:, 1:] = ~same
        starts = np.flatnonzero(opens)
        return cls(shape=(rows, depth), starts=starts, sizes=np.diff(starts, append=rows * depth))

    def averaged(self, worth: FloatArray) -> FloatArray:
        """What each rank holds on average over all orders: the mean of its group. Shape (rows, depth)."""
        means = np.add.reduceat(worth.ravel(), self.starts) / self.sizes
        return np.repeat(means, self.sizes).reshape(self.shape)

    def arranged(self, worth: FloatArray, *, best_first: bool) -> FloatArray:
        """The worth at each rank when every group is ordered by worth. Shape (rows, depth)."""
        flat = worth.ravel()
        groups = np.repeat(np.arange(self.starts.size), self.sizes)
        order = np.lexsort((-flat if best_first else flat, groups))
        return flat[order].reshape(self.shape)

    def survival(self, relevant: FloatArray) -> FloatArray:
        r"""P(no relevant document among the first p), for p = 1..depth. Shape (rows, depth).

        Inside a group of m documents with r relevant ones, drawn in random order, the document at place i
        (from 0) is not relevant, given that none before it was, with probability (m - r - i) / (m - i). The
        groups are ordered independently of each other, so the product over all ranks up to p is the answer.
        """
        sizes, counts, places = self.drawn(relevant)
        chances = np.maximum(sizes - counts - places, 0.0) / (sizes - places)
        return np.cumprod(chances, axis=1, dtype=np.float64)

    def drawn(self, worth: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """At each rank: the size of its group, the group's whole worth, and the place in it from 0."""
        sizes = np.repeat(self.sizes, self.sizes)
        wholes = np.repeat(np.add.reduceat(worth.ravel(), self.starts), self.sizes)
        places = np.arange(sizes.size) - np.repeat(self.starts, self.sizes)
        return (
            sizes.reshape(self.shape).astype(np.float64),
            wholes.reshape(self.shape),
            places.reshape(self.shape).astype(np.float64),
        )

    def running(self, worth: FloatArray) -> FloatArray:
        """At each rank, the worth of its group up to and with this rank. Shape (rows, depth)."""
        totals: FloatArray = np.cumsum(worth.ravel())
        before = totals[self.starts] - worth.ravel()[self.starts]
        running: FloatArray = (totals - np.repeat(before, self.sizes)).reshape(self.shape)
        return running
