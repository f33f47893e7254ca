"""`Measurement`: a number that was measured on a system, with its interval where it has one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics import Interval, mean_interval
from helmert.evaluation.statistics.percentiles import percentile, percentile_interval, values_for_upper_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was measured, on how much. Raises `UsageError` for a value that is not finite."""

    value: float
    samples: int
    """Queries, or documents, that it rests on."""
    how: str
    """What was done, as the end of a sentence: `asked one at a time, 5 before them to warm up`."""
    interval: Interval | None = None
    """Ends are infinite where the sample is too small to give one. None for a count, which is exact."""
    least_samples: int = 1
    """The fewest samples that give an interval with two ends."""

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise UsageError(f"A measurement is a finite number; got {self.value}.")

    @property
    def ends(self) -> tuple[float, float]:
        """The interval, or the value twice when it is exact."""
        return (self.value, self.value) if self.interval is None else (self.interval.low, self.interval.high)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; an end that the sample cannot give is null."""
        low, high = (end if math.isfinite(end) else None for end in self.ends)
        level = self.interval.level if self.interval else None
        return {"value": self.value, "low": low, "high": high, "level": level, "samples": self.samples, "how": self.how}


def percentile_measurement(
    values: Sequence[float] | FloatArray, q: float, *, level: float, how: str
) -> Measurement | None:
    """The q-th quantile with its order-statistic interval; None when nothing was measured."""
    numbers = np.asarray(values, dtype=np.float64)
    if not numbers.size:
        return None
    return Measurement(
        value=percentile(numbers, q),
        samples=numbers.size,
        how=how,
        interval=percentile_interval(numbers, q, level=level),
        least_samples=values_for_upper_end(q, level=level),
    )


def share_measurement(values: Sequence[float] | FloatArray, *, level: float, how: str) -> Measurement | None:
    """The mean of one share per query, each in [0, 1], with its interval; None when nothing was measured."""
    numbers = np.asarray(values, dtype=np.float64)
    if not numbers.size:
        return None
    return Measurement(
        value=float(numbers.mean()),
        samples=numbers.size,
        how=how,
        interval=mean_interval(numbers, level=level),
    )
