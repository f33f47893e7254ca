"""Intervals for percentiles, as of service times, without any assumption about their distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics.intervals import Interval
from helmert.evaluation.statistics.quantiles import normal_quantile


def percentile(values: Sequence[float] | FloatArray, q: float) -> float:
    """The smallest value that at least a share q of all do not exceed; NaN for no values.

    It is always one of the values. Raises `UsageError` unless 0 < q < 1.
    """
    _check(q)
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    return float(ordered[math.ceil(q * ordered.size - 1e-9) - 1]) if ordered.size else float("nan")


def percentile_interval(values: Sequence[float] | FloatArray, q: float, *, level: float = 0.95) -> Interval:
    r"""Interval for the q-th quantile from order statistics.

    How many of n independent values lie at or below the true quantile is binomial, whatever their distribution. With
    \alpha = 1 - level, the interval [x_{(l)}, x_{(u)}] has the largest l with P(B \le l - 1) \le \alpha / 2 and the
    smallest u with P(B \le u - 1) \ge 1 - \alpha / 2, B ~ Binomial(n, q). An end that no value can be is infinite:
    95% of all need 72 values for an upper end at the level 0.95. David and Nagaraja, Order Statistics, 2003,
    section 7.1.

    Raises `UsageError` unless q and level lie between 0 and 1.
    """
    _check(q)
    normal_quantile(level)
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    below = _binomial_cdf(ordered.size, q)
    tail = (1.0 - level) / 2.0
    low = int(np.searchsorted(below, tail, side="right"))
    high = int(np.searchsorted(below, 1.0 - tail, side="left")) + 1
    return Interval(
        low=float(ordered[low - 1]) if low >= 1 else -math.inf,
        high=float(ordered[high - 1]) if high <= ordered.size else math.inf,
        level=level,
    )


def values_for_upper_end(q: float, *, level: float = 0.95) -> int:
    """The fewest values whose `percentile_interval` has a finite upper end."""
    _check(q)
    normal_quantile(level)
    return math.ceil(math.log((1.0 - level) / 2.0) / math.log(q) - 1e-9)


def _binomial_cdf(n: int, q: float) -> FloatArray:
    """P(B <= k) for k from 0 to n. Shape (n + 1,)."""
    counts = np.arange(n + 1)
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    chances = factorials[n] - factorials - factorials[::-1] + counts * math.log(q) + (n - counts) * math.log1p(-q)
    cumulative: FloatArray = np.cumsum(np.exp(chances))
    return cumulative


def _check(q: float) -> None:
    if not 0.0 < q < 1.0:
        raise UsageError(f"A quantile lies between 0 and 1; got {q}.", next_step="Use 0.95 for the 95th percentile.")
