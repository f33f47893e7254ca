"""What a gate asks for: its rules, the smallest set it accepts, and the level of its intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from helmert.errors import UsageError
from helmert.evaluation.gates.quality import GateRule
from helmert.evaluation.gates.rule import Rule
from helmert.evaluation.gates.slices import SliceRule
from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.statistics import normal_quantile


def default_rules() -> tuple[Rule, ...]:
    """Recall@10 for safety and nDCG@10, which varies least between queries, for power; margin 0.02 each.

    Under both of them no slice may get significantly worse, where the set has slices.
    """
    quality = tuple(GateRule(measure=Measure.parse(name), margin=0.02) for name in ("recall@10", "nDCG@10"))
    return (*quality, SliceRule(measures=tuple(rule.measure for rule in quality)))


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """The rules of a gate. Raises `UsageError` for a policy without rules: it would let everything pass."""

    rules: tuple[Rule, ...] = field(default_factory=default_rules)
    min_queries: int = 30
    """Below this number of queries there is no verdict: the intervals are not calibrated for fewer."""
    level: float = 0.95

    def __post_init__(self) -> None:
        normal_quantile(self.level)
        if not self.rules:
            raise UsageError("A gate needs at least one rule.")
        if self.min_queries < 1:
            raise UsageError(f"A gate needs at least one query; min_queries is {self.min_queries}.")

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What both systems have to be scored with, each once."""
        return tuple(dict.fromkeys(measure for rule in self.rules for measure in rule.measures))

    def adding(self, *rules: Rule) -> GatePolicy:
        """The policy with further rules."""
        return replace(self, rules=(*self.rules, *rules))

    def only(self, wanted: Callable[[Rule], bool]) -> GatePolicy:
        """The policy with those of its rules that are wanted. Raises `UsageError` when none is left."""
        return replace(self, rules=tuple(rule for rule in self.rules if wanted(rule)))

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "rules": [rule.to_dict() for rule in self.rules],
            "min_queries": self.min_queries,
            "level": self.level,
        }
