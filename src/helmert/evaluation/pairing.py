"""Two systems' values of the same queries, side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.scoring import Scores

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Values of the queries that both systems were scored on. Arrays have shape (queries,)."""

    query_ids: tuple[str, ...]
    candidate: FloatArray
    incumbent: FloatArray
    left_out: int
    """Queries that only one of the two was scored on."""
    weights: FloatArray | None = None
    """As the incumbent's scores have them; None when all queries weigh the same."""
    clusters: tuple[str, ...] | None = None
    """As the incumbent's scores have them; None when no cluster holds two queries."""

    @property
    def differences(self) -> FloatArray:
        """Candidate minus incumbent; what is only rounding of sums is exactly 0."""
        differences = self.candidate - self.incumbent
        differences[np.abs(differences) < _ROUNDING] = 0.0
        return differences


def pair(candidate: Scores, incumbent: Scores, measure: Measure) -> Paired:
    """Line up two systems by query id, in the incumbent's order.

    Raises `UsageError` when one of them lacks the measure or they were scored with different tie policies.
    """
    if candidate.ties != incumbent.ties:
        raise UsageError(
            f"The candidate was scored with ties {candidate.ties!r}, the incumbent with {incumbent.ties!r}.",
            next_step="Score both in the same way.",
        )
    theirs, ours = incumbent.of(measure), candidate.of(measure)
    position = {query: row for row, query in enumerate(candidate.query_ids)}
    shared = [(query, row) for row, query in enumerate(incumbent.query_ids) if query in position]
    rows = [row for _, row in shared]
    return Paired(
        query_ids=tuple(query for query, _ in shared),
        candidate=ours[[position[query] for query, _ in shared]],
        incumbent=theirs[rows],
        left_out=len(candidate.query_ids) + len(incumbent.query_ids) - 2 * len(shared),
        weights=None if incumbent.weights is None else incumbent.weights[rows],
        clusters=None if incumbent.clusters is None else tuple(incumbent.clusters[row] for row in rows),
    )
