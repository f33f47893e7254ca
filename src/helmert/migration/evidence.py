"""Is there a fresh PASS for what would be promoted?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from helmert.errors import GateRefused
from helmert.migration.completeness import Proof
from helmert.migration.context import Context
from helmert.migration.plan import Plan
from helmert.registry import EvaluationRecord


def require_pass(plan: Plan, migration: str, proof: Proof, context: Context) -> EvaluationRecord:
    """The evaluation that allows the promotion. Raises `GateRefused` with every reason why none does."""
    evaluation = context.registry.evaluations.latest(plan.target_index)
    command = f"helmert apply {plan.collection}"
    if evaluation is None or evaluation.migration != migration:
        raise GateRefused(f"{plan.target_index} was never evaluated.", next_step=command)
    if evaluation.verdict != "PASS":
        raise GateRefused(
            f"The gate says {evaluation.verdict} for {plan.target_index}. {' '.join(_against(evaluation))}",
            next_step=f'fix what it names and run {command}; or helmert promote {plan.collection} --override "REASON"',
        )
    stale = _staleness(evaluation, plan, proof, context)
    if stale:
        raise GateRefused(f"The PASS of {plan.target_index} is stale. {' '.join(stale)}", next_step=command)
    return evaluation


def _against(evaluation: EvaluationRecord) -> list[str]:
    """The findings that are no PASS."""
    decision: Any = evaluation.report.get("decision", {})
    return [finding["sentence"] for finding in decision.get("findings", ()) if finding["verdict"] != "PASS"]


def _staleness(evaluation: EvaluationRecord, plan: Plan, proof: Proof, context: Context) -> list[str]:
    reasons = []
    age = context.clock() - evaluation.at
    if age > timedelta(hours=context.policy.max_age_hours):
        reasons.append(f"It is {age} old; at most {context.policy.max_age_hours:g} hours are allowed.")
    if evaluation.incumbent_index != plan.source_index:
        reasons.append(f"It compared with {evaluation.incumbent_index}, live is {plan.source_index}.")
    evalset = context.evalset(plan.collection)
    if evaluation.evalset_digest != (evalset.digest if evalset else ""):
        reasons.append("The labelled queries have changed since.")
    if evaluation.report.get("policy") != context.policy.gate.to_dict():
        reasons.append("The gate's rules have changed since.")
    models: Any = evaluation.report.get("models", ())
    if context.embedder(plan.target_model).space.record_hash not in models:
        reasons.append(f"The settings of model {plan.target_model!r} have changed since.")
    if evaluation.content_digest != proof.digest:
        reasons.extend(_changes(evaluation, plan, proof, context))
    return reasons


def _changes(evaluation: EvaluationRecord, plan: Plan, proof: Proof, context: Context) -> list[str]:
    changed = len(context.registry.journal.ids_after(plan.collection, evaluation.applied_seq))
    if changed == 0:
        return ["The index's rows have changed, and not through the journal."]
    if changed > context.policy.max_changed * proof.found:
        share = changed / max(proof.found, 1)
        limit = context.policy.max_changed
        return [f"{changed:,} documents ({share:.1%}) were written since; at most {limit:.1%} are allowed."]
    return []
