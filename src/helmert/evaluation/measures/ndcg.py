"""Normalised discounted cumulative gain, with its two gains."""

from __future__ import annotations

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.judged_run import JudgedRanking
from helmert.evaluation.measures.family import Family, Valued


class NDCG(Family):
    r"""Graded relevance, discounted by rank, over the best that any ranking could reach.

    DCG@k = \sum_{p=1}^{k} gain(g_p) / \log_2(p + 1),   nDCG@k = DCG@k / IDCG@k,   gain(g) = \max(g, 0)

    IDCG@k is the DCG@k of all relevant documents of the query in order of their grades, found or not, so a
    system that returns one document of five cannot reach 1. Equals `ndcg_cut_k` of trec_eval. Jaervelin and
    Kekaelaeinen, Cumulated Gain-Based Evaluation of IR Techniques, ACM TOIS 20(4), 2002, with the discount of
    trec_eval.
    """

    name = "nDCG"

    def worth(self, ranking: JudgedRanking) -> FloatArray:
        """The gain of the grade."""
        return self.gain(ranking.grades)

    def total(self, valued: Valued) -> FloatArray:
        """Discounted gain above the cutoff over that of the ideal ranking."""
        ideal = valued.ranking.ideal[:, : valued.cutoff]
        return _discounted(valued.top) / _discounted(self.gain(ideal))

    def gain(self, grades: FloatArray) -> FloatArray:
        """The grade itself. Grades are not negative here."""
        return grades


class ExponentialNDCG(NDCG):
    r"""nDCG with gain(g) = 2^g - 1, which sets high grades further apart.

    The same as `nDCG` for grades 0 and 1. Burges et al., Learning to Rank Using Gradient Descent, ICML 2005.
    """

    name = "nDCG-exp"

    def gain(self, grades: FloatArray) -> FloatArray:
        """2 to the power of the grade, minus 1; 0 for grade 0. Raises `UsageError` for grades above 1000."""
        if grades.size and grades.max() > 1000:
            raise UsageError(
                f"{self.name} cannot take the grade {grades.max():g}: its gain is 2 to that power.",
                next_step="Use nDCG, or grades of a few steps such as 0 to 3.",
            )
        gains: FloatArray = np.exp2(grades) - 1.0
        return gains


def _discounted(gains: FloatArray) -> FloatArray:
    total: FloatArray = gains @ (1.0 / np.log2(np.arange(2, gains.shape[1] + 2)))
    return total
