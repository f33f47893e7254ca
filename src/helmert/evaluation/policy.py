"""What a gate asks for: rules with margins, the smallest set it accepts, and the answers it can give."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, get_args

from helmert.errors import UsageError
from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.statistics import normal_quantile

RuleKind = Literal["non-inferior", "superior"]
"""non-inferior: not worse by the margin or more. superior: better by more than the margin."""


class Verdict(StrEnum):
    """What a gate, or one of its rules, says."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


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

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"measure": str(self.measure), "kind": self.kind, "margin": self.margin}


def default_rules() -> tuple[GateRule, ...]:
    """Recall@10 for safety and nDCG@10, which varies least between queries, for power; margin 0.02 each."""
    return tuple(GateRule(measure=Measure.parse(name), margin=0.02) for name in ("recall@10", "nDCG@10"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """The rules of a gate. Raises `UsageError` for a policy without rules: it would let everything pass."""

    rules: tuple[GateRule, ...] = field(default_factory=default_rules)
    min_queries: int = 30
    """Below this number of queries there is no verdict: the intervals are not calibrated for fewer."""
    level: float = 0.95

    def __post_init__(self) -> None:
        normal_quantile(self.level)
        if not self.rules:
            raise UsageError("A gate needs at least one rule.")
        if self.min_queries < 1:
            raise UsageError(f"A gate needs at least one query; min_queries is {self.min_queries}.")

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "rules": [rule.to_dict() for rule in self.rules],
            "min_queries": self.min_queries,
            "level": self.level,
        }
