"""What can be said about all queries from those that were asked: intervals, p-values, effect sizes, power.

Pure numpy. May import `errors` and the arrays of the room above it in the tree.
"""

from helmert.evaluation.statistics.bootstrap import bootstrap_interval, ratio_interval
from helmert.evaluation.statistics.effect import EffectSize, Share, effect_size
from helmert.evaluation.statistics.independence import effective_queries, weighted_mean
from helmert.evaluation.statistics.intervals import (
    Interval,
    mean_interval,
    paired_interval,
    projected_interval,
)
from helmert.evaluation.statistics.inversion import interval_p
from helmert.evaluation.statistics.multiplicity import holm
from helmert.evaluation.statistics.pooling import Pooled, partial_pool
from helmert.evaluation.statistics.power import (
    TYPICAL_SPREADS,
    Aim,
    TypicalSpread,
    design_effect,
    detectable_difference,
    queries_for_margin,
    queries_to_exclude_rare_losses,
    sd_of,
)
from helmert.evaluation.statistics.quantiles import normal_quantile, t_quantile
from helmert.evaluation.statistics.randomisation import sign_flip_p, sign_test_p
from helmert.evaluation.statistics.winner import BestOf, shrink_best, split_queries

__all__ = [
    "Aim",
    "BestOf",
    "EffectSize",
    "Interval",
    "Pooled",
    "Share",
    "TYPICAL_SPREADS",
    "TypicalSpread",
    "bootstrap_interval",
    "design_effect",
    "detectable_difference",
    "effect_size",
    "effective_queries",
    "holm",
    "interval_p",
    "mean_interval",
    "normal_quantile",
    "paired_interval",
    "partial_pool",
    "projected_interval",
    "queries_for_margin",
    "queries_to_exclude_rare_losses",
    "ratio_interval",
    "sd_of",
    "shrink_best",
    "sign_flip_p",
    "sign_test_p",
    "split_queries",
    "t_quantile",
    "weighted_mean",
]
