"""What can be said about all queries from those that were asked: intervals, p-values, effect sizes, power.

Pure numpy. May import `errors` and the arrays of the room above it in the tree.
"""

from helmert.evaluation.statistics.intervals import (
    Interval,
    mean_interval,
    normal_quantile,
    paired_interval,
    projected_interval,
)
from helmert.evaluation.statistics.multiplicity import holm
from helmert.evaluation.statistics.randomisation import sign_flip_p

__all__ = [
    "Interval",
    "holm",
    "mean_interval",
    "normal_quantile",
    "paired_interval",
    "projected_interval",
    "sign_flip_p",
]
