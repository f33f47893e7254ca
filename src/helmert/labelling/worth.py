"""Which unjudged pairs matter most for the choice between systems, and whether any of them can still change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from helmert.errors import Refused, UsageError
from helmert.evaluation import EvalSet, Measure, Run, paired_interval, score
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.labels import Pair
from helmert.labelling.rankings import top

Settled = Literal["decided", "open", "undecidable"]
"""Whether labels of the holes can change the verdict on two systems: none can; some could; or the verdict is "no
difference shown" at both ends, where more queries help and labels do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnjudgedPair:
    """A document near the top of some ranking that nobody judged for the query."""

    query: str
    document: str
    ranks: Mapping[str, int]
    """Where each system ranks it, from 1; systems that do not have it above the cut-off are left out."""
    worth: float
    """How far the difference of two systems' means moves if it turns out relevant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What the labels that are missing can make of one comparison."""

    first: str
    second: str
    measured: float
    """Mean difference, first minus second, with the holes counted as not relevant."""
    lowest: float
    highest: float
    """The mean differences that some labelling of the holes could give."""
    settled: Settled

    @property
    def sentence(self) -> str:
        """The prospect in words."""
        span = f"{self.first} minus {self.second} is {self.measured:+.3f} now and can become {self.lowest:+.3f} to "
        match self.settled:
            case "decided":
                better = self.first if self.lowest > 0 else self.second
                return f"{span}{self.highest:+.3f}: {better} is better whatever the missing labels say."
            case "undecidable":
                return f"{span}{self.highest:+.3f}: no difference is shown at either end; ask more queries instead."
            case "open":
                return f"{span}{self.highest:+.3f}: labels can still change the verdict."


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLabels:
    """Pairs to judge, the most useful first."""

    measure: Measure
    pairs: tuple[UnjudgedPair, ...]
    prospects: tuple[Prospect, ...]
    """One for each two systems."""

    @property
    def finished(self) -> bool:
        """No label can change any verdict."""
        return all(prospect.settled != "open" for prospect in self.prospects)


def next_labels(
    runs: Mapping[str, Run], evalset: EvalSet, measure: Measure, *, level: float = 0.95, limit: int | None = None
) -> NextLabels:
    """Order the unjudged documents above the cut-off by what their label would change.

    The worth of a document is computed, not guessed: it is counted as relevant with the highest grade of its query,
    every system is scored anew, and the largest change of the difference between two systems is taken, in units of
    the mean over all queries with their weights. Documents that two systems rank alike are worth little; those that
    only one has are worth most. Queries without a relevant document so far can be given one.

    Args:
        runs: Rankings by system name; two or more.
        evalset: The set as it is labelled now.
        measure: What the choice is made by; it needs a cut-off.
        level: Of the intervals behind the verdicts.
        limit: The most pairs given; all when None.

    Raises:
        UsageError: fewer than two systems, or a measure without cut-off.
        Refused: the documents of the set are a random sample.
    """
    if len(runs) < 2:
        raise UsageError("The pairs that decide between systems need two of them.", next_step="--models a,b")
    if measure.cutoff is None:
        raise UsageError(f"{measure} looks at whole rankings; name a cut-off.", next_step=f"{measure}@10")
    refuse_random_sample(evalset)
    holes = _Holes(runs, evalset, measure, measure.cutoff)
    pairs = sorted(holes.pairs(), key=lambda pair: (-pair.worth, pair.query, min(pair.ranks.values()), pair.document))
    prospects = tuple(holes.prospect(first, second, level) for first, second in combinations(runs, 2))
    return NextLabels(measure=measure, pairs=tuple(pairs[:limit]), prospects=prospects)


def refuse_random_sample(evalset: EvalSet) -> None:
    """Raise `Refused` when labels added now would spoil the set.

    Recall in a random sample is corrected from how many documents drawn by chance stand above a relevant one. A
    document that is judged because it stood there is no longer one of them, and what it stood for is lost.
    """
    if evalset.sampling is not None and evalset.sampling.method == "random":
        raise Refused(
            f"The documents of {evalset.name!r} are a random sample; labels added to it now spoil the correction.",
            next_step="Label the set it was drawn from, then draw the sample again.",
        )


