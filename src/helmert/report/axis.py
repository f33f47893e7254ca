"""A straight axis: where a number lies in percent of a plot's width, and round numbers to mark it with."""

from __future__ import annotations

import math
from dataclasses import dataclass

from helmert.report import figures

TARGET_TICKS = 5
PADDING = 0.06
"""Share of the data's width that stays free on either side."""
SMALLEST_SPREAD = 1e-3
"""An axis is never narrower: the third digit is the last that a report shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on the axis."""

    x: float
    """Percent of the plot's width."""
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From the number at the left edge to the one at the right edge."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Percent of the plot's width at which a number lies."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)

    def ticks(self, *, signed: bool, wanted: int = TARGET_TICKS) -> tuple[Tick, ...]:
        """Round numbers (1, 2 or 5 times a power of ten) inside the axis, zero among them when it is inside."""
        raw = (self.high - self.low) / wanted
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        ticks = []
        for position in range(first, last + 1):
            text = f"{position * step:{'+' if signed and position else ''}.{digits}f}"
            ticks.append(Tick(x=self.place(position * step), text=text.replace("-", figures.MINUS)))
        return tuple(ticks)
