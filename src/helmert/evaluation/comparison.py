"""`compare`: is a candidate better or worse than the incumbent, and by how much, with what certainty?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.pairing import pair
from helmert.evaluation.scoring import Scores
from helmert.evaluation.statistics import Interval, paired_interval, sign_flip_p


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two systems on the same queries under one measure."""

    measure: Measure
    n: int
    """Queries that both were scored on."""
    incumbent_mean: float
    """NaN when n is 0, as `candidate_mean` and `difference`."""
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

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; means of no queries are null."""
        return {
            "measure": str(self.measure),
            "queries": self.n,
            "incumbent_mean": self.incumbent_mean if self.n else None,
            "candidate_mean": self.candidate_mean if self.n else None,
            "difference": self.difference if self.n else None,
            "interval": self.interval.to_dict(),
            "p_value": self.p_value,
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.ties,
            "left_out": self.left_out,
            "same_set": self.same_set,
        }


def compare(
    candidate: Scores,
    incumbent: Scores,
    measure: Measure,
    *,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
) -> Comparison:
    """Compare two systems query by query.

    Args:
        candidate: Scores of the system that would take over.
        incumbent: Scores of the system in use.
        measure: One that both were scored with.
        level: Confidence level of the interval.
        rng: For the p-value. Without it one with a fixed seed, so that equal scores give equal reports.

    Raises:
        UsageError: A missing measure, different tie policies, or a level outside (0, 1).
    """
    paired = pair(candidate, incumbent, measure)
    differences = paired.differences
    n = differences.size
    return Comparison(
        measure=measure,
        n=n,
        incumbent_mean=_mean(paired.incumbent),
        candidate_mean=_mean(paired.candidate),
        difference=_mean(differences),
        interval=paired_interval(differences, level=level),
        p_value=sign_flip_p(differences, rng or np.random.default_rng(0)),
        mean_square=float(np.square(differences).mean()) if n else 0.0,
        wins=int((differences > 0).sum()),
        losses=int((differences < 0).sum()),
        ties=int((differences == 0).sum()),
        left_out=paired.left_out,
        same_set=candidate.evalset == incumbent.evalset,
    )


def _mean(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(values.mean()) if values.size else float("nan")