class _Holes:
    """Unjudged documents above the cut-off, and scores with some of them counted as relevant."""

    def __init__(self, runs: Mapping[str, Run], evalset: EvalSet, measure: Measure, cutoff: int) -> None:
        self._runs, self._evalset, self._measure = runs, evalset, measure
        self._tops = {
            name: {query.id: top(run, query.id, cutoff) for query in evalset.queries} for name, run in runs.items()
        }
        self._holes = {query.id: self._unjudged(query.id) for query in evalset.queries}
        self._now = {name: self._values(run, {}) for name, run in runs.items()}
        self._weights = np.array([evalset.facts(query.id).weight for query in evalset.queries])
        self._weights /= self._weights.sum() or 1.0
        self._row = {query.id: row for row, query in enumerate(evalset.queries)}
        self._changes = self._each_alone()

    def pairs(self) -> Iterator[UnjudgedPair]:
        """Every hole with its worth."""
        for query, holes in self._holes.items():
            weight = float(self._weights[self._row[query]])
            for document in holes:
                worth = float(np.ptp(self._changes[query, document])) * weight
                yield UnjudgedPair(query=query, document=document, ranks=self._ranks(query, document), worth=worth)

    def prospect(self, first: str, second: str, level: float) -> Prospect:
        """The smallest and largest difference that labels could give, query by query.

        For t relevant holes the ideal ranking is fixed, so the t that alone would speak most for the first system
        make the largest difference, and the t at the other end the smallest; every t is tried. That is exact for
        sums over ranks (recall, precision, nDCG) and close for the others.
        """
        order = {query: self._by_lead(query, first, second) for query in self._holes}
        lowest = highest = self._now[first] - self._now[second]
        for count in range(1, max(map(len, order.values()), default=0) + 1):
            for labelled in (
                {query: holes[:count] for query, holes in order.items()},
                {query: holes[-count:] for query, holes in order.items()},
            ):
                difference = self._values(self._runs[first], labelled) - self._values(self._runs[second], labelled)
                lowest, highest = np.minimum(lowest, difference), np.maximum(highest, difference)
        return Prospect(
            first=first,
            second=second,
            measured=float((self._now[first] - self._now[second]) @ self._weights),
            lowest=float(lowest @ self._weights),
            highest=float(highest @ self._weights),
            settled=_settled(lowest, highest, level),
        )

    def _unjudged(self, query: str) -> list[str]:
        judged = self._evalset.qrels.get(query, {})
        found = dict.fromkeys(document for tops in self._tops.values() for document in tops[query])
        return [document for document in found if document not in judged]

    def _ranks(self, query: str, document: str) -> dict[str, int]:
        return {name: tops[query].index(document) + 1 for name, tops in self._tops.items() if document in tops[query]}

    def _each_alone(self) -> dict[Pair, FloatArray]:
        """How each system's value of the query changes when this one hole is relevant. Shape (systems,).

        One hole of every query is tried at a time: queries do not depend on each other.
        """
        changes: dict[Pair, FloatArray] = {}
        for number in range(max(map(len, self._holes.values()), default=0)):
            chosen = {query: holes[number : number + 1] for query, holes in self._holes.items()}
            each = np.stack([self._values(run, chosen) - self._now[name] for name, run in self._runs.items()])
            for query, documents in chosen.items():
                changes |= {(query, document): each[:, self._row[query]] for document in documents}
        return changes

    def _by_lead(self, query: str, first: str, second: str) -> list[str]:
        """Holes that speak most for the first system at the beginning, those for the second at the end."""
        ours, theirs = (list(self._runs).index(name) for name in (first, second))

        def lead(document: str) -> float:
            change = self._changes[query, document]
            return float(change[ours] - change[theirs])

        return sorted(self._holes[query], key=lead, reverse=True)

    def _values(self, run: Run, relevant: Mapping[str, Sequence[str]]) -> FloatArray:
        """The measure of every query of the set with these holes relevant; 0 for one without a relevant document."""
        qrels = dict(self._evalset.qrels)
        for query, documents in relevant.items():
            if documents:
                grades = self._evalset.qrels.get(query, {})
                best = max([*grades.values(), 1])
                qrels[query] = {**grades, **dict.fromkeys(documents, best)}
        scores = score(run, replace(self._evalset, qrels=qrels), [self._measure])
        known = dict(zip(scores.query_ids, scores.of(self._measure).tolist(), strict=True))
        return np.array([known.get(query.id, 0.0) for query in self._evalset.queries])


def _settled(lowest: FloatArray, highest: FloatArray, level: float) -> Settled:
    low, high = paired_interval(lowest, level=level), paired_interval(highest, level=level)
    if low.low > 0.0 or high.high < 0.0:
        return "decided"
    return "undecidable" if 0.0 in low and 0.0 in high else "open"
