"""Recall at k, with its two denominators."""

from __future__ import annotations

import numpy as np

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.judged_run import JudgedRanking
from helmert.evaluation.measures.family import Family, Valued


class Recall(Family):
    r"""Share of the relevant documents that stand among the first k.

    recall@k = |{relevant} \cap {first k}| / |R|

    The denominator counts every relevant document, so a query with more than k of them cannot reach 1. Equals
    `recall_k` of trec_eval. Manning, Raghavan and Schuetze, Introduction to Information Retrieval, 2008,
    section 8.3.
    """

    name = "recall"

    def worth(self, ranking: JudgedRanking) -> FloatArray:
        """1 for a relevant document."""
        return ranking.relevant

    def total(self, valued: Valued) -> FloatArray:
        """Relevant documents above the cutoff over all relevant documents."""
        found: FloatArray = valued.top.sum(axis=1)
        return found / valued.ranking.relevant_count


class CappedRecall(Recall):
    r"""Recall that a query with more than k relevant documents can bring to 1.

    recall-cap@k = |{relevant} \cap {first k}| / \min(|R|, k)

    Equals `recall` when no query has more than k relevant documents. Thakur et al., BEIR: A Heterogeneous
    Benchmark for Zero-shot Evaluation of Information Retrieval Models, NeurIPS 2021 (capped recall).
    """

    name = "recall-cap"

    def total(self, valued: Valued) -> FloatArray:
        """Relevant documents above the cutoff over as many as could stand there."""
        found: FloatArray = valued.top.sum(axis=1)
        return found / np.minimum(valued.ranking.relevant_count, valued.limit)
