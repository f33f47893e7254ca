"""`Rule`: what every kind of rule can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from helmert.evaluation.gates.decision import Finding
from helmert.evaluation.gates.evidence import Evidence
from helmert.evaluation.measures.measure import Measure


class Rule(Protocol):
    """One thing that a gate asks for. A rule is a frozen dataclass that raises `UsageError` when it makes no sense."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What both systems have to be scored with for this rule."""

    @property
    def comparative(self) -> bool:
        """Whether it looks at a difference, and has nothing to say about a system by itself."""

    def findings(self, evidence: Evidence, *, level: float, min_queries: int) -> Iterable[Finding]:
        """Answer with at least one finding, unless the evidence holds nothing that the rule could be about.

        Args:
            evidence: What is known.
            level: Confidence level of the intervals.
            min_queries: Below this number of queries nothing is concluded from a comparison.
        """

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON. Two rules that ask for different things have different ones."""
