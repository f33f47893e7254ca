"""How much of a result anybody has judged."""

from __future__ import annotations

import numpy as np

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.judged_run import JudgedRanking
from helmert.evaluation.measures.family import Family, Valued


class Judged(Family):
    r"""Share of the first k results that have a judgement, relevant or not; 0 for an empty result.

    judged@k = |{judged} \cap {first k}| / \min(k, number of results)

    Not a quality but a warning: other measures count an unjudged document as not relevant, so a system that
    finds new documents looks worse than it is. Values of two systems that lie far apart make a comparison
    unsafe. Equals `Judged@k` of ir_measures.
    """

    name = "judged"

    def worth(self, ranking: JudgedRanking) -> FloatArray:
        """1 for a judged document."""
        return ranking.judged.astype(np.float64)

    def total(self, valued: Valued) -> FloatArray:
        """Judged documents above the cutoff over results above the cutoff."""
        found: FloatArray = valued.top.sum(axis=1)
        return found / np.clip(valued.ranking.lengths, 1, valued.limit)
