"""Evaluation sets, runs, measures, paired statistics and gates: is a candidate good enough to take over?

Pure numpy and the standard library; reads and writes evaluation files, never a store or a model. May import
`types` and `errors`. Searching is done above this room, which takes the hits as a `Run`.
"""

from helmert.evaluation.comparison import Comparison, compare
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.facts import ORIGINS, LabelFacts, Origin, QueryFacts, Sampling, Span
from helmert.evaluation.gate import Finding, GateDecision, decide
from helmert.evaluation.measures import Measure, known_measures
from helmert.evaluation.overlap import likely_cause
from helmert.evaluation.policy import GatePolicy, GateRule, Verdict
from helmert.evaluation.readers import read_evalset
from helmert.evaluation.regressions import Changes, QueryChange, query_changes
from helmert.evaluation.run import Run
from helmert.evaluation.scoring import Counts, Scores, score, tie_bounds
from helmert.evaluation.statistics import Interval, holm, mean_interval, paired_interval, sign_flip_p
from helmert.evaluation.trec_run import read_trec_run, write_trec_run
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
    "write_trec_run",
    "Measure",
    "known_measures",
    "Counts",
    "Scores",
    "score",
    "tie_bounds",
    "Interval",
    "holm",
    "mean_interval",
    "paired_interval",
    "sign_flip_p",
    "Comparison",
    "compare",
    "Changes",
    "QueryChange",
    "query_changes",
    "GatePolicy",
    "GateRule",
    "Verdict",
    "Finding",
    "GateDecision",
    "decide",
]
