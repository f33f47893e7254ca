"""Gates: rules that an evaluation must satisfy, answered with PASS, FAIL or INCONCLUSIVE.

A rule looks at the interval of a paired difference and never at the difference alone: a gate on point
estimates blocks every second change between equal systems. "Not enough queries to tell" is an answer too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from helmert.errors import UsageError
from helmert.evaluation.comparison import Comparison
from helmert.evaluation.policy import GatePolicy, GateRule, Verdict
from helmert.evaluation.sufficiency import queries_to_show, rare_loss_would_show
from helmert.evaluation.wording import sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of one rule."""

    rule: GateRule
    verdict: Verdict
    sentence: str
    """For people: what was found, on how many queries, how certain."""
    comparison: Comparison | None
    """The evidence; None when the measure was not compared."""
    queries_needed: int | None
    """For INCONCLUSIVE: how large the set should be, where that can be estimated."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "rule": self.rule.to_dict(),
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "comparison": self.comparison.to_dict() if self.comparison else None,
            "queries_needed": self.queries_needed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """The answer of a gate: FAIL if any rule fails, else INCONCLUSIVE if any is, else PASS."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    queries_needed: int | None
    """The largest estimate among the rules when every open rule has one; None otherwise."""
    policy: GatePolicy

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "verdict": self.verdict.value,
            "findings": [finding.to_dict() for finding in self.findings],
            "queries_needed": self.queries_needed,
            "policy": self.policy.to_dict(),
        }


def decide(comparisons: Iterable[Comparison], policy: GatePolicy) -> GateDecision:
    """Apply every rule to the comparison of its measure.

    Absent evidence never passes: a measure that was not compared, and a set that is empty or smaller than
    `min_queries`, are INCONCLUSIVE. Raises `UsageError` when an interval has another level than the policy.
    """
    by_measure = {comparison.measure: comparison for comparison in comparisons}
    findings = tuple(_finding(rule, by_measure.get(rule.measure), policy) for rule in policy.rules)
    verdicts = {finding.verdict for finding in findings}
    verdict = next((worst for worst in (Verdict.FAIL, Verdict.INCONCLUSIVE) if worst in verdicts), Verdict.PASS)
    return GateDecision(
        verdict=verdict,
        findings=findings,
        queries_needed=_largest_need(findings) if verdict is Verdict.INCONCLUSIVE else None,
        policy=policy,
    )


def _finding(rule: GateRule, comparison: Comparison | None, policy: GatePolicy) -> Finding:
    if comparison is not None and comparison.interval.level != policy.level:
        raise UsageError(
            f"{rule.measure} has an interval of level {comparison.interval.level}, not {policy.level}.",
            next_step="Compare at the level of the gate's policy.",
        )
    verdict = _verdict(rule, comparison, policy)
    needed = _need(rule, comparison, policy) if verdict is Verdict.INCONCLUSIVE else None
    return Finding(
        rule=rule,
        verdict=verdict,
        sentence=sentence(rule, verdict, comparison, policy, needed),
        comparison=comparison,
        queries_needed=needed,
    )


def _verdict(rule: GateRule, comparison: Comparison | None, policy: GatePolicy) -> Verdict:
    if comparison is None or comparison.n < policy.min_queries:
        return Verdict.INCONCLUSIVE
    interval = comparison.interval
    if interval.low > rule.threshold and rare_loss_would_show(
        rule, queries=comparison.n, difference=comparison.difference, level=policy.level
    ):
        return Verdict.PASS
    match rule.kind:
        case "non-inferior":
            failed = interval.high < 0.0
        case "superior":
            failed = interval.high < rule.margin
        case _:
            assert_never(rule.kind)
    return Verdict.FAIL if failed else Verdict.INCONCLUSIVE


def _need(rule: GateRule, comparison: Comparison | None, policy: GatePolicy) -> int | None:
    if comparison is None:
        return None
    if comparison.n == 0:
        return policy.min_queries
    estimate = queries_to_show(rule, mean=comparison.difference, mean_square=comparison.mean_square, level=policy.level)
    if comparison.n < policy.min_queries:
        return max(policy.min_queries, estimate or 0)
    return estimate


def _largest_need(findings: Sequence[Finding]) -> int | None:
    """None as soon as one open rule has no estimate: then no number of queries is known to be enough."""
    needs = [finding.queries_needed for finding in findings if finding.verdict is Verdict.INCONCLUSIVE]
    known = [need for need in needs if need is not None]
    return max(known) if len(known) == len(needs) else None
