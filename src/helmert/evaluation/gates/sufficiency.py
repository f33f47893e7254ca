"""When a set of queries is enough: would rare losses have shown, and how many queries settle an open rule?"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from helmert.evaluation.statistics import normal_quantile, projected_interval

if TYPE_CHECKING:
    from helmert.evaluation.gates.quality import GateRule

_POWER = 0.8
"""An estimate is for an answer in four of five sets of that size, if the differences stay as they are."""

_LARGEST = 1_000_000
"""More queries than anybody will judge."""


def rare_loss_would_show(rule: GateRule, *, queries: float, difference: float, level: float) -> bool:
    r"""Whether a total loss of few queries, adding up to the margin, is excluded by what was seen.

    A candidate that loses a share M of all queries completely, and changes no other, has a mean difference
    of -M and a variance of M (1 - M) per query. Its losses are so rare that a small set often holds none, and
    then the interval of the differences that were seen is too narrow: it would let such a candidate pass in
    up to 14% of all cases. So the mean must also lie above -M by the z of the level under that variance:

    (d + M) \sqrt{n} > z \sqrt{M (1 - M)}

    That brings the rate under 5% for every mixture of total losses, total gains and unchanged queries. It
    binds only where few queries differ: equal results need 189 queries for M = 0.02 at the level 0.95. A rule
    of superiority is not held to it.
    """
    if rule.kind == "superior":
        return True
    spread = math.sqrt(rule.margin * (1.0 - rule.margin))
    return (difference + rule.margin) * math.sqrt(queries) > normal_quantile(level) * spread


def queries_to_show(rule: GateRule, *, mean: float, mean_square: float, level: float) -> int | None:
    """The smallest size at which four of five sets would satisfy the rule.

    Args:
        rule: The rule that is still open.
        mean: Mean of the per-query differences, as observed.
        mean_square: Mean of their squares, as observed.
        level: Confidence level of the interval.

    Returns:
        None when the mean itself is not above the rule's threshold, or when it takes over a million queries.
    """
    if mean <= rule.threshold:
        return None
    deviation = math.sqrt(max(mean_square - mean * mean, 0.0))
    luck = NormalDist().inv_cdf(_POWER) * deviation

    def shows(queries: int) -> bool:
        unlucky = luck / math.sqrt(queries)
        interval = projected_interval(queries=queries, mean=mean, mean_square=mean_square, level=level)
        return interval.low - unlucky > rule.threshold and rare_loss_would_show(
            rule, queries=queries, difference=mean - unlucky, level=level
        )

    high = 1
    while not shows(high):
        high *= 2
        if high > _LARGEST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high
