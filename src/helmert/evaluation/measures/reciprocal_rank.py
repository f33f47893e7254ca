"""Reciprocal rank, whose mean is MRR."""

from __future__ import annotations

import numpy as np

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.judged_run import JudgedRanking
from helmert.evaluation.measures.family import Family, Valued
from helmert.evaluation.ties import TieGroups


class ReciprocalRank(Family):
    r"""One over the rank of the first relevant document, 0 when none stands among the first k.

    MRR@k = \frac{1}{|Q|} \sum_q \frac{1}{r_q}, where r_q \le k is the rank of the first relevant document

    Only the first relevant document counts, however many there are. Without a cutoff it equals `recip_rank`
    of trec_eval. Voorhees, The TREC-8 Question Answering Track Report, 1999.
    """

    name = "MRR"
    needs_cutoff = False

    def worth(self, ranking: JudgedRanking) -> FloatArray:
        """1 for a relevant document."""
        return ranking.relevant

    def total(self, valued: Valued) -> FloatArray:
        """One over the first rank with a relevant document."""
        found = valued.top > 0
        return np.where(found.any(axis=1), 1.0 / (found.argmax(axis=1) + 1), 0.0)

    def expected(self, valued: Valued, groups: TieGroups) -> FloatArray:
        """Sum over ranks p of P(the first relevant document stands at p) / p."""
        missed = groups.survival(valued.worth)[:, : valued.cutoff]
        first = -np.diff(missed, axis=1, prepend=1.0)
        value: FloatArray = (first / np.arange(1, first.shape[1] + 1)).sum(axis=1)
        return value
