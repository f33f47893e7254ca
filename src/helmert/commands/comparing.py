"""`helmert compare`: the gate on two run files, without a store or a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from helmert import config as configuration
from helmert.commands.gate_files import GateFiles
from helmert.commands.outcome import Outcome
from helmert.errors import ConfigError, Refused
from helmert.evaluation import (
    Comparison,
    EvalSet,
    Evidence,
    GateDecision,
    GatePolicy,
    GateRule,
    Limit,
    Measure,
    MustPass,
    QueryChange,
    Rule,
    SliceRule,
    Verdict,
    decide,
    judged_gap,
    query_changes,
    read_evalset,
    read_query_ids,
    read_trec_run,
    read_trec_tag,
    score,
)
from helmert.evaluation import compare as compare_scores
from helmert.evaluation.cautions import System, coverage_cautions, depth_cautions
from helmert.evaluation.sampling.standing import pool_standing, require_comparable

MEASURES = ("recall@10", "nDCG@10")
MARGIN = 0.02
DEPTH = 10
"""How deep a ranking is looked at by measures without a cut-off, as far as judging and pooling go."""
JUDGED = Measure.parse(f"judged@{DEPTH}")
SHOWN = 12
"""Queries that got worse which are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Where the rules of the gate come from. What is not given is as `helmert.toml` says, or by default."""

    config: Path | None = None
    """A helmert.toml; the nearest one above the current folder, if there is any, when omitted."""
    measures: Sequence[str] = ()
    """Measures of rules of non-inferiority, in place of those of the file."""
    margin: float | None = None
    """Their margin."""
    must_pass: Path | None = None
    """A file with the ids of queries that must be answered."""

    def policy(self) -> GatePolicy:
        """The rules. Raises `UsageError` for those that make no sense, `ConfigError` for a wrong file."""
        policy = self._configured()
        if self.measures or self.margin is not None:
            measures = tuple(dict.fromkeys(Measure.parse(name) for name in self.measures or MEASURES))
            margin = MARGIN if self.margin is None else self.margin
            quality = tuple(GateRule(measure=measure, margin=margin) for measure in measures)
            others = [rule for rule in policy.rules if not isinstance(rule, GateRule)]
            policy = replace(policy, rules=(*quality, *(_about(rule, measures) for rule in others)))
        if self.must_pass is not None:
            k = next((rule.k for rule in policy.rules if isinstance(rule, MustPass)), 10)
            listed = MustPass(queries=read_query_ids(self.must_pass), k=k)
            policy = policy.only(lambda rule: not isinstance(rule, MustPass)).adding(listed)
        return policy

    def _configured(self) -> GatePolicy:
        path = self.config
        if path is None:
            try:
                path = configuration.find_file(Path.cwd())
            except ConfigError:
                return GatePolicy()
        return configuration.load(path).gate.to_policy(path.parent)


def _about(rule: Rule, measures: tuple[Measure, ...]) -> Rule:
    return replace(rule, measures=measures) if isinstance(rule, SliceRule) else rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Outcome):
    """What the gate says of a candidate's run beside a baseline's."""

    verdict: Verdict
    label: str
    """What the differences are when only one of the two was in the pool of the set: `upper bound` when it is the
    baseline, `lower bound` when it is the candidate. Empty otherwise."""
    baseline: str
    candidate: str
    evalset: Mapping[str, object]
    comparisons: tuple[Comparison, ...]
    """By the measures of the gate."""
    decision: GateDecision
    notes: tuple[str, ...]
    """What a reader of the numbers should know."""
    worse: tuple[QueryChange, ...]
    """Queries that got worse most, by the first measure."""
    files: tuple[str, ...]


def compare(
    baseline: Path,
    candidate: Path,
    *,
    evalset: Path,
    rules: Rules | None = None,
    allow_unpooled: bool = False,
    files: GateFiles | None = None,
) -> Compared:
    """Apply the gate to two runs in TREC format. Nothing is recorded and nothing is allowed by it.

    Args:
        baseline: the run of the system in use.
        candidate: the run of the system that would take over.
        evalset: labelled queries, in any form that `read_evalset` knows.
        rules: what the gate asks for. Limits are left out, since a run has neither latency nor an index.
        allow_unpooled: compare on a pooled set although only one of the two systems was in its pool.
        files: where to write the decision as JUnit XML and as Markdown.

    Raises:
        BadInput, NotFound: a file that cannot be read.
        UsageError: rules that make no sense.
        Refused: only one of the two systems was in the pool of the set.
    """
    asked = (rules or Rules()).policy()
    policy = asked.only(lambda rule: not isinstance(rule, Limit))
    labelled = read_evalset(evalset)
    ours, theirs = _systems(candidate, baseline)
    label, warning = _sampled(labelled, ours, theirs, policy.measures, allow_unpooled=allow_unpooled)
    evidence = replace(_evidence(labelled, ours, theirs, policy), doubts=_doubts(labelled, ours, policy.measures))
    decision = decide(evidence, policy)
    notes = (*warning, *_cautions(ours, theirs, evidence, policy), *_left_out(asked))
    written = files or GateFiles()
    written.write(decision, title=_title(labelled, ours, theirs, label), notes=notes)
    return Compared(
        verdict=decision.verdict,
        label=label,
        baseline=theirs.name,
        candidate=ours.name,
        evalset=labelled.to_dict(),
        comparisons=evidence.comparisons,
        decision=decision,
        notes=notes,
        worse=_worse(evidence, policy),
        files=written.names,
        go=decision.verdict is Verdict.PASS,
        next_step=_next_step(decision),
    )


def _title(evalset: EvalSet, ours: System, theirs: System, label: str) -> str:
    return f"{ours.name} against {theirs.name} on {evalset.name}{f' ({label})' if label else ''}"


def _evidence(evalset: EvalSet, ours: System, theirs: System, policy: GatePolicy) -> Evidence:
    measures = tuple(dict.fromkeys([*policy.measures, JUDGED]))
    new, old = (score(system.run, evalset, measures) for system in (ours, theirs))
    return Evidence(
        evalset=evalset,
        candidate_run=ours.run,
        incumbent_run=theirs.run,
        candidate=new,
        incumbent=old,
        comparisons=tuple(compare_scores(new, old, measure, level=policy.level) for measure in policy.measures),
    )


def _systems(candidate: Path, baseline: Path) -> tuple[System, System]:
    """Both runs, named by what tells them apart: the tag in the file, else the file's name, else its path."""
    paths = (candidate, baseline)
    runs = [read_trec_run(path) for path in paths]
    tags = [read_trec_tag(path) for path in paths]
    stems = [path.stem for path in paths]
    names = next(
        (found for found in (tags, stems) if len(set(found)) == len(found) and all(found)),
        [str(path) for path in paths],
    )
    ours, theirs = (
        System(name=name, run=run, known_as=(tag, stem))
        for name, run, tag, stem in zip(names, runs, tags, stems, strict=True)
    )
    return ours, theirs


