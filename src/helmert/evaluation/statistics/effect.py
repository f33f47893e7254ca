"""How large a difference is beside its spread between queries, and how often each system wins one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helmert.evaluation.arrays import BoolArray, FloatArray
from helmert.evaluation.statistics.independence import Clusters, Units, effective_queries, weighted_mean
from helmert.evaluation.statistics.intervals import ROUNDING, Interval, checked, mean_interval
from helmert.evaluation.statistics.quantiles import normal_quantile, t_quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of the queries with its interval, by `mean_interval`."""

    value: float
    interval: Interval

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"value": self.value, "interval": self.interval.to_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSize:
    """A difference without its unit. With many queries every difference is significant; this says if it matters."""

    standardised: float
    """Mean difference over the standard deviation of the differences (Cohen's d_z). 0 when no query differs."""
    interval: Interval
    """For `standardised`."""
    win: Share
    """The probability that the candidate is better on a query drawn by weight."""
    loss: Share

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "standardised": self.standardised,
            "interval": self.interval.to_dict(),
            "win": self.win.to_dict(),
            "loss": self.loss.to_dict(),
        }


def effect_size(
    differences: Sequence[float] | FloatArray,
    *,
    level: float = 0.95,
    weights: FloatArray | None = None,
    clusters: Clusters | None = None,
) -> EffectSize | None:
    r"""Standardised paired difference with its interval, and the shares of queries won and lost. None for no query.

    d_z = \bar{d} / s. By the delta method its variance is (1 - d_z g + d_z^2 (k - 1) / 4) / n with the skewness g
    and the kurtosis k of the differences, whatever their distribution; with g = 0 and k = 3 it is the usual
    1/n + d_z^2 / (2 n). The moments for the interval include the pseudo-queries of `paired_interval`, so it has
    width even when no query differs. n is `effective_queries`. Cohen, Statistical Power Analysis for the Behavioral
    Sciences, 1988, section 2.3.5.

    Raises `UsageError` as `paired_interval`.
    """
    d = checked(differences, -1.0, "Differences")
    if not d.size:
        return None
    mean = weighted_mean(d, weights)
    spread = math.sqrt(max(weighted_mean(np.square(d), weights) - mean * mean, 0.0))
    return EffectSize(
        standardised=mean / spread if spread > ROUNDING else 0.0,
        interval=_standardised(d, level, weights, clusters),
        win=_share(d > 0, level, weights, clusters),
        loss=_share(d < 0, level, weights, clusters),
    )


def _standardised(d: FloatArray, level: float, weights: FloatArray | None, clusters: Clusters | None) -> Interval:
    queries = effective_queries(d, weights, clusters)
    added = (math.log(1.0 - level) / normal_quantile(level)) ** 2
    n = queries + added
    first, second, third, fourth = (
        (queries * weighted_mean(d**power, weights) + (added if power % 2 == 0 else 0.0)) / n for power in range(1, 5)
    )
    variance = second - first**2
    skewness = (third - 3 * first * second + 2 * first**3) / variance**1.5
    kurtosis = (fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4) / variance**2
    size = first / math.sqrt(variance)
    error = math.sqrt(max(1.0 - size * skewness + size**2 * (kurtosis - 1.0) / 4.0, 0.0) / n)
    half = t_quantile(level, Units.of(d.size, weights, clusters).balanced - 1.0) * error
    return Interval(low=size - half, high=size + half, level=level)


def _share(which: BoolArray, level: float, weights: FloatArray | None, clusters: Clusters | None) -> Share:
    values = which.astype(np.float64)
    return Share(
        value=weighted_mean(values, weights),
        interval=mean_interval(values, level=level, weights=weights, clusters=clusters),
    )
