"""Score an index on labelled queries, beside another one or alone, and apply the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from helmert.errors import ProviderMisconfigured, ProviderOutage, RateLimited
from helmert.evaluation import (
    Comparison,
    EvalSet,
    Evidence,
    GateDecision,
    GatePolicy,
    Limit,
    Measure,
    Measurement,
    Run,
    Scores,
    Verdict,
    compare,
    decide,
    judged_gap,
    query_changes,
    score,
)
from helmert.migration.absence import absence
from helmert.migration.context import Context
from helmert.migration.indexed_labels import IndexedLabels, indexed_labels
from helmert.migration.measuring import Measured, limits_of, measure_limits
from helmert.registry import IndexRecord
from helmert.serving.retrieval import retrieve

REPORTED = ("recall@10", "nDCG@10", "MRR@10", "hit@10", "judged@10")
"""Measures shown in every report, beside those the gate asks for."""
TIE_ROOM = 10
"""Hits asked for beyond the deepest cut-off, so that documents tied across it are seen together."""
SHOWN = 12
"""Queries that got worse which are kept with both result lists."""
NOTHING_LIVE = "Nothing is live under this alias, so there is nothing to be worse than."
NO_QUERIES = "No labelled queries are configured (`evalset` in helmert.toml), so nothing can be compared."

Progress = Callable[[int, int], None]
"""Hears queries done and queries in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredIndex:
    """One index on one evaluation set."""

    name: str
    run: Run
    """Where rows are chunks, labelled documents stand in place of the chunks that satisfy their labels."""
    scores: Scores


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Scores of one or two indexes and what the gate makes of them."""

    decision: GateDecision
    notes: tuple[str, ...]
    """What a reader of the numbers should know."""
    report: Mapping[str, object]
    """All of it as plain values, for the registry, for JSON and for pages."""
    candidate: ScoredIndex | None
    """None when there are no labelled queries."""
    incumbent: ScoredIndex | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The gate's findings."""
        return self.decision.sentences

    @property
    def verdict(self) -> Verdict:
        """What the gate says."""
        return self.decision.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What came of asking one or two indexes all labelled queries."""

    labels: IndexedLabels | None
    alone: str
    """Why there is no incumbent; empty when there is one."""
    candidate: ScoredIndex | None = None
    incumbent: ScoredIndex | None = None
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def evalset(self) -> EvalSet | None:
        """With labels of documents."""
        return self.labels.evalset if self.labels else None


def judge(
    candidate: IndexRecord,
    incumbent: IndexRecord | None,
    evalset: EvalSet | None,
    context: Context,
    progress: Progress = lambda *_: None,
    *,
    proven: Measurement | None = None,
) -> Judgement:
    """Ask both indexes every labelled query, measure what the gate sets limits to, and apply the gate.

    Without labelled queries the verdict is INCONCLUSIVE, and so it is when the incumbent's model does not answer or
    when the judged documents of many queries are in neither index. Without an incumbent there is nothing to be worse
    than: rules that compare are left out, which the decision says, and the others hold. `proven` is the completeness
    that the proof of a migration found.
    """
    policy = _with_proof(context.policy.gate, proven)
    measures = _measures(policy)
    asked = _ask(candidate, incumbent, evalset, measures, context, progress)
    wanted = limits_of(policy) - ({"completeness"} if proven else set())
    fold = asked.labels.folds.get(candidate.name) if asked.labels else None
    measured = measure_limits(candidate, incumbent, asked.evalset, wanted, context, fold=fold)
    evidence = _evidence(asked, measures, policy, measured)
    if proven is not None:
        evidence = replace(evidence, measurements={**evidence.measurements, "completeness": proven})
    decision = decide(evidence, policy)
    ours, theirs, loss = asked.candidate, asked.incumbent, measured.index_loss
    notes = (*asked.notes, *_notes_on(policy, evidence), *((str(loss),) if loss else ()))
    report: dict[str, object] = {
        "models": [_recipe(candidate, context), _recipe(incumbent, context) if theirs and incumbent else None],
        "evalset": _describe(evalset),
        "policy": context.policy.gate.to_dict(),
        "scores": [row for index in (theirs, ours) if index for row in _rows(index, measures, policy.level)],
        "comparisons": [_gated(comparison, decision) for comparison in evidence.comparisons],
        "decision": decision.to_dict(),
        "sentences": list(decision.sentences),
        "notes": list(notes),
        "index_loss": loss.to_dict() if loss else None,
        "regressions": _regressions(ours, theirs, asked.evalset) if ours and theirs and asked.evalset else [],
    }
    return Judgement(decision=decision, notes=notes, report=report, candidate=ours, incumbent=theirs)


def _evidence(asked: _Asked, measures: Sequence[Measure], policy: GatePolicy, measured: Measured) -> Evidence:
    ours, theirs = asked.candidate, asked.incumbent
    comparisons: tuple[Comparison, ...] = ()
    if ours is not None and theirs is not None:
        comparisons = tuple(compare(ours.scores, theirs.scores, measure, level=policy.level) for measure in measures)
    return Evidence(
        evalset=asked.evalset,
        candidate_run=ours.run if ours else None,
        incumbent_run=theirs.run if theirs else None,
        candidate=ours.scores if ours else None,
        incumbent=theirs.scores if theirs else None,
        comparisons=comparisons,
        measurements=measured.measurements,
        doubts=asked.doubts,
        alone=asked.alone,
    )


def _notes_on(policy: GatePolicy, evidence: Evidence) -> tuple[str, ...]:
    """What weakens the comparison of two indexes, beside what the gate says."""
    if evidence.candidate is None or evidence.incumbent is None:
        return ()
    gated = [comparison for comparison in evidence.comparisons if comparison.measure in policy.measures]
    said = dict.fromkeys(note for comparison in gated for note in comparison.notes())
    return (*judged_gap(evidence.candidate, evidence.incumbent), *said)


def _with_proof(policy: GatePolicy, proven: Measurement | None) -> GatePolicy:
    """A migration is complete or it is not promoted; where that was proven, the decision says so as a finding."""
    if proven is None or "completeness" in limits_of(policy):
        return policy
    return policy.adding(Limit(name="completeness", bound=1.0))


def _ask(
    candidate: IndexRecord,
    incumbent: IndexRecord | None,
    evalset: EvalSet | None,
    measures: Sequence[Measure],
    context: Context,
    progress: Progress,
) -> _Asked:
    alone = "" if incumbent else NOTHING_LIVE
    if evalset is None or not evalset.answerable:
        labels = IndexedLabels(evalset=evalset) if evalset else None
        return _Asked(labels=labels, alone=alone, doubts=(NO_QUERIES,) if evalset is None and incumbent else ())
    indexes = [index for index in (candidate, incumbent) if index]
    labels = indexed_labels(evalset, indexes, context)
    nothing = _Asked(labels=labels, alone=alone)
    total = len(evalset.answerable) * len(indexes)
    ours = _score(candidate, labels, measures, context, lambda done: progress(done, total))
    absent = absence(labels, indexes, context)
    notes, doubts = (*labels.notes, *ours.scores.counts.sentences(), *absent.notes), absent.doubts
    if incumbent is None:
        return replace(nothing, candidate=ours, notes=(*doubts, *notes))
    theirs, half = None, total // 2
    try:
        theirs = _score(incumbent, labels, measures, context, lambda done: progress(half + done, total))
    except (ProviderOutage, ProviderMisconfigured, RateLimited) as error:
        doubts += (f"The live index cannot be asked, since its model does not answer: {error.message}",)
    return replace(nothing, candidate=ours, incumbent=theirs, notes=notes, doubts=doubts)


def _recipe(index: IndexRecord, context: Context) -> str:
    """Everything that shapes the queries of an index's model, as one hash."""
    return context.embedder(index.model).space.record_hash


