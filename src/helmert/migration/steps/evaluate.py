"""Judge the target against the live index and keep the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helmert.evaluation import Measurement
from helmert.migration.judgement import judge
from helmert.migration.measuring import completeness_measurement
from helmert.migration.stages import Evaluate, Prove
from helmert.migration.task import Detail, Task


def run(stage: Evaluate, task: Task) -> Detail:
    """Score both on the labelled queries, apply the gate, and record the verdict with what it was reached on.

    A verdict of FAIL or INCONCLUSIVE is a result, not an error; it is the promotion that is refused.
    """
    context, plan = task.context, task.plan
    candidate = context.registry.indexes.get(stage.index)
    incumbent = context.registry.indexes.get(stage.incumbent) if stage.incumbent else None
    evalset = context.evalset(plan.collection)
    judgement = judge(candidate, incumbent, evalset, context, task.report, proven=_proven(task))
    context.registry.evaluations.add(
        migration=task.migration,
        index=stage.index,
        incumbent_index=stage.incumbent,
        evalset_name=evalset.name if evalset else "",
        evalset_digest=evalset.digest if evalset else "",
        content_digest=content_digest(task),
        verdict=judgement.verdict.value,
        report=judgement.report,
        applied_seq=candidate.applied_seq,
    )
    queries = f"{len(evalset.answerable):,} labelled queries" if evalset else "no labelled queries"
    return {"summary": f"Gate {judgement.verdict} on {queries}.", "verdict": judgement.verdict.value}


def content_digest(task: Task) -> str:
    """The digest that the proof stage of this run found."""
    return str(_proof(task).get("digest", ""))


def _proven(task: Task) -> Measurement | None:
    """The completeness that the proof stage of this run found; None when there was no proof."""
    proof: Any = _proof(task)
    return completeness_measurement(proof["expected"], proof["differences"]) if "expected" in proof else None


def _proof(task: Task) -> Mapping[str, object]:
    runs = task.context.registry.migrations.stages.list(task.migration)
    return next((run.detail for run in runs if run.stage == Prove.name), {})
