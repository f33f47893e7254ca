"""How many independent, equally weighted queries a set is worth: weights and clusters make it smaller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray, IntArray

Clusters = Sequence[str]
"""The cluster of each query, in the order of the values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Queries with their weights, put together into what is drawn independently: clusters, or single queries."""

    weights: FloatArray
    """Shape (queries,): how much each query counts, 1 where nothing was said."""
    members: IntArray
    """Shape (queries,): the unit each query belongs to, counted from 0."""
    count: int
    """Number of units."""

    @classmethod
    def of(cls, queries: int, weights: FloatArray | None, clusters: Clusters | None) -> Self:
        """Units of a set. Raises `UsageError` for weights or clusters of another length, or weights not above 0."""
        given: FloatArray = np.ones(queries) if weights is None else np.asarray(weights, dtype=np.float64)
        if given.shape != (queries,) or not ((given > 0) & np.isfinite(given)).all():
            raise UsageError(f"{queries} queries need one finite weight above 0 each; got shape {given.shape}.")
        if clusters is None:
            return cls(weights=given, members=np.arange(queries, dtype=np.int64), count=queries)
        if len(clusters) != queries:
            raise UsageError(f"{queries} queries need one cluster each; got {len(clusters)}.")
        numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
        members = np.array([numbers[name] for name in clusters], dtype=np.int64)
        return cls(weights=given, members=members, count=len(numbers))

    def sums(self, values: FloatArray) -> FloatArray:
        """Weighted sum of the values in each unit. Shape (units,)."""
        return np.bincount(self.members, weights=self.weights * values, minlength=self.count).astype(np.float64)

    @property
    def sizes(self) -> FloatArray:
        """Weight of each unit. Shape (units,)."""
        return self.sums(np.ones(self.weights.size))

    @property
    def balanced(self) -> float:
        r"""Kish's number of units: (\sum U)^2 / \sum U^2 for unit weights U; `count` when they are equal."""
        sizes = self.sizes
        return float(sizes.sum() ** 2 / np.square(sizes).sum()) if sizes.size else 0.0

    @property
    def plain(self) -> bool:
        """Every query is its own unit and weighs the same."""
        return self.count == self.weights.size and (self.count == 0 or float(np.ptp(self.weights)) == 0.0)


def weighted_mean(values: FloatArray, weights: FloatArray | None = None) -> float:
    """Mean of the values, weighted where weights are given; NaN for no values."""
    if not values.size:
        return float("nan")
    return float(values.mean() if weights is None else weights @ values / weights.sum())


def effective_queries(
    values: Sequence[float] | FloatArray,
    weights: FloatArray | None = None,
    clusters: Clusters | None = None,
    *,
    spread: float = 1.0,
) -> float:
    r"""The number of independent, equally weighted queries whose mean would vary as much as this one.

    The weighted mean is a ratio of sums over clusters. By linearisation, with residuals r = d - mean, cluster sums
    T_c = \sum_{i \in c} w_i r_i over G clusters and W = \sum w, its variance is (G / (G-1)) \sum T_c^2 / W^2.
    Of independent, equally weighted queries it would be \sum w r^2 / (W n). So

    n = W / D,   D = ((G / (G-1)) \sum T_c^2 + (s M)^2) / (\sum w r^2 + s^2 M),   M = \sum U_c^2 / W

    where U_c is the weight of cluster c, and D the design effect in units of weight. The terms with s, `spread`,
    are one pseudo-cluster of typical weight M that changes as a whole by s: where few queries differ, the data
    cannot tell whether clusters differ as a whole, and then they count as if they did. D is not allowed below the
    one of the weights alone, \sum w^2 / W, so a set is never worth more than Kish's (\sum w)^2 / \sum w^2.

    Kish, Survey Sampling, 1965, sections 6.5 and 11.7; 0 for no queries. Raises `UsageError` as `Units.of`.
    """
    x = np.asarray(values, dtype=np.float64)
    units = Units.of(x.size, weights, clusters)
    if units.plain:
        return float(x.size)
    w, total = units.weights, float(units.weights.sum())
    residuals = x - weighted_mean(x, w)
    typical = total / units.balanced
    between = np.square(units.sums(residuals)).sum() * units.count / max(units.count - 1, 1)
    design = (between + (spread * typical) ** 2) / ((w * np.square(residuals)).sum() + spread**2 * typical)
    alone = float(np.square(w).sum()) / total
    return total / max(float(design), alone)
