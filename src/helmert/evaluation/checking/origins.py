"""Where the labels came from, and whom that favours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from helmert.evaluation.checking.problem import Problem
from helmert.evaluation.evalset import EvalSet

WEAK = frozenset({"click", "synthetic"})
"""Origins that are no judgement: a click depends on what was shown, a synthetic query on what it was made from."""
MOST = 0.5


def weak_origins(evalset: EvalSet) -> Iterator[Problem]:
    """Relevant labels that say more about their source than about relevance.

    Kinds: `weak-labels` when more than half of them are clicks or synthetic; `one-source` when all of them come from
    one machine, which favours systems that are like it; `unknown-origin` as a note when nothing is known of any.
    """
    sources: Counter[tuple[str, str]] = Counter(
        (label.facts.origin, label.facts.by) for label in evalset.labels() if label.grade > 0
    )
    total = sources.total()
    if not total:
        return
    weak = sum(count for (origin, _), count in sources.items() if origin in WEAK)
    if weak > MOST * total:
        yield Problem(
            kind="weak-labels",
            severity="warning",
            count=weak,
            examples=_shares(sources, total),
            sentence=f"{weak:,} of {total:,} relevant labels are clicks or synthetic: good for comparing settings, "
            "weak for choosing a system.",
            remedy="Have people judge some: helmert evalset next, helmert evalset label.",
        )
    if len(sources) == 1:
        ((origin, by),) = sources
        yield from _one_source(origin, by, total)


def _one_source(origin: str, by: str, total: int) -> Iterator[Problem]:
    if origin == "unknown" and not by:
        yield Problem(
            kind="unknown-origin",
            severity="note",
            count=total,
            examples=(),
            sentence="Nothing says where the labels came from.",
            remedy="Add the columns `origin` and `by` to the judgements.",
        )
    elif origin != "human":
        yield Problem(
            kind="one-source",
            severity="warning",
            count=total,
            examples=(f"{origin} by {by or 'unknown'}",),
            sentence=f"All {total:,} relevant labels come from one source, {origin} by {by or 'unknown'}. Systems that "
            "resemble it look better than they are.",
            remedy="Add labels of another source, best of people.",
        )


def _shares(sources: Counter[tuple[str, str]], total: int) -> tuple[str, ...]:
    ranked = sorted(sources.items(), key=lambda item: (-item[1], item[0]))
    return tuple(f"{origin}{f' by {by}' if by else ''}: {count / total:.0%}" for (origin, by), count in ranked[:5])
