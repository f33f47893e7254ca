"""p-values from the paired interval: the level at which it begins to hold zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics.independence import Clusters
from helmert.evaluation.statistics.intervals import paired_interval

SMALLEST = 1e-6
LARGEST = 0.4999
_STEPS = 24


def interval_p(
    differences: Sequence[float] | FloatArray,
    *,
    weights: FloatArray | None = None,
    clusters: Clusters | None = None,
    alternative: Literal["two-sided", "worse"] = "two-sided",
) -> float:
    """The smallest alpha at which `paired_interval` excludes zero; from 0.000001 to 1.

    A randomisation test assumes that equal systems would differ as often upwards as downwards. They need not: one that
    gains much on few queries and loses a little on many is equal on average, and sets without its few gains look as if
    it only lost. The interval counts on gains and losses that were not drawn, so its p-value stays honest there. Take
    the larger of the two where a false alarm costs something.

    Raises `UsageError` as `paired_interval`.

    Args:
        differences: Per-query differences in [-1, 1].
        weights: As of `paired_interval`.
        clusters: As of `paired_interval`.
        alternative: `worse` for the one-sided question whether the mean lies below zero.
    """

    def excluded(alpha: float) -> bool:
        interval = paired_interval(differences, level=1.0 - 2.0 * alpha, weights=weights, clusters=clusters)
        return interval.high < 0.0 or (alternative == "two-sided" and interval.low > 0.0)

    sides = 2.0 if alternative == "two-sided" else 1.0
    low, high = SMALLEST / 2.0, LARGEST
    if not excluded(high):
        return 1.0
    if excluded(low):
        return sides * low
    for _ in range(_STEPS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if excluded(middle) else (middle, high)
    return min(1.0, sides * high)
