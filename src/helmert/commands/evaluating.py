"""`helmert eval`: how good is an index on the collection's labelled queries?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helmert.commands.gate_files import GateFiles
from helmert.commands.outcome import Outcome
from helmert.errors import NotFound, UsageError
from helmert.evaluation import EvalSet, Verdict, write_trec_run
from helmert.migration.judgement import Judgement, judge
from helmert.registry import IndexRecord
from helmert.telemetry import StageProgress, StageStarted
from helmert.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated(Outcome):
    """The scores, and the gate's answer when there was something to compare with."""

    collection: str
    index: str
    against: str | None
    judgement: Mapping[str, object]
    run_file: str | None
    files: tuple[str, ...] = ()
    """Where the gate's decision was written."""


def evaluate(
    workspace: Workspace,
    collection: str | None = None,
    *,
    index: str | None = None,
    against: str | None = None,
    run_out: Path | None = None,
    files: GateFiles | None = None,
) -> Evaluated:
    """Score an index on the labelled queries of its collection. Nothing is recorded and nothing is allowed by it.

    Args:
        workspace: the workspace.
        collection: the only collection when omitted.
        index: the live index when omitted.
        against: another index to compare with, as the gate would.
        run_out: a file for the ranking in TREC format, for other evaluation tools. Where rows are chunks, labelled
            documents stand in place of the chunks that satisfy their labels.
        files: where to write the gate's decision; needs `against`.

    Raises:
        NotFound: no such index, or nothing is live yet.
        UsageError: the collection has no labelled queries, or a decision is to be written and none is asked for.
    """
    if files and against is None:
        raise UsageError(
            "An index by itself is not judged, so there is no decision to write.",
            next_step="helmert eval --against INDEX",
        )
    name = workspace.only_collection(collection)
    evalset = _labelled(workspace, name)
    record = workspace.registry.indexes.get(index or _live(workspace, name))
    other = workspace.registry.indexes.get(against) if against else None
    judgement = _judged(workspace, record, other, evalset)
    if run_out is not None and judgement.candidate is not None:
        write_trec_run(judgement.candidate.run, run_out, tag=record.name)
    if files:
        title = f"{record.name} against {against} on {evalset.name}"
        files.write(judgement.decision, title=title, notes=judgement.notes)
    return Evaluated(
        collection=name,
        index=record.name,
        against=against,
        judgement=judgement.report if other else _alone(judgement.report),
        run_file=str(run_out) if run_out is not None else None,
        files=files.names if files else (),
        go=judgement.verdict is Verdict.PASS if other else bool(evalset.answerable),
        next_step=f"helmert plan {name} --model NAME",
    )


def _labelled(workspace: Workspace, collection: str) -> EvalSet:
    evalset = workspace.evalset(collection)
    if evalset is None:
        raise UsageError(
            f"Collection {collection!r} has no labelled queries.",
            next_step=f"set `evalset` in [collections.{collection}]",
        )
    return evalset


def _judged(workspace: Workspace, record: IndexRecord, other: IndexRecord | None, evalset: EvalSet) -> Judgement:
    listener = workspace.context.listener
    listener(StageStarted(stage="evaluate", title="Evaluate"))

    def progress(done: int, total: int) -> None:
        listener(StageProgress(stage="evaluate", done=done, total=total))

    return judge(record, other, evalset, workspace.context, progress)


def _alone(report: Mapping[str, object]) -> Mapping[str, object]:
    """The report of one index by itself: scores and notes, and no verdict, since no gate was asked."""
    return {key: value for key, value in report.items() if key not in {"decision", "sentences", "comparisons"}}


def _live(workspace: Workspace, collection: str) -> str:
    alias = workspace.registry.aliases.find(workspace.alias(collection))
    if alias is None:
        raise NotFound(f"Nothing is live for {collection!r} yet.", next_step=f"helmert plan {collection}")
    return alias.index