def _measures(policy: GatePolicy) -> tuple[Measure, ...]:
    return tuple(dict.fromkeys([*policy.measures, *(Measure.parse(name) for name in REPORTED)]))


def _score(
    index: IndexRecord,
    labels: IndexedLabels,
    measures: Sequence[Measure],
    context: Context,
    progress: Callable[[int], None],
) -> ScoredIndex:
    found = retrieve(
        labels.evalset.answerable,
        store=context.store(index.store),
        index=index.name,
        space=context.registry.spaces.get(index.space),
        embedder=context.embedder(index.model),
        k=max(measure.cutoff or 0 for measure in measures) + TIE_ROOM + labels.room(index.name),
        on_progress=progress,
    )
    run = labels.seen(index.name, found)
    return ScoredIndex(name=index.name, run=run, scores=score(run, labels.evalset, measures))


def _gated(comparison: Comparison, decision: GateDecision) -> dict[str, object]:
    """A comparison with what the rule of quality about its measure said, where there is one."""
    name = str(comparison.measure)
    found = next((f for f in decision.findings if f.kind == "quality" and f.subject == name), None)
    rule = found.rule if found is not None and found.rule is not None else {}
    return {
        **comparison.to_dict(),
        "verdict": found.verdict.value if found else None,
        "margin": rule.get("margin"),
    }


def _describe(evalset: EvalSet | None) -> dict[str, object] | None:
    if evalset is None:
        return None
    return {"name": evalset.name, "digest": evalset.digest, "queries": len(evalset.answerable)}


def _rows(index: ScoredIndex, measures: Sequence[Measure], level: float) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for measure in measures:
        values = index.scores.of(measure)
        interval = index.scores.interval(measure, level=level)
        rows.append(
            {
                "measure": str(measure),
                "index": index.name,
                "mean": index.scores.mean(measure) if values.size else None,
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
