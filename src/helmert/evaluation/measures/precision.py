"""Precision at k."""

from __future__ import annotations

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.judged_run import JudgedRanking
from helmert.evaluation.measures.family import Family, Valued


class Precision(Family):
    r"""Share of the first k places that hold a relevant document.

    precision@k = |{relevant} \cap {first k}| / k

    The denominator is k also where a system returns fewer documents, so an empty place counts as a wrong one, and
    a query with fewer than k relevant documents cannot reach 1. Equals `P_k` of trec_eval. Manning, Raghavan and
    Schuetze, Introduction to Information Retrieval, 2008, section 8.4.
    """

    name = "precision"

    def worth(self, ranking: JudgedRanking) -> FloatArray:
        """1 for a relevant document."""
        return ranking.relevant

    def total(self, valued: Valued) -> FloatArray:
        """Relevant documents above the cutoff over the cutoff."""
        found: FloatArray = valued.top.sum(axis=1)
        return found / valued.limit
