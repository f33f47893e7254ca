"""A migration as a report: what the registry knows, arranged for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from helmert.registry import IndexState, MigrationRecord, StageRun
from helmert.report import (
    Badge,
    ComparisonRow,
    Estimate,
    Fact,
    GateResult,
    MigrationReport,
    MixingResult,
    NextStep,
    RankedHit,
    Regression,
    StageRow,
    VersionRow,
)
from helmert.workspace import Workspace

MEASURE = "recall@10"

_TONES: Mapping[str, Any] = {"PASS": "good", "FAIL": "bad", "INCONCLUSIVE": "caution"}
_STATES: Mapping[IndexState, Any] = {IndexState.LIVE: "good", IndexState.HELD: "caution"}


def migration_report(
    workspace: Workspace,
    migration: str,
    *,
    summary: str,
    facts: Sequence[Fact] = (),
    mixing: MixingResult | None = None,
    next_steps: Sequence[NextStep] = (),
) -> MigrationReport:
    """The report of one migration that has been judged. Raises `NotFound` for an unknown migration."""
    registry = workspace.registry
    record = registry.migrations.get(migration)
    evaluation = registry.evaluations.latest(record.target_index)
    judged: Mapping[str, Any] = evaluation.report if evaluation else {}
    alias = registry.aliases.find(record.alias)
    return MigrationReport(
        title=f"{record.collection}: change of the embedding model",
        generated_at=workspace.context.clock(),
        summary=summary,
        alias=record.alias,
        serving=alias.index if alias else "nothing",
        incumbent=_model(workspace, record.source_index),
        candidate=record.target_model,
        gate=GateResult(
            verdict=judged.get("decision", {}).get("verdict", "INCONCLUSIVE"),
            sentences=tuple(judged.get("sentences", ())),
        ),
        measure=MEASURE,
        facts=tuple(facts),
        versions=_versions(workspace, record, judged),
        comparison=tuple(_comparison(row) for row in judged.get("comparisons", ()) if row["queries"]),
        mixing=mixing,
        timeline=tuple(_stage(run) for run in registry.migrations.stages.list(record.id) if run.finished_at),
        regressions=tuple(_regression(workspace, record, row) for row in judged.get("regressions", ())),
        next_steps=tuple(next_steps),
        notes=_notes(judged),
    )


def _model(workspace: Workspace, index: str | None) -> str:
    return workspace.registry.indexes.get(index).model if index else "nothing"


def _versions(workspace: Workspace, record: MigrationRecord, judged: Mapping[str, Any]) -> tuple[VersionRow, ...]:
    recall = {
        row["index"]: Estimate(value=row["mean"], low=row["low"], high=row["high"])
        for row in judged.get("scores", ())
        if row["measure"] == MEASURE and row["mean"] is not None
    }
    return tuple(
        VersionRow(
            name=index.name,
            space=str(workspace.registry.spaces.get(index.space)),
            rows=index.rows,
            recall=recall.get(index.name),
            state=Badge(text=index.state.value, tone=_STATES.get(index.state, "quiet")),
        )
        for index in workspace.registry.indexes.list()
        if index.collection == record.collection
    )


def _comparison(row: Mapping[str, Any]) -> ComparisonRow:
    interval, verdict = row["interval"], row["verdict"]
    return ComparisonRow(
        measure=row["measure"],
        incumbent=row["incumbent_mean"],
        candidate=row["candidate_mean"],
        difference=Estimate(value=row["difference"], low=interval["low"], high=interval["high"]),
        verdict=Badge(text=verdict, tone=_TONES[verdict]) if verdict else Badge(text="shown only"),
        margin=row["margin"],
    )


def _stage(run: StageRun) -> StageRow:
    assert run.started_at is not None
    assert run.finished_at is not None
    return StageRow(
        title=run.stage.replace("_", " "),
        seconds=(run.finished_at - run.started_at).total_seconds(),
        summary=str(run.detail.get("summary", "")),
    )


def _regression(workspace: Workspace, record: MigrationRecord, row: Mapping[str, Any]) -> Regression:
    assert record.source_index is not None
    return Regression(
        query=row["query"],
        rank_before=_first_relevant(row["before"]),
        rank_after=_first_relevant(row["after"]),
        before=_hits(workspace, record.source_index, row["before"]),
        after=_hits(workspace, record.target_index, row["after"]),
    )


def _first_relevant(hits: Sequence[Mapping[str, Any]]) -> int | None:
    return next((rank for rank, hit in enumerate(hits, start=1) if hit["relevant"]), None)


def _hits(workspace: Workspace, index: str, hits: Sequence[Mapping[str, Any]]) -> tuple[RankedHit, ...]:
    shown = hits[:5]
    store = workspace.store(workspace.registry.indexes.get(index).store)
    rows = store.fetch(index, [hit["id"] for hit in shown])
    texts = dict(zip(rows.ids, rows.texts, strict=True))
    return tuple(
        RankedHit(id=hit["id"], text=texts.get(hit["id"], "")[:160], relevant=hit["relevant"]) for hit in shown
    )


def _notes(judged: Mapping[str, Any]) -> tuple[str, ...]:
    evalset = judged.get("evalset")
    if not evalset:
        return ("No labelled queries were configured, so nothing was compared.",)
    level = judged["policy"]["level"]
    return (
        *judged.get("notes", ()),
        f"Measured on {evalset['queries']:,} labelled queries of {evalset['name']!r} (digest {evalset['digest'][:8]}).",
        f"Differences are paired by query; {level:.0%} intervals, adjusted for small sets after Agresti and Min.",
    )
