"""Gates: rules that an evaluation must satisfy, answered with PASS, FAIL or INCONCLUSIVE.

One module per kind of rule: `quality`, `slices`, `must_pass`, `limits`. A kind is a frozen dataclass with the methods
of `rule.Rule`; whoever adds one writes that module and the entry of its table in `helmert.config`.
"""

from helmert.evaluation.gates.deciding import decide
from helmert.evaluation.gates.decision import Finding, GateDecision, Verdict
from helmert.evaluation.gates.evidence import Evidence
from helmert.evaluation.gates.limits import LIMITS, Limit
from helmert.evaluation.gates.measurement import Measurement, percentile_measurement, share_measurement
from helmert.evaluation.gates.must_pass import MustPass, read_query_ids
from helmert.evaluation.gates.policy import GatePolicy
from helmert.evaluation.gates.quality import GateRule, RuleKind
from helmert.evaluation.gates.rule import Rule
from helmert.evaluation.gates.slices import SliceRule
from helmert.evaluation.gates.tracing import run_digest

__all__ = [
    "Rule",
    "GateRule",
    "RuleKind",
    "SliceRule",
    "MustPass",
    "read_query_ids",
    "Limit",
    "LIMITS",
    "Measurement",
    "percentile_measurement",
    "share_measurement",
    "Evidence",
    "GatePolicy",
    "Verdict",
    "Finding",
    "GateDecision",
    "decide",
    "run_digest",
]
