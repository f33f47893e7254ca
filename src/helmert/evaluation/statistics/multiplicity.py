"""Many comparisons at once: p-values that stay honest however many candidates, measures or slices there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray


def holm(p_values: Sequence[float] | FloatArray) -> FloatArray:
    r"""Adjusted p-values, in the order given: reject where one is at most alpha.

    With the p-values in ascending order, p'_i = \max_{j \le i} \min(1, (m - j + 1) p_j). The chance of any false
    rejection stays at alpha whatever the dependence among the m tests. Holm, A Simple Sequentially Rejective
    Multiple Test Procedure, Scandinavian Journal of Statistics 6, 1979.

    Raises `UsageError` for a value outside [0, 1].
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0.0) & (p <= 1.0)).all():
        raise UsageError(f"p-values lie between 0 and 1; got {p.tolist()}.")
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1.0, p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(steps) if p.size else steps
    return adjusted
