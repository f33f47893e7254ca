"""`helmert eval`: how good is an index on the collection's labelled queries?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helmert.commands.outcome import Outcome
from helmert.errors import NotFound, UsageError
from helmert.evaluation import Verdict, write_trec_run
from helmert.migration.judgement import judge
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


def evaluate(
    workspace: Workspace,
    collection: str | None = None,
    *,
    index: str | None = None,
    against: str | None = None,
    run_out: Path | None = None,
) -> Evaluated:
    """Score an index on the labelled queries of its collection. Nothing is recorded and nothing is allowed by it.

    Args:
        workspace: the workspace.
        collection: the only collection when omitted.
        index: the live index when omitted.
        against: another index to compare with, as the gate would.
        run_out: a file for the ranking in TREC format, for other evaluation tools.

    Raises:
        NotFound: no such index, or nothing is live yet.
        UsageError: the collection has no labelled queries.
    """
    name = workspace.only_collection(collection)
    evalset = workspace.evalset(name)
    if evalset is None:
        raise UsageError(
            f"Collection {name!r} has no labelled queries.", next_step=f"set `evalset` in [collections.{name}]"
        )
    record = workspace.registry.indexes.get(index or _live(workspace, name))
    other = workspace.registry.indexes.get(against) if against else None
    listener = workspace.context.listener
    listener(StageStarted(stage="evaluate", title="Evaluate"))
    judgement = judge(
        record,
        other,
        evalset,
        workspace.context,
        lambda done, total: listener(StageProgress(stage="evaluate", done=done, total=total)),
    )
    if run_out is not None and judgement.candidate is not None:
        write_trec_run(judgement.candidate.run, run_out, tag=record.name)
    return Evaluated(
        collection=name,
        index=record.name,
        against=against,
        judgement=judgement.report if other else _alone(judgement.report),
        run_file=str(run_out) if run_out is not None else None,
        go=judgement.verdict is Verdict.PASS if other else bool(evalset.answerable),
        next_step=f"helmert plan {name} --model NAME",
    )


def _alone(report: Mapping[str, object]) -> Mapping[str, object]:
    """The report of one index by itself: scores and notes, and no verdict, since no gate was asked."""
    return {key: value for key, value in report.items() if key not in {"decision", "sentences", "comparisons"}}


def _live(workspace: Workspace, collection: str) -> str:
    alias = workspace.registry.aliases.find(workspace.alias(collection))
    if alias is None:
        raise NotFound(f"Nothing is live for {collection!r} yet.", next_step=f"helmert plan {collection}")
    return alias.index