def _sampled(
    evalset: EvalSet, ours: System, theirs: System, measures: Sequence[Measure], *, allow_unpooled: bool
) -> tuple[str, tuple[str, ...]]:
    """What a difference is when only one of the two was in the pool of the set, and the sentences that say why."""
    cutoff = _cutoff(measures)
    candidate, incumbent = (_pooled_as(system, evalset) for system in (ours, theirs))
    try:
        said = require_comparable(evalset, (candidate, incumbent), cutoff, allow=allow_unpooled)
    except Refused as error:
        raise Refused(
            error.message, next_step="pool both systems, or --allow-unpooled  to see which number is an upper bound"
        ) from error
    bounds = [pool_standing(evalset, name, cutoff).standing for name in (candidate, incumbent)]
    match bounds:
        case ["upper bound", "exact"]:
            return "upper bound", said
        case ["exact", "upper bound"]:
            return "lower bound", said
        case _:
            return "", said


def _doubts(evalset: EvalSet, candidate: System, measures: Sequence[Measure]) -> tuple[str, ...]:
    """Why nothing can be shown about a candidate whose numbers are upper bounds: in a sample, losses shrink."""
    standing = pool_standing(evalset, _pooled_as(candidate, evalset), _cutoff(measures)).standing
    if standing == "exact":
        return ()
    return (
        f"The documents of {evalset.name} are a sample that {candidate.name} was not pooled for: few documents are "
        "easy to be the best of, so losses look smaller than on the whole corpus, and nothing can pass.",
    )


def _cutoff(measures: Sequence[Measure]) -> int:
    return max((measure.cutoff for measure in measures if measure.cutoff is not None), default=DEPTH)


def _pooled_as(system: System, evalset: EvalSet) -> str:
    """The name under which a system is in the pool of the set, if it is in it."""
    pool = evalset.sampling.pool if evalset.sampling else {}
    return next((name for name in system.known_as if name in pool), system.name)


def _cautions(ours: System, theirs: System, evidence: Evidence, policy: GatePolicy) -> Iterator[str]:
    assert evidence.candidate is not None
    assert evidence.incumbent is not None
    yield from depth_cautions((ours, theirs), policy.measures)
    for system, scores in ((ours, evidence.candidate), (theirs, evidence.incumbent)):
        yield from coverage_cautions(system, scores)
        others = replace(scores.counts, missing=0, unknown=0)
        yield from (f"{system.name}: {sentence}" for sentence in others.sentences())
    yield from judged_gap(evidence.candidate, evidence.incumbent)
    for comparison in evidence.comparisons:
        yield from comparison.notes()


def _worse(evidence: Evidence, policy: GatePolicy) -> tuple[QueryChange, ...]:
    assert evidence.candidate is not None
    assert evidence.incumbent is not None
    return query_changes(evidence.candidate, evidence.incumbent, policy.measures[0]).worse[:SHOWN]


def _left_out(policy: GatePolicy) -> Iterator[str]:
    names = [rule.name for rule in policy.rules if isinstance(rule, Limit)]
    if names:
        yield f"Not judged, since run files do not tell it: {', '.join(names)}."


def _next_step(decision: GateDecision) -> str:
    match decision.verdict:
        case Verdict.PASS:
            return "helmert plan --model NAME  to change to the candidate"
        case Verdict.FAIL:
            return "look at the queries that got worse, change the candidate, compare again"
        case Verdict.INCONCLUSIVE if decision.queries_needed:
            return f"label about {decision.queries_needed:,} queries in all, compare again"
        case _:
            return "do what the open findings say, compare again"
