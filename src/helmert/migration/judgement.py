"""Score an index on labelled queries, beside another one or alone, and apply the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from helmert.errors import ProviderMisconfigured, ProviderOutage, RateLimited
from helmert.evaluation import (
    EvalSet,
    GatePolicy,
    Measure,
    Run,
    Scores,
    Verdict,
    compare,
    decide,
    mean_interval,
    query_changes,
    score,
)
from helmert.migration.absence import absence
from helmert.migration.context import Context
from helmert.registry import IndexRecord
from helmert.serving.retrieval import retrieve

REPORTED = ("recall@10", "nDCG@10", "MRR@10", "hit@10", "judged@10")
"""Measures shown in every report, beside those the gate asks for."""
TIE_ROOM = 10
"""Hits asked for beyond the deepest cut-off, so that documents tied across it are seen together."""
SHOWN = 12
"""Queries that got worse which are kept with both result lists."""

Progress = Callable[[int, int], None]
"""Hears queries done and queries in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredIndex:
    """One index on one evaluation set."""

    name: str
    run: Run
    scores: Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Scores of one or two indexes and what the gate makes of them."""

    verdict: Verdict
    sentences: tuple[str, ...]
    """The gate's findings, and what a reader of the numbers should know."""
    report: Mapping[str, object]
    """All of it as plain values, for the registry, for JSON and for pages."""
    candidate: ScoredIndex | None
    """None when there are no labelled queries."""
    incumbent: ScoredIndex | None


def judge(
    candidate: IndexRecord,
    incumbent: IndexRecord | None,
    evalset: EvalSet | None,
    context: Context,
    progress: Progress = lambda *_: None,
) -> Judgement:
    """Ask both indexes every labelled query and compare them query by query.

    Without labelled queries the verdict is INCONCLUSIVE, and so it is when the incumbent's model does not answer or
    when the judged documents of many queries are in neither index. Without an incumbent there is nothing to be worse
    than, so the verdict is PASS and says so; the scores are reported all the same.
    """
    policy = context.policy.gate
    measures = _measures(policy)
    ours = theirs = None
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    if evalset is not None and evalset.answerable:
        total = len(evalset.answerable) * (2 if incumbent else 1)
        ours = _score(candidate, evalset, measures, context, lambda done: progress(done, total))
        absent = absence(evalset, [index for index in (candidate, incumbent) if index], context)
        notes, doubts = (*ours.scores.counts.sentences(), *absent.notes), absent.doubts
        if incumbent is not None:
            half = total // 2
            try:
                theirs = _score(incumbent, evalset, measures, context, lambda done: progress(half + done, total))
            except (ProviderOutage, ProviderMisconfigured, RateLimited) as error:
                doubts += (f"The live index cannot be asked, since its model does not answer: {error.message}",)
    verdict, findings, comparisons = _decide(ours, theirs, incumbent, evalset, measures, policy)
    if doubts and incumbent is not None:
        verdict, findings = min(verdict, Verdict.INCONCLUSIVE, key=_SEVERITY.index), (*doubts, *findings)
    sentences = (*findings, *notes)
    scored = [index for index in (theirs, ours) if index is not None]
    report: dict[str, object] = {
        "models": [_recipe(candidate, context), _recipe(incumbent, context) if theirs and incumbent else None],
        "evalset": _describe(evalset),
        "policy": policy.to_dict(),
        "scores": [row for index in scored for row in _rows(index, measures, policy.level)],
        "comparisons": comparisons,
        "decision": {"verdict": verdict.value},
        "sentences": list(findings),
        "notes": list(notes),
        "regressions": _regressions(ours, theirs, evalset) if ours and theirs and evalset else [],
    }
    return Judgement(verdict=verdict, sentences=sentences, report=report, candidate=ours, incumbent=theirs)


_SEVERITY = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)


def _recipe(index: IndexRecord, context: Context) -> str:
    """Everything that shapes the queries of an index's model, as one hash."""
    return context.embedder(index.model).space.record_hash


def _measures(policy: GatePolicy) -> tuple[Measure, ...]:
    wanted = [rule.measure for rule in policy.rules] + [Measure.parse(name) for name in REPORTED]
    return tuple(dict.fromkeys(wanted))


def _score(
    index: IndexRecord,
    evalset: EvalSet,
    measures: Sequence[Measure],
    context: Context,
    progress: Callable[[int], None],
) -> ScoredIndex:
    run = retrieve(
        evalset.answerable,
        store=context.store(index.store),
        index=index.name,
        space=context.registry.spaces.get(index.space),
        embedder=context.embedder(index.model),
        k=max(measure.cutoff or 0 for measure in measures) + TIE_ROOM,
        on_progress=progress,
    )
    return ScoredIndex(name=index.name, run=run, scores=score(run, evalset, measures))


def _decide(
    ours: ScoredIndex | None,
    theirs: ScoredIndex | None,
    incumbent: IndexRecord | None,
    evalset: EvalSet | None,
    measures: Sequence[Measure],
    policy: GatePolicy,
) -> tuple[Verdict, tuple[str, ...], list[object]]:
    if incumbent is None:
        return Verdict.PASS, ("Nothing is live under this alias, so there is nothing to be worse than.",), []
    if evalset is None:
        missing = "No labelled queries are configured (`evalset` in helmert.toml), so nothing can be compared."
        return Verdict.INCONCLUSIVE, (missing,), []
    comparisons = []
    if ours is not None and theirs is not None:
        comparisons = [compare(ours.scores, theirs.scores, measure, level=policy.level) for measure in measures]
    decision = decide(comparisons, policy)
    sentences = tuple(finding.sentence for finding in decision.findings)
    verdicts = {finding.rule.measure: finding.verdict.value for finding in decision.findings}
    margins = {finding.rule.measure: finding.rule.margin for finding in decision.findings}
    rows: list[object] = [
        {**c.to_dict(), "verdict": verdicts.get(c.measure), "margin": margins.get(c.measure)} for c in comparisons
    ]
    return decision.verdict, sentences, rows


def _describe(evalset: EvalSet | None) -> dict[str, object] | None:
    if evalset is None:
        return None
    return {"name": evalset.name, "digest": evalset.digest, "queries": len(evalset.answerable)}


def _rows(index: ScoredIndex, measures: Sequence[Measure], level: float) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for measure in measures:
        values = index.scores.of(measure)
        interval = mean_interval(values, level=level)
        rows.append(
            {
                "measure": str(measure),
                "index": index.name,
                "mean": float(values.mean()) if values.size else None,
                "low": interval.low,
                "high": interval.high,
                "queries": int(values.size),
            }
        )
    return rows


def _regressions(ours: ScoredIndex, theirs: ScoredIndex, evalset: EvalSet) -> list[dict[str, object]]:
    texts = {query.id: query.text for query in evalset.queries}
    worse = query_changes(ours.scores, theirs.scores, Measure.parse("nDCG@10")).worse
    return [
        {
            "query_id": change.query_id,
            "query": texts[change.query_id],
            "before": _ranked(theirs.run, change.query_id, evalset),
            "after": _ranked(ours.run, change.query_id, evalset),
            "worse_in_all": len(worse),
        }
        for change in worse[:SHOWN]
    ]


def _ranked(run: Run, query: str, evalset: EvalSet) -> list[dict[str, object]]:
    grades = evalset.qrels.get(query, {})
    return [{"id": document, "relevant": grades.get(document, 0) > 0} for document, _ in run.ranking(query)[:10]]
