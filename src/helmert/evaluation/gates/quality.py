"""Quality: a measure must not get worse by a margin, or must get better.

A rule looks at the interval of a paired difference and never at the difference alone: a gate on point estimates blocks
every second change between equal systems. "Not enough queries to tell" is an answer too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, assert_never, get_args

from helmert.errors import UsageError
from helmert.evaluation.comparison import Comparison
from helmert.evaluation.gates.decision import Finding, Verdict
from helmert.evaluation.gates.evidence import Evidence
from helmert.evaluation.gates.quality_wording import sentence
from helmert.evaluation.gates.sufficiency import queries_to_show, rare_loss_would_show
from helmert.evaluation.measures.measure import Measure

RuleKind = Literal["non-inferior", "superior"]
"""non-inferior: not worse by the margin or more. superior: better by more than the margin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRule:
    """What one measure must show. Raises `UsageError` for a margin that makes no sense."""

    measure: Measure
    margin: float
    """In units of the measure: 0.02 is two points of a hundred. For non-inferiority the loss to exclude."""
    kind: RuleKind = "non-inferior"

    def __post_init__(self) -> None:
        if self.kind not in get_args(RuleKind):
            raise UsageError(f"Rule kind {self.kind!r} is not one of {', '.join(get_args(RuleKind))}.")
        if not 0.0 <= self.margin < 1.0:
            raise UsageError(f"The margin of {self.measure} must lie between 0 and 1; got {self.margin}.")
        if self.kind == "non-inferior" and self.margin == 0.0:
            raise UsageError(
                f"A non-inferiority margin of 0 for {self.measure} can hardly ever be shown.",
                next_step="Use a margin such as 0.02, or the kind 'superior'.",
            )

    @property
    def threshold(self) -> float:
        """The difference that the lower end of the interval must exceed."""
        return -self.margin if self.kind == "non-inferior" else self.margin

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Its measure."""
        return (self.measure,)

    @property
    def comparative(self) -> bool:
        """It looks at a difference."""
        return True

    def findings(self, evidence: Evidence, *, level: float, min_queries: int) -> Iterator[Finding]:
        """One finding, on the comparison of its measure.

        Raises `UsageError` when the comparison's interval has another level.
        """
        comparison = next((c for c in evidence.comparisons if c.measure == self.measure), None)
        if comparison is not None and comparison.interval.level != level:
            raise UsageError(
                f"{self.measure} has an interval of level {comparison.interval.level}, not {level}.",
                next_step="Compare at the level of the gate's policy.",
            )
        verdict = self._verdict(comparison, min_queries)
        needed = self._need(comparison, min_queries) if verdict is Verdict.INCONCLUSIVE else None
        yield Finding(
            kind="quality",
            subject=str(self.measure),
            verdict=verdict,
            sentence=sentence(self, verdict, comparison, min_queries, needed),
            rule=self.to_dict(),
            evidence=comparison.to_dict() if comparison else None,
            queries_needed=needed,
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"measure": str(self.measure), "kind": self.kind, "margin": self.margin}

    def _verdict(self, comparison: Comparison | None, min_queries: int) -> Verdict:
        if comparison is None or comparison.effective < min_queries:
            return Verdict.INCONCLUSIVE
        interval = comparison.interval
        if interval.low > self.threshold and rare_loss_would_show(
            self, queries=comparison.effective, difference=comparison.difference, level=interval.level
        ):
            return Verdict.PASS
        match self.kind:
            case "non-inferior":
                failed = interval.high < 0.0
            case "superior":
                failed = interval.high < self.margin
            case _:
                assert_never(self.kind)
        return Verdict.FAIL if failed else Verdict.INCONCLUSIVE

    def _need(self, comparison: Comparison | None, min_queries: int) -> int | None:
        """Estimated in effective queries, told in queries of a set with the same weights and clusters."""
        if comparison is None:
            return None
        if comparison.n == 0:
            return min_queries
        estimate = queries_to_show(
            self, mean=comparison.difference, mean_square=comparison.mean_square, level=comparison.interval.level
        )
        if comparison.effective < min_queries:
            estimate = max(min_queries, estimate or 0)
        worth = comparison.effective / comparison.n
        return None if estimate is None else math.ceil(estimate / worth - 1e-9)
