"""Quality against bytes, milliseconds or money: what nothing cheaper beats, and what is worth its price.

A difference that chance explains is no difference. Ranking by means alone puts noise on the front.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics import paired_interval
from helmert.selection.scorecard import Estimate

Better = Callable[[str, str], bool]
"""Whether the first is better than the second by more than chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing to choose: a candidate, or one way of storing its vectors."""

    name: str
    cost: float
    """Bytes, seconds or money: less is better."""
    quality: float
    """Mean of a measure: more is better."""


def front(points: Sequence[Point], better: Better) -> tuple[str, ...]:
    """Names of the points that no point of equal or lower cost is better than by more than chance, cheapest first."""
    kept = [
        point
        for point in points
        if not any(other.cost <= point.cost and better(other.name, point.name) for other in points if other != point)
    ]
    return tuple(point.name for point in _cheapest_first(kept))


def steps(points: Sequence[Point], better: Better) -> tuple[str, ...]:
    """Names of the points that are worth their price: each is better by more than chance than every cheaper step.

    Of points that are tied the cheapest stays. The first is the cheapest of all.
    """
    kept: list[Point] = []
    for point in _cheapest_first(points):
        if all(better(point.name, cheaper.name) for cheaper in kept):
            kept.append(point)
    return tuple(point.name for point in kept)


def cheapest_tied(points: Sequence[Point], better: Better) -> str:
    """The cheapest point that the best one is not better than by more than chance: as good a choice for less.

    Raises `UsageError` for no points.
    """
    if not points:
        raise UsageError("There is nothing to choose from.")
    best = max(points, key=lambda point: (point.quality, -point.cost, point.name))
    tied = [point for point in points if point == best or not better(best.name, point.name)]
    return _cheapest_first(tied)[0].name


def apart(estimates: Mapping[str, Estimate]) -> Better:
    """Better where the intervals do not touch: for numbers without values per query. Stricter than a paired test."""
    return lambda one, other: estimates[one].low > estimates[other].high


def paired(values: Mapping[str, FloatArray], *, level: float) -> Better:
    """Better where the interval of the paired differences lies above 0.

    Args:
        values: By name: one value in [0, 1] for each query, in the same order for all. Shape (queries,).
        level: Of the interval.
    """
    return lambda one, other: paired_interval(values[one] - values[other], level=level).low > 0.0


def _cheapest_first(points: Sequence[Point]) -> list[Point]:
    """Ascending cost; of equal cost the better first."""
    return sorted(points, key=lambda point: (point.cost, -point.quality, point.name))
