"""Evaluation sets, runs, measures, paired statistics and gates: is a candidate good enough to take over?

Pure numpy and the standard library; reads and writes evaluation files, never a store or a model. May import
`corpus` (to read tables), `types` and `errors`. Searching is done above this room, which takes the hits as a `Run`.
"""

from helmert.evaluation.comparison import Comparison, compare
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.facts import ORIGINS, LabelFacts, Origin, QueryFacts, Sampling, Span
from helmert.evaluation.gates import (
    LIMITS,
    Evidence,
    Finding,
    GateDecision,
    GatePolicy,
    GateRule,
    Limit,
    Measurement,
    MustPass,
    Rule,
    SliceRule,
    Verdict,
    decide,
    percentile_measurement,
    read_query_ids,
    share_measurement,
)
from helmert.evaluation.holes import judged_gap, unjudged_bounds
from helmert.evaluation.measures import Measure, known_measures
from helmert.evaluation.overlap import likely_cause
from helmert.evaluation.rank_overlap import RankOverlap, rank_biased_overlap
from helmert.evaluation.readers import read_evalset
from helmert.evaluation.regressions import Changes, QueryChange, query_changes
from helmert.evaluation.run import Run
from helmert.evaluation.scoring import Counts, Scores, score, tie_bounds
from helmert.evaluation.slicing import SliceComparison, compare_slices, slice_rows
from helmert.evaluation.statistics import (
    BestOf,
    EffectSize,
    Interval,
    bootstrap_interval,
    effect_size,
    effective_queries,
    holm,
    mean_interval,
    paired_interval,
    partial_pool,
    ratio_interval,
    shrink_best,
    sign_flip_p,
    sign_test_p,
    split_queries,
)
from helmert.evaluation.trec_run import read_trec_run, read_trec_tag, write_trec_run
from helmert.evaluation.twins import find_twins, merge_evalset, merge_run

__all__ = [
    "EvalSet",
    "LabelFacts",
    "ORIGINS",
    "Origin",
    "QueryFacts",
    "Sampling",
    "Span",
    "read_evalset",
    "likely_cause",
    "find_twins",
    "merge_evalset",
    "merge_run",
    "Run",
    "read_trec_run",
    "read_trec_tag",
    "write_trec_run",
    "Measure",
    "known_measures",
    "Counts",
    "Scores",
    "score",
    "tie_bounds",
    "judged_gap",
    "unjudged_bounds",
    "RankOverlap",
    "rank_biased_overlap",
    "Interval",
    "bootstrap_interval",
    "effective_queries",
    "holm",
    "mean_interval",
    "paired_interval",
    "partial_pool",
    "ratio_interval",
    "sign_flip_p",
    "sign_test_p",
    "EffectSize",
    "effect_size",
    "BestOf",
    "shrink_best",
    "split_queries",
    "Comparison",
    "compare",
    "SliceComparison",
    "compare_slices",
    "slice_rows",
    "Changes",
    "QueryChange",
    "query_changes",
    "Rule",
    "GateRule",
    "SliceRule",
    "MustPass",
    "read_query_ids",
    "Limit",
    "LIMITS",
    "Measurement",
    "percentile_measurement",
    "share_measurement",
    "GatePolicy",
    "Verdict",
    "Evidence",
    "Finding",
    "GateDecision",
    "decide",
]
