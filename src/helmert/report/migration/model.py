"""What a migration report says, as plain frozen values.

Every optional section is left out of the page when it is empty. Texts may come from documents and queries:
they are data, and each renderer escapes them.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from helmert.errors import UsageError
from helmert.report.badge import Badge, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A measured number and, where one was computed, its interval."""

    value: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        numbers = [number for number in (self.value, self.low, self.high) if number is not None]
        if not all(math.isfinite(number) for number in numbers):
            raise UsageError(f"An estimate needs finite numbers; got {self}.")
        if (self.low is None) != (self.high is None):
            raise UsageError(f"An interval needs both ends or none; got {self}.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise UsageError(f"The ends of an interval are the wrong way round: {self}.")

    @property
    def ends(self) -> tuple[float, float]:
        """The interval, or the value twice when there is none."""
        return (self.value if self.low is None else self.low, self.value if self.high is None else self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something worth knowing about the collection or the run: `documents`, `6,453`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One index of the collection."""

    name: str
    space: str
    rows: int
    recall: Estimate | None
    """Under the report's `measure`; None when it was not evaluated."""
    state: Badge


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """One measure, incumbent against candidate, on the same queries."""

    measure: str
    incumbent: float
    candidate: float
    difference: Estimate
    """Candidate minus incumbent."""
    verdict: Badge
    margin: float | None = None
    """Largest loss the gate accepts, as a positive number; None when the gate ignores this measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What the gate said, with its reasons as sentences."""

    verdict: Literal["PASS", "FAIL", "INCONCLUSIVE"]
    sentences: tuple[str, ...] = ()

    @property
    def badge(self) -> Badge:
        """The verdict with its colour."""
        tones: dict[str, Tone] = {"PASS": "good", "FAIL": "bad", "INCONCLUSIVE": "caution"}
        return Badge(text=self.verdict, tone=tones[self.verdict])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of the mixing experiment, between 0 and 1."""

    label: str
    estimate: Estimate
    tone: Tone = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class MixingResult:
    """What would have happened had the vectors of both models been searched together."""

    text: str
    measure: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """A finished stage of the migration."""

    title: str
    seconds: float
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedHit:
    """One line of a result list."""

    id: str
    text: str = ""
    relevant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A query that the candidate answers worse: where its best relevant document stood before and after."""

    query: str
    rank_before: int | None
    """None when no relevant document is among the hits."""
    rank_after: int | None
    before: tuple[RankedHit, ...] = ()
    after: tuple[RankedHit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What the reader may do now, with the command that does it."""

    text: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationReport:
    """A migration from the incumbent to the candidate, or what stopped it."""

    title: str
    generated_at: datetime
    summary: str
    """The outcome in one or two sentences, for those who read nothing else."""
    alias: str
    serving: str
    """The index that the alias points at when the report is made."""
    incumbent: str
    """Short name of the model that served before; heads the columns."""
    candidate: str
    gate: GateResult
    measure: str = "recall@10"
    """The measure of `VersionRow.recall`."""
    facts: tuple[Fact, ...] = ()
    versions: tuple[VersionRow, ...] = ()
    comparison: tuple[ComparisonRow, ...] = ()
    mixing: MixingResult | None = None
    timeline: tuple[StageRow, ...] = ()
    regressions: tuple[Regression, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    notes: tuple[str, ...] = ()
    """How the numbers were made: on what, how many queries, which interval."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; the moment in ISO 8601."""
        return {**asdict(self), "generated_at": self.generated_at.isoformat()}
