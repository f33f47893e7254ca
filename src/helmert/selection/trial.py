"""One candidate, tried: its ranking, its scores, and whatever was found out on the way."""

from __future__ import annotations

from dataclasses import dataclass

from helmert.evaluation import Run, Scores, score, tie_bounds
from helmert.selection.candidates import Candidate
from helmert.selection.estimates import Design, quality
from helmert.selection.material import Material
from helmert.selection.ranking import TIE_ROOM
from helmert.selection.scorecard import Cell, Estimate, IndexLoss, Row
from helmert.selection.terms import JUDGED, Terms
from helmert.selection.truncation import TokenCounts

RANDOM_DEPTH = 200
"""How deep rankings go where documents are a random sample: the correction needs ranks beyond the cutoff."""
MOST_OTHERS = 1_000
"""Judged documents of one query that room is made for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """A candidate that answered all queries."""

    row: Row
    run: Run
    scores: Scores
    candidate: Candidate | None = None
    """None for BM25."""
    tokens: TokenCounts | None = None
    cells: tuple[Cell, ...] = ()
    index_loss: IndexLoss | None = None
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As the scorecard calls it."""
        return self.row.name

    @property
    def dense(self) -> bool:
        """Whether it makes vectors."""
        return self.row.kind == "dense"


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """A run with what is computed from it for every row."""

    run: Run
    scores: Scores
    quality: dict[str, Estimate]
    tie_range: dict[str, tuple[float, float]]
    judged: float

    @classmethod
    def of(cls, run: Run, material: Material, terms: Terms) -> Scored:
        """Score a run on the material, as `Material.seen` shows it."""
        seen = material.seen(run)
        scores = score(seen, material.evalset, terms.scored)
        design = Design.of(material.evalset, terms.level)
        return cls(
            run=seen,
            scores=scores,
            quality=quality(scores, terms.shown, design),
            tie_range=_tie_range(seen, scores, material, terms),
            judged=design.mean(scores.of(JUDGED)).value,
        )


def depth(material: Material, terms: Terms) -> int:
    """How many documents are ranked for a query: the deepest cutoff, with room for ties, for what `seen` drops, and
    for relevant documents of other languages, which the matrix of languages leaves out.
    """
    sampling = material.evalset.sampling
    deep = RANDOM_DEPTH if sampling is not None and sampling.method == "random" else 0
    others = max((len(judged) for judged in material.evalset.qrels.values()), default=0)
    return max(terms.cutoff + TIE_ROOM, deep) + material.room + min(others, MOST_OTHERS)


def _tie_range(run: Run, scores: Scores, material: Material, terms: Terms) -> dict[str, tuple[float, float]]:
    if not scores.counts.tied:
        return {}
    design = Design.of(material.evalset, terms.level)
    worst, best = tie_bounds(run, material.evalset, terms.shown)
    ranges = {
        str(measure): (design.mean(worst.of(measure)).value, design.mean(best.of(measure)).value)
        for measure in terms.shown
    }
    return {name: (low, high) for name, (low, high) in ranges.items() if high - low > 1e-12}
