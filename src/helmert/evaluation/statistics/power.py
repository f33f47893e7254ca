"""How many queries a decision needs, before a single document is embedded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.statistics.intervals import projected_interval
from helmert.evaluation.statistics.quantiles import normal_quantile, t_quantile

Aim = Literal["non-inferior", "superior", "difference"]
"""What a set is to show. non-inferior: that equal systems do not differ by the margin. superior: that a candidate
better by the margin is better at all. difference: that systems which differ by the margin differ at all."""

CORRELATION_IN_CLUSTERS = 0.4
"""Of the differences of two queries of one cluster, where nothing was measured. Paraphrases of one document, 4.5 each,
gave a design effect of 2.3, hence 0.37; the questions of a course's FAQ, in small clusters, one of 1.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypicalSpread:
    """Standard deviation of per-query differences between two systems, over public collections."""

    pair: str
    measure: str
    low: float
    middle: float
    """The median."""
    high: float


TYPICAL_SPREADS: tuple[TypicalSpread, ...] = (
    TypicalSpread(pair="siblings", measure="recall@10", low=0.03, middle=0.25, high=0.44),
    TypicalSpread(pair="related", measure="recall@10", low=0.04, middle=0.23, high=0.46),
    TypicalSpread(pair="unrelated", measure="recall@10", low=0.11, middle=0.31, high=0.57),
    TypicalSpread(pair="any", measure="nDCG@10", low=0.16, middle=0.21, high=0.33),
    TypicalSpread(pair="any", measure="MRR@10", low=0.26, middle=0.27, high=0.39),
)
"""Measured on eleven public collections. siblings: one model at two sizes, or binarised. related: variants of a lexical
search, or a hybrid with one of its parts. For nDCG@10 and MRR@10 the three numbers are the medians of the three kinds
of pair. nDCG@10 varies least, so it needs the fewest queries; MRR@10 the most."""


def sd_of(baseline: float, correlation: float) -> float:
    r"""Standard deviation of the differences in recall with one relevant document per query.

    \sqrt{2 p (1 - p) (1 - \rho)} for two systems that find the answer to a share p of the queries, with the
    correlation \rho between the two: 0.8 for siblings, 0.45 for unrelated models.

    Raises `UsageError` for a baseline outside (0, 1) or a correlation outside [-1, 1).
    """
    if not 0.0 < baseline < 1.0:
        raise UsageError(f"The baseline is a mean between 0 and 1; got {baseline}.")
    if not -1.0 <= correlation < 1.0:
        raise UsageError(f"A correlation lies between -1 and 1; got {correlation}.")
    return math.sqrt(2.0 * baseline * (1.0 - baseline) * (1.0 - correlation))


def detectable_difference(
    queries: float, sd: float, *, level: float = 0.95, power: float = 0.8, adjusted: bool = False
) -> float:
    r"""The smallest true difference that a set of this size finds with probability `power`.

    (t_{n-1} + z_{power}) s / \sqrt{n} for a two-sided interval of the level: the usual formula, by which published
    tables are made.

    Args:
        queries: Independent queries (`effective_queries` of the set), at least 2.
        sd: Standard deviation of the per-query differences.
        level: Of the two-sided interval.
        power: Probability of finding it.
        adjusted: For `paired_interval`, whose pseudo-queries make it a little wider where few queries differ.

    Raises:
        UsageError: Fewer than 2 queries, an sd outside (0, 1], or a level or power outside (0, 1).
    """
    _check(sd, power)
    if queries < 2:
        raise UsageError(f"Nothing can be found with fewer than 2 queries; got {queries:g}.")
    difference = (t_quantile(level, queries - 1.0) + NormalDist().inv_cdf(power)) * sd / math.sqrt(queries)
    if not adjusted:
        return difference
    low, high = difference, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2.0
        found = _shows(queries, middle, sd, 0.0, level, power)
        low, high = (low, middle) if found else (middle, high)
    return high


