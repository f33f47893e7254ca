"""Tests of "the two systems are exchangeable": randomly flipped signs, and the exact sign test."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Literal

import numpy as np

from helmert.evaluation.arrays import FloatArray, IntArray
from helmert.evaluation.statistics.independence import Clusters, Units
from helmert.evaluation.statistics.intervals import ROUNDING, checked

_BLOCK = 1 << 20
"""Random signs held in memory at once."""

Alternative = Literal["different", "worse"]
"""different: two-sided. worse: small p-values speak for a mean difference below 0."""


def sign_flip_p(
    differences: Sequence[float] | FloatArray,
    rng: np.random.Generator,
    *,
    rounds: int = 10_000,
    weights: FloatArray | None = None,
    clusters: Clusters | None = None,
    alternative: Alternative = "different",
) -> float:
    r"""p-value of the randomisation test for paired differences.

    If the two systems were exchangeable, the sign of each difference would be a coin toss. With b of B random
    sign patterns whose |\sum d| is at least the observed one, p = (b + 1) / (B + 1), which is never 0. All
    differences 0 give p = 1. Queries of one cluster keep their signs towards each other: the coin is tossed for the
    weighted sum of the cluster. Fisher, The Design of Experiments, 1935; the added ones: Phipson and Smyth,
    Statistical Applications in Genetics and Molecular Biology 9(1), 2010.

    Args:
        differences: Per-query differences in [-1, 1].
        rng: Source of the coin tosses; the same generator state gives the same p.
        rounds: B, the number of random patterns.
        weights: One for each query.
        clusters: One for each query.
        alternative: Two-sided, or one-sided for "the candidate is worse".
    """
    d = checked(differences, -1.0, "Differences")
    units = Units.of(d.size, weights, clusters)
    sums = units.sums(d)
    sizes, counts = np.unique(np.round(np.abs(sums), 12), return_counts=True)
    sizes, counts = sizes[sizes > 0], counts[sizes > 0]
    totals = np.zeros(rounds)
    step = max(1, _BLOCK // rounds)
    for start in range(0, sizes.size, step):
        part = slice(start, start + step)
        totals += _random_signs(counts[part], rounds, rng) @ sizes[part]
    slack = ROUNDING * max(1.0, float(units.weights.sum()))
    observed = float(sums.sum())
    extreme = totals <= observed + slack if alternative == "worse" else np.abs(totals) >= abs(observed) - slack
    return float((extreme.sum() + 1) / (rounds + 1))


def sign_test_p(differences: Sequence[float] | FloatArray) -> float:
    r"""Two-sided p-value of the exact sign test: of w wins and l losses, how uneven is the split?

    p = \min(1, 2 \sum_{i \le \min(w, l)} \binom{w + l}{i} / 2^{w + l}), never 0; 1 when no query differs. For values
    0 and 1, as recall with one relevant document, this is McNemar's exact test (Psychometrika 12, 1947). It looks at
    the signs alone, so where differences vary in size it tests the median and not the mean. It knows neither
    weights nor clusters.
    """
    d = checked(differences, -1.0, "Differences")
    wins, losses = int((d > 0).sum()), int((d < 0).sum())
    n, fewer = wins + losses, min(wins, losses)
    logs = np.array([math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in range(fewer + 1)])
    highest = float(logs.max())
    tail = highest + math.log(float(np.exp(logs - highest).sum())) - (n - 1) * math.log(2.0)
    return min(1.0, max(math.exp(tail), sys.float_info.min))


def _random_signs(counts: IntArray, rounds: int, rng: np.random.Generator) -> FloatArray:
    """Sums of `counts[j]` random signs each. Shape (rounds, counts)."""
    shape = (rounds, counts.size)
    if counts.max() == 1:
        signs = 2 * rng.integers(0, 2, size=shape, dtype=np.int8) - 1
    else:
        signs = 2 * rng.binomial(counts, 0.5, size=shape) - counts
    return signs.astype(np.float64)
