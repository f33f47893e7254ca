"""Hit at k."""

from __future__ import annotations

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.judged_run import JudgedRanking
from helmert.evaluation.measures.family import Family, Valued
from helmert.evaluation.ties import TieGroups


class Hit(Family):
    r"""Whether any relevant document stands among the first k; also called success@k or hit rate.

    hit@k = 1[ |{relevant} \cap {first k}| > 0 ]

    Equals `success_k` of trec_eval. Some libraries call this recall; for queries with several relevant
    documents it is not.
    """

    name = "hit"

    def worth(self, ranking: JudgedRanking) -> FloatArray:
        """1 for a relevant document."""
        return ranking.relevant

    def total(self, valued: Valued) -> FloatArray:
        """1 when a relevant document stands above the cutoff."""
        best: FloatArray = valued.top.max(axis=1)
        return best

    def expected(self, valued: Valued, groups: TieGroups) -> FloatArray:
        """The probability that some relevant document is drawn above the cutoff."""
        missed: FloatArray = groups.survival(valued.worth)[:, : valued.cutoff][:, -1]
        return 1.0 - missed
