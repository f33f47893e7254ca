"""Limits: bounds on numbers that were measured, as latency, index recall and completeness."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from helmert.errors import UsageError
from helmert.evaluation.gates.decision import Finding, Verdict
from helmert.evaluation.gates.evidence import Evidence
from helmert.evaluation.gates.measurement import Measurement
from helmert.evaluation.measures.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """A number that can have a limit."""

    what: str
    """As the beginning of a sentence."""
    unit: str
    of: str
    """What was sampled."""
    at_most: bool
    """A large value is bad; otherwise a small one is."""
    quantile: float | None = None
    """Which percentile it is, for a latency."""


LIMITS: Mapping[str, Limited] = {
    "latency_p50_ms": Limited(what="Median latency", unit=" ms", of="queries", at_most=True, quantile=0.5),
    "latency_p95_ms": Limited(what="Latency (95th percentile)", unit=" ms", of="queries", at_most=True, quantile=0.95),
    "latency_p99_ms": Limited(what="Latency (99th percentile)", unit=" ms", of="queries", at_most=True, quantile=0.99),
    "index_recall": Limited(
        what="Index recall (share of the exact first hits that the index finds)", unit="", of="queries", at_most=False
    ),
    "completeness": Limited(
        what="Completeness (share of the documents that are in the index as they should be)",
        unit="",
        of="documents",
        at_most=False,
    ),
}
"""Everything that can have a limit, by its name in `[gate.limits]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A bound on one number. Raises `UsageError` for an unknown name and for a bound that makes no sense."""

    name: str
    bound: float

    def __post_init__(self) -> None:
        if self.name not in LIMITS:
            raise UsageError(f"There is no limit {self.name!r}; known: {', '.join(LIMITS)}.")
        top = math.inf if self.limited.at_most else 1.0
        if not (0.0 < self.bound <= top and math.isfinite(self.bound)):
            allowed = "above 0" if self.limited.at_most else "above 0 and at most 1"
            raise UsageError(f"The limit {self.name} must be {allowed}; got {self.bound}.")

    @property
    def limited(self) -> Limited:
        """What it bounds."""
        return LIMITS[self.name]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """None: it is not about relevance."""
        return ()

    @property
    def comparative(self) -> bool:
        """It is about one system."""
        return False

    def findings(self, evidence: Evidence, *, level: float, min_queries: int) -> Iterator[Finding]:
        """One finding. The far end of the interval decides, not the value: a limit has to be shown to be kept."""
        del level, min_queries
        measurement = evidence.measurements.get(self.name)
        verdict = self._verdict(measurement)
        needed = self._need(measurement) if measurement and verdict is Verdict.INCONCLUSIVE else None
        yield Finding(
            kind="limit",
            subject=self.name,
            verdict=verdict,
            sentence=" ".join(self._sentences(measurement, verdict, needed)),
            rule=self.to_dict(),
            evidence=measurement.to_dict() if measurement else None,
            queries_needed=needed,
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"kind": "limit", "limit": self.name, "bound": self.bound}

    def _verdict(self, measurement: Measurement | None) -> Verdict:
        if measurement is None:
            return Verdict.INCONCLUSIVE
        low, high = measurement.ends
        kept, broken = high <= self.bound, low > self.bound
        if not self.limited.at_most:
            kept, broken = low >= self.bound, high < self.bound
        return Verdict.PASS if kept else Verdict.FAIL if broken else Verdict.INCONCLUSIVE

    def _need(self, measurement: Measurement) -> int | None:
        """The interval's far half shrinks with the square root of the sample, if the value stays what it is."""
        low, high = measurement.ends
        half, room = high - measurement.value, self.bound - measurement.value
        if not self.limited.at_most:
            half, room = measurement.value - low, -room
        if room <= 0.0:
            return None
        if not math.isfinite(half):
            return measurement.least_samples
        return max(measurement.least_samples, math.ceil(measurement.samples * (half / room) ** 2))

    def _sentences(self, measurement: Measurement | None, verdict: Verdict, needed: int | None) -> Iterator[str]:
        limited = self.limited
        bound = f"{'at most' if limited.at_most else 'at least'} {self.bound:g}{limited.unit}"
        if measurement is None:
            yield f"{limited.what} was not measured; it must be {bound}."
            return
        claim = {
            Verdict.PASS: "as it must be",
            Verdict.FAIL: f"and must be {bound}",
            Verdict.INCONCLUSIVE: f"and whether it is {bound} is not shown",
        }[verdict]
        said = f" ({bound})" if verdict is Verdict.PASS else ""
        yield f"{limited.what} is {_number(measurement.value)}{limited.unit}, {claim}{said}."
        yield f"Measured on {measurement.samples:,} {limited.of}, {measurement.how}."
        if measurement.interval is not None:
            yield _interval(measurement, limited.unit)
        if needed is not None:
            yield f"About {needed:,} {limited.of} would decide it, if it stays what it looks like."


def _interval(measurement: Measurement, unit: str) -> str:
    assert measurement.interval is not None
    low, high = measurement.ends
    certain = f"with {100 * measurement.interval.level:g}% confidence"
    if not math.isfinite(high):
        return f"So few cannot say how high it may be {certain}."
    lowest = f"between {_number(low)} and" if math.isfinite(low) else "at most"
    return f"The true value is {lowest} {_number(high)}{unit} {certain}."


def _number(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
