"""Average precision, whose mean is MAP."""

from __future__ import annotations

import numpy as np

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.judged_run import JudgedRanking
from helmert.evaluation.measures.family import Family, Valued
from helmert.evaluation.ties import TieGroups


class AveragePrecision(Family):
    r"""Precision at the rank of each relevant document, averaged over all relevant documents.

    AP@k = \frac{1}{|R|} \sum_{p \le k,\ p\ \text{relevant}} |{relevant} \cap {first p}| / p

    The denominator counts every relevant document, so one that stands below the cutoff or is not found counts as 0,
    and a query with more than k of them cannot reach 1. Equals `map_cut_k` of trec_eval, and `map` without a
    cutoff. Manning, Raghavan and Schuetze, Introduction to Information Retrieval, 2008, section 8.4.
    """

    name = "MAP"
    needs_cutoff = False

    def worth(self, ranking: JudgedRanking) -> FloatArray:
        """1 for a relevant document."""
        return ranking.relevant

    def total(self, valued: Valued) -> FloatArray:
        """Sum of the precisions at relevant ranks above the cutoff, over all relevant documents."""
        top = valued.top
        found: FloatArray = np.cumsum(top, axis=1)
        found *= top
        sums: FloatArray = found @ (1.0 / np.arange(1, top.shape[1] + 1))
        return sums / valued.ranking.relevant_count

    def expected(self, valued: Valued, groups: TieGroups) -> FloatArray:
        r"""Sum over ranks p of E[relevant at p, and the relevant documents up to p] / p, over |R|.

        In a group of m documents with r relevant ones, after c relevant ones above it, the document at place j
        (from 0) is relevant with probability r/m; then c + 1 relevant documents are certain, and of the j places
        before it in the group each holds one of the other r - 1 with probability (r - 1)/(m - 1). McSherry and
        Najork, Computing Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores,
        ECIR 2008.
        """
        sizes, relevant, places = groups.drawn(valued.worth)
        mean = groups.averaged(valued.worth)
        above = np.cumsum(valued.worth, axis=1) - groups.running(valued.worth)
        others = np.maximum(relevant - 1.0, 0.0) / np.maximum(sizes - 1.0, 1.0)
        expected = mean * (above + 1.0 + places * others)
        top = expected[:, : valued.cutoff]
        sums: FloatArray = top @ (1.0 / np.arange(1, top.shape[1] + 1))
        return sums / valued.ranking.relevant_count
