"""Numbers with their intervals, from values per query: the one place where weights and clusters are applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helmert.evaluation import EvalSet, Measure, Scores
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics import (
    Interval,
    effect_size,
    interval_p,
    mean_interval,
    paired_interval,
    sign_flip_p,
    weighted_mean,
)
from helmert.selection.scorecard import Contrast, Estimate

ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """How the queries of a set count: in the order of `EvalSet.answerable`."""

    level: float
    weights: FloatArray | None
    clusters: tuple[str, ...] | None

    @classmethod
    def of(cls, evalset: EvalSet, level: float) -> Design:
        """Weights and clusters of a set."""
        return cls(level=level, weights=evalset.weights, clusters=evalset.clusters)

    def part(self, rows: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.intp]]) -> Design:
        """The same for some of the queries, by position."""
        places = np.asarray(rows, dtype=np.intp)
        return Design(
            level=self.level,
            weights=self.weights[places] if self.weights is not None else None,
            clusters=tuple(self.clusters[row] for row in places) if self.clusters is not None else None,
        )

    def mean(self, values: FloatArray) -> Estimate:
        """Mean of values in [0, 1] with its interval."""
        interval = mean_interval(values, level=self.level, weights=self.weights, clusters=self.clusters)
        return estimate(weighted_mean(values, self.weights), interval)

    def difference(self, differences: FloatArray, *, looks: int = 1) -> Estimate:
        """Mean of per-query differences in [-1, 1] with its interval, wide enough for so many of them (Bonferroni)."""
        level = 1.0 - (1.0 - self.level) / looks
        interval = paired_interval(differences, level=level, weights=self.weights, clusters=self.clusters)
        return estimate(weighted_mean(differences, self.weights), interval)

    def p_value(self, differences: FloatArray) -> float:
        """The larger of `sign_flip_p`, with a fixed seed so that equal scores give equal cards, and `interval_p`."""
        flipped = sign_flip_p(differences, np.random.default_rng(0), weights=self.weights, clusters=self.clusters)
        return max(flipped, interval_p(differences, weights=self.weights, clusters=self.clusters))


def estimate(value: float, interval: Interval) -> Estimate:
    """A value with its interval, widened where the adjusted interval does not hold the plain mean."""
    return Estimate(value=value, low=min(interval.low, value), high=max(interval.high, value))


def quality(scores: Scores, measures: Sequence[Measure], design: Design) -> dict[str, Estimate]:
    """Means of some measures, by their names."""
    return {str(measure): design.mean(scores.of(measure)) for measure in measures}


def differences(candidate: Scores, other: Scores, measure: Measure) -> FloatArray:
    """Candidate minus other, per query; rounding of sums is 0. Both were scored on the same set."""
    difference: FloatArray = candidate.of(measure) - other.of(measure)
    difference[np.abs(difference) < ROUNDING] = 0.0
    return difference


def contrast(names: tuple[str, str], candidate: Scores, other: Scores, measure: Measure, design: Design) -> Contrast:
    """One candidate against another, not yet corrected for how many there are. `names` are in the same order."""
    changes = differences(candidate, other, measure)
    p = design.p_value(changes)
    effect = effect_size(changes, level=design.level, weights=design.weights, clusters=design.clusters)
    return Contrast(
        candidate=names[0],
        against=names[1],
        measure=str(measure),
        difference=design.difference(changes),
        p_value=p,
        adjusted_p=p,
        effect=effect.standardised if effect is not None else 0.0,
        wins=int((changes > 0).sum()),
        losses=int((changes < 0).sum()),
        ties=int((changes == 0).sum()),
    )
