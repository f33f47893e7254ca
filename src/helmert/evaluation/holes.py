"""Documents that nobody judged: how much they leave open, and when they make a comparison unsafe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.labels import Grade
from helmert.evaluation.measures.judged import Judged
from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.run import Run
from helmert.evaluation.scoring import Scores, score

_FAR_APART = 0.10
"""Two systems whose judged shares differ by more are not compared on equal terms."""


def unjudged_bounds(run: Run, evalset: EvalSet, measures: Iterable[Measure]) -> tuple[Scores, Scores]:
    """The smallest and the largest scores that any judgement of the holes could give.

    A hole is a document above the cutoff of a measure (or tied with the last one above it) that nobody judged for the
    query. Each may be irrelevant, as `score` counts it, or relevant with the highest grade that the query has. A
    hole that turns out relevant is a relevant document like any other: it raises |R| and the ideal ranking too.

    For recall, precision, hit and MRR the ends are "all holes irrelevant" and "all holes relevant". For MAP and
    nDCG they are not: a relevant hole at rank 10 below a perfect top 9 makes the ranking worse. With t relevant
    holes, the best are the t highest and the worst the t lowest, so every t is tried and the extremes are kept.

    `judged@k` is the share of documents that are no holes, and the same in both. Relevant documents that no system
    returned are not known here, so recall may be lower than the smallest value.

    Raises `UsageError` as `score`.
    """
    chosen = tuple(dict.fromkeys(measures))
    low = score(run, evalset, chosen)
    values = {measure: (low.of(measure).copy(), low.of(measure).copy()) for measure in chosen}
    for cutoff in {measure.cutoff for measure in chosen}:
        alike = [measure for measure in chosen if measure.cutoff == cutoff and measure.family is not Judged]
        holes = _holes(run, evalset, cutoff)
        most = max(map(len, holes.values()), default=0)
        for count in range(1, most + 1) if alike else ():
            for labelled in (_first(holes, count), _last(holes, count)):
                scores = score(run, _labelled(evalset, labelled), alike)
                _widen(values, scores)
    smallest, largest = ({measure: ends[end] for measure, ends in values.items()} for end in (0, 1))
    return replace(low, values=smallest), replace(low, values=largest)


def judged_gap(candidate: Scores, incumbent: Scores) -> tuple[str, ...]:
    """A sentence when one system's results were judged far less than the other's; nothing otherwise.

    Looks at every `judged@k` that both were scored with, and speaks from a difference of 10 points on.
    """
    said = []
    for measure in candidate.values.keys() & incumbent.values.keys():
        ours, theirs = candidate.mean(measure), incumbent.mean(measure)
        if measure.family is Judged and abs(ours - theirs) > _FAR_APART:
            less = "candidate" if ours < theirs else "incumbent"
            said.append(
                f"{measure} is {ours:.2f} for the candidate and {theirs:.2f} for the incumbent: documents that nobody "
                f"judged count as not relevant, so the {less} may be better than it looks. Judge more of its results."
            )
    return tuple(sorted(said))


def _holes(run: Run, evalset: EvalSet, cutoff: int | None) -> dict[str, list[str]]:
    """Unjudged documents of each answerable query, best first."""
    found: dict[str, list[str]] = {}
    for query in evalset.answerable:
        ranking = run.ranking(query.id)
        last = ranking[min(cutoff or len(ranking), len(ranking)) - 1][1] if ranking else 0.0
        judged = evalset.qrels[query.id]
        found[query.id] = [document for document, value in ranking if value >= last and document not in judged]
    return found


def _first(holes: Mapping[str, Sequence[str]], count: int) -> dict[str, Sequence[str]]:
    return {query: documents[:count] for query, documents in holes.items()}


def _last(holes: Mapping[str, Sequence[str]], count: int) -> dict[str, Sequence[str]]:
    return {query: documents[-count:] for query, documents in holes.items()}


def _labelled(evalset: EvalSet, documents: Mapping[str, Sequence[str]]) -> EvalSet:
    """The set with these documents as relevant as the best of their query."""
    qrels: dict[str, Mapping[str, Grade]] = dict(evalset.qrels)
    for query, found in documents.items():
        grades = evalset.qrels[query]
        qrels[query] = {**grades, **dict.fromkeys(found, max(grades.values()))}
    return replace(evalset, qrels=qrels)


def _widen(values: Mapping[Measure, tuple[FloatArray, FloatArray]], scores: Scores) -> None:
    for measure, column in scores.values.items():
        low, high = values[measure]
        np.minimum(low, column, out=low)
        np.maximum(high, column, out=high)
