"""A run, an evaluation set and some measures give one value per query and measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.judged_run import JudgedRun
from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.run import Run
from helmert.evaluation.statistics import Interval, effective_queries, mean_interval, weighted_mean
from helmert.evaluation.ties import TiePolicy, check_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What happened to the queries, so that no mean hides a choice."""

    queries: int
    """Queries scored: those with a relevant document."""
    missing: int
    """Scored queries for which the run has no result. They count as 0 and stay in the mean."""
    excluded: int
    """Queries of the set without a relevant document. Nobody could answer them; they are in no mean."""
    unknown: int
    """Queries of the run that the set does not hold. They are ignored."""
    duplicates: int
    """Results that repeated a document of the same query. It is credited once, at its first rank."""
    tied: int
    """Scored queries whose value may depend on the order among documents with equal scores."""

    def sentences(self) -> tuple[str, ...]:
        """What a reader of the means should know, one sentence for each count that is not 0."""
        said = (
            (self.missing, "Queries without any result, counted as 0: {}."),
            (self.excluded, "Queries without a relevant document, left out: {}."),
            (self.unknown, "Queries of the run that the evaluation set does not hold, ignored: {}."),
            (self.duplicates, "Repeated results, credited only once: {}."),
            (self.tied, "Queries with equal scores among documents of different relevance: {}."),
        )
        return tuple(sentence.format(count) for count, sentence in said if count)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """One value per query and measure. Queries are in the order of the evaluation set."""

    query_ids: tuple[str, ...]
    values: Mapping[Measure, FloatArray]
    """Shape (queries,) for each measure, in [0, 1]."""
    counts: Counts
    evalset: str
    """`EvalSet.digest` of the set that was used."""
    ties: TiePolicy
    weights: FloatArray | None = None
    """Shape (queries,): how much each query counts; None when all count the same."""
    clusters: tuple[str, ...] | None = None
    """The cluster of each query; None when no cluster holds two."""

    def of(self, measure: Measure) -> FloatArray:
        """The values of one measure. Raises `UsageError` when it was not computed."""
        if measure not in self.values:
            raise UsageError(f"{measure} was not computed; there are {', '.join(map(str, self.values))}.")
        return self.values[measure]

    def mean(self, measure: Measure) -> float:
        """Mean over the scored queries, weighted where the set has weights; NaN when there is none."""
        return weighted_mean(self.of(measure), self.weights)

    def interval(self, measure: Measure, *, level: float = 0.95) -> Interval:
        """`mean_interval` of a measure, by weights and clusters. Raises `UsageError` as `of`."""
        return mean_interval(self.of(measure), level=level, weights=self.weights, clusters=self.clusters)

    def effective(self, measure: Measure) -> float:
        """How many independent, equally weighted queries the mean rests on; the number of queries of a plain set."""
        return effective_queries(self.of(measure), self.weights, self.clusters, spread=0.5)

    def to_dict(self) -> dict[str, object]:
        """Means with 95% intervals and counts, as plain values for JSON; a mean of no queries is null.

        `macro` is the mean that gives every query the same weight; it differs from `mean` in a weighted set.
        """
        return {
            "evalset": self.evalset,
            "ties": self.ties,
            "counts": asdict(self.counts),
            "measures": {
                str(measure): {
                    "mean": self.mean(measure) if values.size else None,
                    "macro": weighted_mean(values) if values.size else None,
                    "interval": self.interval(measure).to_dict(),
                    "effective": self.effective(measure),
                }
                for measure, values in self.values.items()
            },
        }


def score(run: Run, evalset: EvalSet, measures: Iterable[Measure], *, ties: TiePolicy = "expected") -> Scores:
    """Score a run.

    Args:
        run: What the system returned. Retrieve some documents more than the largest cutoff: of a group of equal
            scores that is cut off by the end of the run, only the part that was returned can be seen.
        evalset: What is relevant.
        measures: What to compute.
        ties: How documents with equal scores are ordered: the mean over all their orders, or the luckiest, or
            the unluckiest. Scores are compared as float64, without tolerance.

    Returns:
        Values that depend on neither ids nor the order in which hits or queries were given.

    Raises:
        UsageError: No measure, or a tie policy that does not exist.
    """
    check_policy(ties)
    joined = JudgedRun.join(run, evalset)
    values = {measure: np.zeros(len(joined.query_ids)) for measure in measures}
    if not values:
        raise UsageError("Scoring needs at least one measure.")
    cutoffs = [measure.cutoff for measure in values if measure.cutoff is not None]
    ideal = max(cutoffs, default=1)
    tied = 0
    for rows, ranking in joined.blocks(ideal if len(cutoffs) == len(values) else None, ideal):
        tied += ranking.tied.size
        for measure, column in values.items():
            column[rows] = measure.values(ranking, ties)
    counts = Counts(
        queries=len(joined.query_ids),
        missing=joined.missing,
        excluded=evalset.without_positives,
        unknown=len(run.rows.keys() - {query.id for query in evalset.queries}),
        duplicates=run.duplicates,
        tied=tied,
    )
    return Scores(
        query_ids=joined.query_ids,
        values=values,
        counts=counts,
        evalset=evalset.digest,
        ties=ties,
        weights=evalset.weights,
        clusters=evalset.clusters,
    )


def tie_bounds(run: Run, evalset: EvalSet, measures: Iterable[Measure]) -> tuple[Scores, Scores]:
    """Scores under the unluckiest and the luckiest order of tied documents: how much ties leave open."""
    chosen = tuple(measures)
    return score(run, evalset, chosen, ties="worst"), score(run, evalset, chosen, ties="best")
