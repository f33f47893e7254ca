"""Percentiles of durations as a scorecard shows them, and how many durations they need."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics.percentiles import percentile, percentile_interval, values_for_upper_end
from helmert.selection.scorecard import Percentile

SHOWN = (0.5, 0.95, 0.99)
"""p50, p95 and p99."""


BATCHES = 10
SPREAD_OF_BATCHES = 1.33
"""(t / z)^2 at 0.95 with 9 degrees of freedom: so few batches know their own variance only roughly."""


def percentiles(
    seconds: Sequence[float] | FloatArray,
    *,
    level: float = 0.95,
    shares: Sequence[float] = SHOWN,
    queued: bool = False,
) -> tuple[Percentile, ...]:
    """Percentiles with their order-statistic intervals; none for no durations.

    A query that was never answered counts as infinitely slow: with 2% of them p99 is infinite, and p95 is the 95th
    percentile of all queries rather than of the lucky ones. An upper end is infinite where so few durations can give
    none (`values_for_upper_end`); a lower end is then 0. In JSON both infinities are null.

    Order statistics ask for independent durations. In a queue neighbours wait together: at a load of 0.6 such intervals
    of p95 miss more than half of the time. With `queued` the durations must be in order of arrival, and each interval
    is that of as many independent ones as the spread between ten batches of them is worth.
    """
    durations = np.asarray(seconds, dtype=np.float64)
    if not durations.size:
        return ()
    made = []
    for q in shares:
        counted = _worth(durations, q) if queued else durations
        interval = percentile_interval(counted, q, level=level)
        made.append(
            Percentile(q=q, seconds=percentile(durations, q), low=max(0.0, interval.low), high=interval.high),
        )
    return tuple(made)


def advised_count(q: float) -> int:
    r"""How many durations a percentile should rest on: 100 / (1 - q), so that a hundred of them lie beyond it."""
    return math.ceil(100 / (1.0 - q) - 1e-9)


def reservation(count: int, *, level: float = 0.95, shares: Sequence[float] = SHOWN) -> str:
    """What a reader must know about percentiles of so few durations, as one sentence; empty when they suffice."""
    parts = []
    open_ended = [q for q in shares if count < values_for_upper_end(q, level=level)]
    if open_ended:
        needed = values_for_upper_end(max(open_ended), level=level)
        parts.append(f"the interval of {_names(open_ended)} has no upper end below {needed:,}")
    rough = [q for q in shares if q not in open_ended and count < advised_count(q)]
    if rough:
        parts.append(f"{_names(rough)} {'is' if len(rough) == 1 else 'are'} rough below {advised_count(max(rough)):,}")
    return f"{count:,} queries: {'; '.join(parts)}." if parts else ""


def _worth(durations: FloatArray, q: float) -> FloatArray:
    r"""Fewer durations with the same distribution: as many as would be as informative if they were independent.

    The share beyond the q-th quantile has the variance q (1 - q) / m in batches of m independent durations. Its
    variance between the batches at hand over that is the design effect d; n / d durations are left. Batch means:
    Conway, Some Tactical Problems in Digital Simulation, Management Science 10, 1963.
    """
    length = durations.size // BATCHES
    if not length:
        return durations
    beyond = durations[: length * BATCHES] > percentile(durations, q)
    between = beyond.reshape(BATCHES, length).mean(axis=1).var(ddof=1)
    design_effect = max(1.0, SPREAD_OF_BATCHES * length * float(between) / (q * (1.0 - q)))
    left = max(1, int(durations.size / design_effect))
    places = ((np.arange(left) + 0.5) * durations.size / left).astype(np.intp)
    fewer: FloatArray = np.sort(durations)[places]
    return fewer


def _names(shares: Sequence[float]) -> str:
    return " and ".join(f"p{100 * q:g}" for q in shares)
