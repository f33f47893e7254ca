"""Where things lie in a chart. The templates draw; this file turns numbers into places.

Places are percentages of the plot's width, so that a chart fills its column at any width while its text keeps
its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helmert.report import figures
from helmert.report.axis import PADDING, SMALLEST_SPREAD, Axis, Tick
from helmert.report.badge import Tone
from helmert.report.migration.model import Bar, ComparisonRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One row of a chart: a point or a bar's end, with its whisker."""

    label: str
    text: str
    """The numbers as the reader sees them."""
    x: float
    low: float
    high: float
    tone: Tone
    limit: float | None = None
    """Where the largest accepted loss lies; None when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Rows from top to bottom, and the axis below them."""

    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    zero: float


def differences(rows: Sequence[ComparisonRow]) -> Chart:
    """Each measure's difference with its interval, against zero and the largest accepted loss."""
    ends = [end for row in rows for end in row.difference.ends]
    limits = [-row.margin for row in rows if row.margin is not None]
    low, high = min([0.0, *ends, *limits]), max([0.0, *ends])
    spread = max(high - low, SMALLEST_SPREAD)
    axis = Axis(low - PADDING * spread, high + PADDING * spread)
    marks = tuple(
        Mark(
            label=row.measure,
            text=figures.change(row.difference),
            x=axis.place(row.difference.value),
            low=axis.place(row.difference.ends[0]),
            high=axis.place(row.difference.ends[1]),
            tone=row.verdict.tone,
            limit=None if row.margin is None else axis.place(-row.margin),
        )
        for row in rows
    )
    return Chart(marks=marks, ticks=axis.ticks(signed=True), zero=axis.place(0.0))


def levels(bars: Sequence[Bar]) -> Chart:
    """Bars from zero with whiskers, on an axis that ends a little beyond the largest."""
    top = max((bar.estimate.ends[1] for bar in bars), default=1.0)
    axis = Axis(0.0, max(top, SMALLEST_SPREAD) * (1 + PADDING))
    marks = tuple(
        Mark(
            label=bar.label,
            text=figures.level(bar.estimate),
            x=axis.place(bar.estimate.value),
            low=axis.place(bar.estimate.ends[0]),
            high=axis.place(bar.estimate.ends[1]),
            tone=bar.tone,
        )
        for bar in bars
    )
    return Chart(marks=marks, ticks=axis.ticks(signed=False), zero=0.0)


def shares(seconds: Sequence[float]) -> tuple[float, ...]:
    """Each duration as a percentage of the longest."""
    longest = max(seconds, default=0.0)
    return tuple(round(100 * value / longest, 2) if longest > 0 else 0.0 for value in seconds)
