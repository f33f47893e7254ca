"""Is the set large enough to say anything?"""

from __future__ import annotations

from collections.abc import Iterator

from helmert.evaluation.checking.problem import Problem
from helmert.evaluation.evalset import EvalSet

FEWEST = 30
"""Below this the stated level of an interval is not kept (`docs/evaluation.md`)."""


def few_queries(evalset: EvalSet) -> Iterator[Problem]:
    """Fewer than 30 answerable queries, or clusters of them. Kind: `few-queries`."""
    answerable = len(evalset.answerable)
    independent = len(set(evalset.clusters)) if evalset.clusters else answerable
    if 0 < independent < FEWEST:
        clusters = f" in {independent:,} clusters" if independent < answerable else ""
        yield Problem(
            kind="few-queries",
            severity="warning",
            count=independent,
            examples=(),
            sentence=f"The set has {answerable:,} queries with a relevant document{clusters}; intervals hold from "
            f"{FEWEST} on, and differences of a few points show from some hundreds on.",
            remedy="Label more queries.",
        )
