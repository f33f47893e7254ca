"""The randomisation test for paired differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helmert.evaluation.arrays import FloatArray, IntArray
from helmert.evaluation.statistics.intervals import ROUNDING, checked

_BLOCK = 1 << 20
"""Random signs held in memory at once."""


def sign_flip_p(differences: Sequence[float] | FloatArray, rng: np.random.Generator, *, rounds: int = 10_000) -> float:
    r"""Two-sided p-value of the randomisation test for paired differences.

    If the two systems were exchangeable, the sign of each difference would be a coin toss. With b of B random
    sign patterns whose |\sum d| is at least the observed one, p = (b + 1) / (B + 1), which is never 0. All
    differences 0 give p = 1. Fisher, The Design of Experiments, 1935; the added ones: Phipson and Smyth,
    Statistical Applications in Genetics and Molecular Biology 9(1), 2010.

    Args:
        differences: Per-query differences in [-1, 1].
        rng: Source of the coin tosses; the same generator state gives the same p.
        rounds: B, the number of random patterns.
    """
    d = checked(differences, -1.0, "Differences")
    sizes, counts = np.unique(np.round(np.abs(d), 12), return_counts=True)
    sizes, counts = sizes[sizes > 0], counts[sizes > 0]
    totals = np.zeros(rounds)
    step = max(1, _BLOCK // rounds)
    for start in range(0, sizes.size, step):
        part = slice(start, start + step)
        totals += _random_signs(counts[part], rounds, rng) @ sizes[part]
    extreme = np.abs(totals) >= abs(d.sum()) - ROUNDING * max(1, d.size)
    return float((extreme.sum() + 1) / (rounds + 1))


def _random_signs(counts: IntArray, rounds: int, rng: np.random.Generator) -> FloatArray:
    """Sums of `counts[j]` random signs each. Shape (rounds, counts)."""
    shape = (rounds, counts.size)
    if counts.max() == 1:
        signs = 2 * rng.integers(0, 2, size=shape, dtype=np.int8) - 1
    else:
        signs = 2 * rng.binomial(counts, 0.5, size=shape) - counts
    return signs.astype(np.float64)
