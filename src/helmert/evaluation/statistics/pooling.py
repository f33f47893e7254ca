"""Partial pooling: small slices borrow from the others, so that a table is not led by its noisiest rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics.intervals import Interval
from helmert.evaluation.statistics.quantiles import normal_quantile

_FAR_BELOW = -6.0
"""Below this many standard errors the tail of the normal is its first term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Estimates of several slices, each drawn towards their common mean as far as its own noise asks."""

    estimates: tuple[float, ...]
    intervals: tuple[Interval, ...]
    mean: float
    """The common mean."""
    between: float
    """Variance of the true values between slices (tau^2); 0 for a single slice."""


def partial_pool(means: Sequence[float], variances: Sequence[float], *, level: float = 0.95) -> Pooled:
    r"""Shrink the means of slices towards their common mean. For display: a gate decides on the raw ones.

    With the means y_i, their variances v_i and weights w_i = 1 / v_i, the moment estimate of the variance between
    slices is that of DerSimonian and Laird (Controlled Clinical Trials 7, 1986),

    t = (\sum w_i (y_i - \bar{y}_w)^2 - (k - 1)) / S,   S = \sum w_i - \sum w_i^2 / \sum w_i

    whose standard error is \sqrt{2 (k - 1)} / S where slices do not differ. It is often below 0, and 0 would
    shrink slices onto one point. So \tau^2 is the mean of a normal variable with this mean and standard error, given
    that it is above 0. The common mean \mu is that of the y_i weighted by 1 / (v_i + \tau^2), and slice i becomes
    \mu + (1 - B_i) (y_i - \mu) with B_i = v_i / (v_i + \tau^2), the estimate of James and Stein. Its variance,

    (1 - B_i) v_i + B_i^2 / \sum 1 / (v_i + \tau^2) + 2 B_i^2 (y_i - \mu)^2 / \max(k - 3, 1),

    counts in the last term that B_i is estimated (Morris, JASA 78, 1983). Intervals hold the truth in at least 93% of
    all slices at the level 0.95, between 2 and 30 slices; `tests/science` measures it.

    Raises `UsageError` for columns of different lengths, and variances not above 0.
    """
    y, v = np.asarray(means, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    z = normal_quantile(level)
    if y.shape != v.shape or y.ndim != 1 or not (v > 0).all():
        raise UsageError(f"Pooling needs one variance above 0 for each mean; got shapes {y.shape} and {v.shape}.")
    if not y.size:
        return Pooled(estimates=(), intervals=(), mean=float("nan"), between=0.0)
    between = _between(y, v)
    precision = 1.0 / (v + between)
    common = float(precision @ y / precision.sum())
    shrinkage = v / (v + between)
    estimates = common + (1.0 - shrinkage) * (y - common)
    unsure = 2.0 / max(y.size - 3, 1) * np.square(y - common) if y.size > 1 else 0.0
    spread = np.sqrt((1.0 - shrinkage) * v + np.square(shrinkage) * (1.0 / precision.sum() + unsure))
    intervals = tuple(
        Interval(low=float(middle - z * error), high=float(middle + z * error), level=level)
        for middle, error in zip(estimates, spread, strict=True)
    )
    return Pooled(estimates=tuple(estimates.tolist()), intervals=intervals, mean=common, between=between)


def _between(y: FloatArray, v: FloatArray) -> float:
    if y.size < 2:
        return 0.0
    w = 1.0 / v
    centre = w @ y / w.sum()
    scale = float(w.sum() - np.square(w).sum() / w.sum())
    moment = (float(w @ np.square(y - centre)) - (y.size - 1)) / scale
    error = math.sqrt(2.0 * (y.size - 1)) / scale
    return _mean_above_zero(moment, error)


def _mean_above_zero(mean: float, error: float) -> float:
    """Mean of a normal variable, given that it is above 0."""
    ratio = mean / error
    if ratio < _FAR_BELOW:
        return error / -ratio
    standard = NormalDist()
    return mean + error * standard.pdf(ratio) / standard.cdf(ratio)