def queries_for_margin(
    margin: float,
    sd: float,
    *,
    kind: Aim = "non-inferior",
    level: float = 0.95,
    power: float = 0.8,
    adjusted: bool = False,
) -> int:
    r"""Independent queries needed to show it with probability `power`.

    For `non-inferior` and `superior`, whose answer is one end of the two-sided interval, n = (z + z_{power})^2 s^2 /
    M^2 rounded up. For `difference`, the first n whose `detectable_difference` is at most M. A level of 0.90 gives
    one-sided tests at 5%; the gate's default of 0.95 is stricter and needs about 27% more queries. These are the usual
    formulas; with `adjusted` the answer is for `paired_interval`, which needs a few queries more where few differ.

    Raises `UsageError` for a margin or an sd outside (0, 1], an unknown kind, or a level or power outside (0, 1).
    """
    _check(sd, power)
    if kind not in get_args(Aim):
        raise UsageError(f"Kind {kind!r} is not one of {', '.join(get_args(Aim))}.")
    if not 0.0 < margin <= 1.0:
        raise UsageError(f"A margin lies between 0 and 1; got {margin}.", next_step="Use 0.02 for two points.")
    quantiles = normal_quantile(level) + NormalDist().inv_cdf(power)
    queries = max(2, math.ceil((quantiles * sd / margin) ** 2 - 1e-9))
    if adjusted:
        mean, bound = (0.0, -margin) if kind == "non-inferior" else (margin, 0.0)
        return _first(queries, lambda n: _shows(n, mean, sd, bound, level, power))
    if kind == "difference":
        return _first(queries, lambda n: detectable_difference(n, sd, level=level, power=power) <= margin)
    return queries


def queries_to_exclude_rare_losses(margin: float, *, level: float = 0.95) -> int:
    r"""Independent queries in which a total loss of a share M of all queries would have shown itself.

    z^2 (1 - M) / M, rounded up: what the gate asks of two equal systems beside its interval, since a set without any
    difference says little. 189 for two points. Raises `UsageError` for a margin outside (0, 1).
    """
    if not 0.0 < margin < 1.0:
        raise UsageError(f"A margin lies between 0 and 1; got {margin}.", next_step="Use 0.02 for two points.")
    return math.floor(normal_quantile(level) ** 2 * (1.0 - margin) / margin) + 1


def design_effect(sizes: Iterable[float], *, correlation: float = CORRELATION_IN_CLUSTERS) -> float:
    r"""How many queries of a clustered set are worth one independent query.

    1 + (\bar{m} - 1) \rho with the mean size \bar{m} = \sum m^2 / \sum m of the cluster that a query stands in, and
    the correlation \rho of the differences within a cluster. Kish, Survey Sampling, 1965, section 5.4. 1 for no
    clusters. Raises `UsageError` for a size not above 0 or a correlation outside [0, 1].
    """
    m = np.fromiter(sizes, dtype=np.float64)
    if not 0.0 <= correlation <= 1.0 or not (m > 0).all():
        raise UsageError(f"Clusters need sizes above 0 and a correlation between 0 and 1; got {correlation}.")
    if not m.size:
        return 1.0
    return 1.0 + (float(np.square(m).sum() / m.sum()) - 1.0) * correlation


def _shows(queries: float, mean: float, sd: float, bound: float, level: float, power: float) -> bool:
    """Whether the `paired_interval` of a set lies above a bound with this probability."""
    interval = projected_interval(queries=queries, mean=mean, mean_square=sd**2 + mean**2, level=level)
    return interval.low - NormalDist().inv_cdf(power) * sd / math.sqrt(queries) > bound


def _first(start: int, holds: Callable[[int], bool]) -> int:
    """The first number from `start` on for which it holds; it holds for all larger ones."""
    low, high = start - 1, start
    while not holds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _check(sd: float, power: float) -> None:
    if not 0.0 < sd <= 1.0:
        raise UsageError(f"The standard deviation of differences lies between 0 and 1; got {sd}.")
    if not 0.0 < power < 1.0:
        raise UsageError(f"The power is a probability between 0 and 1; got {power}.", next_step="Use 0.8.")
