"""The highest rate that a service stands: a search over rates whose every step costs seconds of real load."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

STEP = 2.0
"""Factor between rates while the answer is only bounded on one side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    """What the search found."""

    holds: float | None
    """Highest tried rate that held; None when none did."""
    fails: float | None
    """Lowest tried rate that did not; None when all held."""
    tried: int
    complete: bool
    """Whether the two are as near to each other as was asked; else the time was up first."""


def search(
    holds: Callable[[float], bool],
    *,
    start: float,
    low: float | None = None,
    high: float | None = None,
    precision: float = 1.1,
    most: int = 12,
    may_go_on: Callable[[float], bool] | None = None,
) -> Saturation:
    """Double or halve from `start` until the answer lies between two rates, then bisect on a logarithmic scale.

    A rate that fails bounds the answer from above even if a higher one would hold by luck: load that a service stands
    sometimes is load that it does not stand.

    Args:
        holds: Whether the service stands a rate; called once for each rate.
        start: First rate, above 0, and between `low` and `high` where those are given.
        low: A rate that is known to hold, and counts as tried.
        high: A rate that is known not to hold, and counts as tried.
        precision: The search ends when the lowest failing rate is at most this many times the highest holding one.
        most: Rates tried at the most.
        may_go_on: Asked before each rate; False ends the search, as when the time is up. None for no limit.
    """
    tried, rate = sum(known is not None for known in (low, high)), start
    while tried < most and (may_go_on is None or may_go_on(rate)):
        tried += 1
        if holds(rate):
            low = rate
        else:
            high = rate
        if low is not None and high is not None and high <= low * precision:
            return Saturation(holds=low, fails=high, tried=tried, complete=True)
        rate = _next(low, high)
    return Saturation(holds=low, fails=high, tried=tried, complete=False)


def _next(low: float | None, high: float | None) -> float:
    if low is not None and high is not None:
        return math.sqrt(low * high)
    if low is not None:
        return low * STEP
    assert high is not None, "a rate was tried"
    return high / STEP
