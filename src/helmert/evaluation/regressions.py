"""Which queries got worse, and which got better: the list that a person reads before agreeing to a change."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.pairing import pair
from helmert.evaluation.scoring import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryChange:
    """One query whose value changed."""

    query_id: str
    incumbent: float
    candidate: float

    @property
    def difference(self) -> float:
        """Candidate minus incumbent."""
        return self.candidate - self.incumbent


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All queries that changed under a measure, the largest change first, equal ones by query id."""

    measure: Measure
    worse: tuple[QueryChange, ...]
    better: tuple[QueryChange, ...]
    unchanged: int

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "measure": str(self.measure),
            "worse": [asdict(change) for change in self.worse],
            "better": [asdict(change) for change in self.better],
            "unchanged": self.unchanged,
        }


def query_changes(candidate: Scores, incumbent: Scores, measure: Measure) -> Changes:
    """Sort the shared queries into worse, better and unchanged. Raises `UsageError` as `compare` does."""
    paired = pair(candidate, incumbent, measure)
    moved = [
        (float(difference), QueryChange(query_id=query, incumbent=float(old), candidate=float(new)))
        for query, difference, old, new in zip(
            paired.query_ids, paired.differences, paired.incumbent, paired.candidate, strict=True
        )
        if difference
    ]
    moved.sort(key=lambda entry: (-round(abs(entry[0]), 12), entry[1].query_id))
    return Changes(
        measure=measure,
        worse=tuple(change for difference, change in moved if difference < 0),
        better=tuple(change for difference, change in moved if difference > 0),
        unchanged=len(paired.query_ids) - len(moved),
    )
