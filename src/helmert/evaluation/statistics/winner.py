"""The winner's curse: the best of many candidates looks better than it is, since luck chose it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics.independence import Clusters, Units, effective_queries, weighted_mean
from helmert.evaluation.statistics.intervals import Interval, checked, paired_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOf:
    """The best of several candidates, with what is left of its lead after the luck of being chosen is taken off."""

    index: int
    """Column of the best candidate; the first of equally good ones."""
    raw: float
    """Its mean difference as observed."""
    adjusted: float
    """Its mean difference drawn towards the mean of all candidates."""
    shrinkage: float
    """Share of its lead over the mean of all candidates that was taken off: 1 when noise explains all of it."""
    interval: Interval
    """For its true mean difference. It holds for all candidates at once, hence also for the one that was chosen."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "index": self.index,
            "raw": self.raw,
            "adjusted": self.adjusted,
            "shrinkage": self.shrinkage,
            "interval": self.interval.to_dict(),
        }


def shrink_best(
    differences: FloatArray,
    *,
    level: float = 0.95,
    weights: FloatArray | None = None,
    clusters: Clusters | None = None,
) -> BestOf:
    r"""The best candidate, corrected for having been chosen.

    Args:
        differences: Shape (queries, candidates): each candidate minus the same incumbent, in [-1, 1].
        level: Confidence level of the interval.
        weights: One for each query.
        clusters: One for each query.

    Candidates share the incumbent's luck, which moves all of them alike, so only deviations from their common mean
    are shrunk. With the deviation e_j of candidate j and its sampling variance s_j^2, both over queries,
    the variance of the true deviations is \tau^2 = \max(0, (\sum e_j^2 - \sum s_j^2) / (m - 1)), and
    e_j becomes e_j \tau^2 / (\tau^2 + s_j^2), as in the empirical Bayes estimate of Efron and Morris (JASA 70, 1975).
    The interval is `paired_interval` at level 1 - (1 - level) / m (Bonferroni).

    Raises `UsageError` unless there is at least one candidate and one query.
    """
    d = np.asarray(differences, dtype=np.float64)
    if d.ndim != 2 or 0 in d.shape:
        raise UsageError(f"Shrinking needs one column of differences for each candidate; got shape {d.shape}.")
    checked(d.ravel(), -1.0, "Differences")
    means = np.array([weighted_mean(column, weights) for column in d.T])
    best = int(means.argmax())
    interval = paired_interval(d[:, best], level=1.0 - (1.0 - level) / means.size, weights=weights, clusters=clusters)
    deviations = means - means.mean()
    noise = _noise(d - d.mean(axis=1, keepdims=True), weights, clusters)
    between = max(0.0, float((np.square(deviations) - noise).sum()) / max(means.size - 1, 1))
    total = between + float(noise[best])
    kept = between / total if total > 0 else 1.0
    adjusted = float(means.mean() + kept * deviations[best])
    return BestOf(index=best, raw=float(means[best]), adjusted=adjusted, shrinkage=1.0 - kept, interval=interval)


def _noise(deviations: FloatArray, weights: FloatArray | None, clusters: Clusters | None) -> FloatArray:
    """Sampling variance of each candidate's mean deviation. Shape (candidates,)."""
    found = []
    for column in deviations.T:
        mean = weighted_mean(column, weights)
        variance = weighted_mean(np.square(column - mean), weights)
        found.append(variance / effective_queries(column, weights, clusters))
    return np.array(found)


def split_queries(
    query_ids: Sequence[str], clusters: Clusters | None, share: float, rng: np.random.Generator
) -> tuple[frozenset[str], frozenset[str]]:
    """Two disjoint sets of queries: one to choose a candidate on, one to confirm it on. Clusters stay together.

    Args:
        query_ids: All queries.
        clusters: The cluster of each query, or None.
        share: Of the queries, about how many are kept back for confirming: between 0 and 1.
        rng: Decides which; the same state gives the same sets.

    Returns:
        (for choosing, kept back). Clusters are taken in random order until the share is reached.

    Raises:
        UsageError: A share outside (0, 1), or so few clusters that one of the two sets would be empty.
    """
    if not 0.0 < share < 1.0:
        raise UsageError(f"The share kept back lies between 0 and 1; got {share}.", next_step="Use 0.5.")
    units = Units.of(len(query_ids), None, clusters)
    order = rng.permutation(units.count)
    before = np.cumsum(units.sizes[order]) - units.sizes[order] / 2
    kept = np.zeros(units.count, dtype=np.bool_)
    kept[order[before < share * len(query_ids)]] = True
    if kept.all() or not kept.any():
        raise UsageError(
            f"{len(query_ids)} queries in {units.count} clusters cannot be split with {share:g} kept back.",
            next_step="Label more queries, or compare on all of them.",
        )
    confirming = frozenset(query for query, unit in zip(query_ids, units.members, strict=True) if kept[unit])
    return frozenset(query_ids) - confirming, confirming
