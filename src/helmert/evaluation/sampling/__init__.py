"""Sets whose documents are a part of the corpus: what their numbers mean, and recall corrected for what is missing.

Pure numpy. May import the evaluation set, runs and the statistics.
"""

from helmert.evaluation.sampling.correction import (
    CorrectedDifference,
    CorrectedRecall,
    compare_corrected,
    correct_recall,
)
from helmert.evaluation.sampling.standing import PoolStanding, pool_standing, require_comparable

__all__ = [
    "CorrectedDifference",
    "CorrectedRecall",
    "PoolStanding",
    "compare_corrected",
    "correct_recall",
    "pool_standing",
    "require_comparable",
]
