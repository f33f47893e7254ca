"""`compare`: is a candidate better or worse than the incumbent, and by how much, with what certainty?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.pairing import Paired, pair
from helmert.evaluation.scoring import Scores
from helmert.evaluation.statistics import (
    EffectSize,
    Interval,
    bootstrap_interval,
    effect_size,
    effective_queries,
    paired_interval,
    ratio_interval,
    sign_flip_p,
    sign_test_p,
    weighted_mean,
)

FEWEST = 30
"""Below this number of effective queries intervals and p-values are not calibrated."""
ENOUGH_TO_RESAMPLE = 200
"""From this number of effective queries on the bootstrap stands beside the interval."""

TieBounds = tuple[Scores, Scores]
"""What `tie_bounds` gives for one system: scores under the unluckiest and the luckiest order of tied documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two systems on the same queries under one measure."""

    measure: Measure
    n: int
    """Queries that both were scored on."""
    incumbent_mean: float
    """NaN when n is 0, as `candidate_mean` and `difference`. All means are weighted where the set has weights."""
    candidate_mean: float
    difference: float
    """Candidate minus incumbent: above zero the candidate is better."""
    interval: Interval
    """For the difference, by `paired_interval`. Its middle lies a little nearer to zero than `difference`."""
    p_value: float
    """Two-sided, by `sign_flip_p`."""
    mean_square: float
    """Mean of the squared per-query differences; with `difference` it gives their spread. 0 when n is 0."""
    wins: int
    """Queries on which the candidate is better."""
    losses: int
    ties: int
    left_out: int
    """Queries that only one of the two was scored on."""
    same_set: bool
    """Both were scored on the same version of the evaluation set."""
    effective: float = -1.0
    """Independent, equally weighted queries that say as much; `n` when not given, as for a plain set."""
    sign_test: float = 1.0
    """Two-sided, by `sign_test_p`; for recall with one relevant document McNemar's exact test."""
    effect: EffectSize | None = None
    """None when n is 0."""
    bootstrap: Interval | None = None
    """The bootstrap interval; None for fewer than 200 effective queries, where it is too narrow."""
    relative: Interval | None = None
    """Bootstrap interval of the relative change of the mean; None as `bootstrap`, and when the incumbent has 0."""
    tie_bounds: Interval | None = None
    """The smallest and largest difference that some order of tied documents gives; None when not asked for."""

    def __post_init__(self) -> None:
        if self.effective < 0:
            object.__setattr__(self, "effective", float(self.n))

    def notes(self) -> tuple[str, ...]:
        """What a reader of the difference should know, one sentence for each thing."""
        said = []
        if 0 < self.effective < FEWEST:
            worth = "" if self.effective == self.n else f", worth {self.effective:.0f} independent ones"
            said.append(
                f"{self.measure}: {self.n} queries{worth}: with fewer than {FEWEST} neither the interval nor the "
                "p-value is reliable."
            )
        if self.bootstrap is not None and (0.0 in self.bootstrap) != (0.0 in self.interval):
            said.append(
                f"{self.measure}: the bootstrap interval, {_ends(self.bootstrap)}, and the adjusted one, "
                f"{_ends(self.interval)}, disagree whether there is a difference; take it as not shown."
            )
        if self.tie_bounds is not None and self.tie_bounds.low < 0.0 < self.tie_bounds.high:
            said.append(
                f"{self.measure}: documents with equal scores leave the difference anywhere in "
                f"{_ends(self.tie_bounds)}."
            )
        return tuple(said)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; means of no queries are null."""
        return {
            "measure": str(self.measure),
            "queries": self.n,
            "effective": self.effective,
            "incumbent_mean": self.incumbent_mean if self.n else None,
            "candidate_mean": self.candidate_mean if self.n else None,
            "difference": self.difference if self.n else None,
            "interval": self.interval.to_dict(),
            "bootstrap": _plain(self.bootstrap),
            "relative": _plain(self.relative),
            "tie_bounds": _plain(self.tie_bounds),
            "p_value": self.p_value,
            "sign_test": self.sign_test,
            "effect": self.effect.to_dict() if self.effect else None,
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.ties,
            "left_out": self.left_out,
            "same_set": self.same_set,
            "notes": list(self.notes()),
        }


def compare(
    candidate: Scores,
    incumbent: Scores,
    measure: Measure,
    *,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
    ties: tuple[TieBounds, TieBounds] | None = None,
) -> Comparison:
    """Compare two systems query by query, by the weights and clusters of the evaluation set.

    Args:
        candidate: Scores of the system that would take over.
        incumbent: Scores of the system in use.
        measure: One that both were scored with.
        level: Confidence level of the interval.
        rng: For the p-value and the bootstrap. Without it one with a fixed seed, so that equal scores give equal
            reports.
        ties: `tie_bounds` of the candidate and of the incumbent, where equal scores may matter.

    Raises `UsageError` for a missing measure, different tie policies, or a level outside (0, 1).
    """
    paired = pair(candidate, incumbent, measure)
    d, weights, clusters = paired.differences, paired.weights, paired.clusters
    n, rng = d.size, rng or np.random.default_rng(0)
    p_value = sign_flip_p(d, rng, weights=weights, clusters=clusters)
    effective = effective_queries(d, weights, clusters)
    bootstrap, relative = _resampled(paired, d, rng, level) if effective >= ENOUGH_TO_RESAMPLE else (None, None)
    return Comparison(
        measure=measure,
        n=n,
        incumbent_mean=weighted_mean(paired.incumbent, weights),
        candidate_mean=weighted_mean(paired.candidate, weights),
        difference=weighted_mean(d, weights),
        interval=paired_interval(d, level=level, weights=weights, clusters=clusters),
        p_value=p_value,
        mean_square=weighted_mean(np.square(d), weights) if n else 0.0,
        wins=int((d > 0).sum()),
        losses=int((d < 0).sum()),
        ties=int((d == 0).sum()),
        left_out=paired.left_out,
        same_set=candidate.evalset == incumbent.evalset,
        effective=effective,
        sign_test=sign_test_p(d),
        effect=effect_size(d, level=level, weights=weights, clusters=clusters),
        bootstrap=bootstrap,
        relative=relative,
        tie_bounds=_tie_bounds(measure, *ties) if ties is not None and n else None,
    )


def _resampled(
    paired: Paired, differences: FloatArray, rng: np.random.Generator, level: float
) -> tuple[Interval, Interval | None]:
    weights, clusters = paired.weights, paired.clusters
    change = ratio_interval(
        np.clip(paired.candidate, 0.0, 1.0),
        np.clip(paired.incumbent, 0.0, 1.0),
        rng,
        level=level,
        weights=weights,
        clusters=clusters,
    )
    return bootstrap_interval(differences, rng, level=level, weights=weights, clusters=clusters), change


def _tie_bounds(measure: Measure, candidate: TieBounds, incumbent: TieBounds) -> Interval:
    """The candidate at its unluckiest against the incumbent at its luckiest, and the other way round."""
    ends = []
    for ours, theirs in ((candidate[0], incumbent[1]), (candidate[1], incumbent[0])):
        if ours.query_ids != theirs.query_ids:
            raise UsageError("The tie bounds of the two systems are for different queries.")
        ends.append(weighted_mean(ours.of(measure) - theirs.of(measure), theirs.weights))
    return Interval(low=ends[0], high=ends[1], level=1.0)


def _ends(interval: Interval) -> str:
    return f"[{interval.low:+.3f}, {interval.high:+.3f}]"


def _plain(interval: Interval | None) -> dict[str, float] | None:
    return interval.to_dict() if interval else None
