"""What happens when the vectors of two models of the same width meet, and what Helmert does about it."""

from __future__ import annotations

from dataclasses import dataclass

from helmert.errors import DifferentSpace
from helmert.evaluation import EvalSet, Interval, Measure, Run, mean_interval, score
from helmert.registry import IndexRecord
from helmert.serving.retrieval import ask, retrieve
from helmert.workspace import Workspace

RECALL = Measure.parse("recall@10")
DEPTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """The experiment's outcome."""

    recall: float
    interval: Interval
    refused: bool
    refusal: str
    """What Helmert said when it was asked properly."""


def mix(workspace: Workspace, index: str, model: str, evalset: EvalSet) -> Mixed:
    """Search an index with queries of another model of equal width: once with the guard lied to, once honestly."""
    record = workspace.registry.indexes.get(index)
    run = _unguarded(workspace, record, model, evalset)
    scores = score(run, evalset, [RECALL])
    refused, refusal = _honestly(workspace, record, model, evalset)
    return Mixed(
        recall=scores.mean(RECALL), interval=mean_interval(scores.of(RECALL)), refused=refused, refusal=refusal
    )


def _unguarded(workspace: Workspace, record: IndexRecord, model: str, evalset: EvalSet) -> Run:
    """Claim that the other model's vectors belong to the index's space, as a system without the guard does."""
    return ask(
        evalset.answerable,
        store=workspace.store(record.store),
        index=record.name,
        stamp=record.vector_hash,
        embedder=workspace.embedder(model),
        k=DEPTH,
    )


def _honestly(workspace: Workspace, record: IndexRecord, model: str, evalset: EvalSet) -> tuple[bool, str]:
    try:
        retrieve(
            evalset.answerable[:1],
            store=workspace.store(record.store),
            index=record.name,
            space=workspace.registry.spaces.get(record.space),
            embedder=workspace.embedder(model),
            k=DEPTH,
        )
    except DifferentSpace as error:
        return True, error.message
    return False, ""
