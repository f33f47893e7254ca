"""Findings about quality in sentences for people who do not read intervals every day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helmert.evaluation.comparison import Comparison
from helmert.evaluation.gates.decision import Verdict

if TYPE_CHECKING:
    from helmert.evaluation.gates.quality import GateRule


def sentence(
    rule: GateRule, verdict: Verdict, comparison: Comparison | None, min_queries: int, needed: int | None
) -> str:
    """What one rule found, on which evidence, and what would help."""
    if comparison is None:
        return f"{rule.measure} was not compared, so nothing is known about it."
    if comparison.effective < min_queries:
        return (
            f"{rule.measure} rests on {count_queries(comparison.n)} scored on both systems{_worth(comparison)}; "
            f"a verdict needs at least {min_queries}."
        )
    parts = [f"{rule.measure}: {_claim(rule, verdict)}", _evidence(comparison)]
    if verdict is Verdict.INCONCLUSIVE:
        parts.extend(_advice(rule, comparison, needed))
    if comparison.left_out:
        parts.append(f"{count_queries(comparison.left_out)} scored on only one system left out.")
    if not comparison.same_set:
        parts.append("The two were scored on different versions of the evaluation set.")
    return " ".join(parts)


def _claim(rule: GateRule, verdict: Verdict) -> str:
    if rule.kind == "superior":
        aim = f"better by more than {rule.margin:.3f}" if rule.margin else "better"
    else:
        aim = f"worse by {rule.margin:.3f} or more"
    match verdict, rule.kind:
        case Verdict.INCONCLUSIVE, _:
            return f"these queries cannot tell whether the candidate is {aim}."
        case Verdict.PASS, "non-inferior":
            return f"the candidate is not {aim}."
        case Verdict.FAIL, "non-inferior":
            return f"the candidate is worse, and a loss below {rule.margin:.3f} is not shown."
        case Verdict.PASS, _:
            return f"the candidate is {aim}."
        case _:
            return f"the candidate is not {aim}."


def _evidence(comparison: Comparison) -> str:
    interval = comparison.interval
    means = f"{comparison.candidate_mean:.3f} against {comparison.incumbent_mean:.3f}"
    changed = f"{comparison.wins} better, {comparison.losses} worse"
    return (
        f"It scores {means} on {count_queries(comparison.n)}{_worth(comparison)} ({changed}); "
        f"the true difference is between {interval.low:+.3f} and {interval.high:+.3f} with "
        f"{100 * interval.level:g}% confidence."
    )


def _worth(comparison: Comparison) -> str:
    """What clusters and weights leave of the queries; empty for a plain set."""
    if abs(comparison.effective - comparison.n) < 0.5:
        return ""
    return f", worth {comparison.effective:,.0f} independent ones of equal weight"


def _advice(rule: GateRule, comparison: Comparison, needed: int | None) -> Iterator[str]:
    if comparison.interval.low > rule.threshold:
        yield "A set of this size can miss a loss that is total but rare."
    if needed is not None:
        yield f"About {needed:,} queries would decide it, if the difference stays what it looks like."
    elif comparison.difference <= rule.threshold:
        yield "More queries are not expected to make it pass."
    else:
        yield "It would take more than a million queries to decide it."


def count_queries(count: int) -> str:
    """`no query`, `1 query`, `2,000 queries`."""
    match count:
        case 0:
            return "no query"
        case 1:
            return "1 query"
        case _:
            return f"{count:,} queries"
