"""What a gate is shown. Every rule takes from it what it asks about; what is absent never passes a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from helmert.evaluation.comparison import Comparison
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.gates.measurement import Measurement
from helmert.evaluation.run import Run
from helmert.evaluation.scoring import Scores


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Runs, scores, comparisons and measurements of a candidate beside an incumbent."""

    evalset: EvalSet | None = None
    candidate_run: Run | None = None
    incumbent_run: Run | None = None
    candidate: Scores | None = None
    incumbent: Scores | None = None
    comparisons: tuple[Comparison, ...] = ()
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    """By the name of the limit they belong to."""
    doubts: tuple[str, ...] = ()
    """Why nothing may be concluded, in sentences: with any of them the gate does not pass."""
    alone: str = ""
    """Why there is no incumbent, when that is as it should be; rules that compare are then left out."""
