"""Recall in the whole corpus from rankings of a random sample of its documents."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray, IntArray
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.run import Run
from helmert.evaluation.sampling import mixture, thinning
from helmert.evaluation.sampling.evidence import Evidence, gather, kept_documents, random_sampling
from helmert.evaluation.statistics import Interval, normal_quantile

ROUNDS = 400
"""Resamples of the bootstrap."""
ENOUGH = 0.25
"""Share of documents drawn, times k: below it the sample hardly ever shows a document near the cut-off."""

SYSTEMATIC = 0.1
"""Share of the correction that may be wrong whatever the number of queries: simulated worlds differ by as much."""

_GROUPS = ((0, 0), (1, 1), (2, 4), (5, None))
"""Relevant documents with so many kept documents above them share one distribution of ranks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedRecall:
    """recall@k as it was counted in the sample, and as it would be in the whole corpus."""

    k: int
    raw: float
    """Among the sampled documents: an upper bound."""
    corrected: float
    """In the whole corpus."""
    low: float
    """Of the corrected value."""
    high: float
    level: float
    queries: int
    sampled: int
    """Documents that were drawn (n), beside the judged ones."""
    corpus: int
    """Documents of the corpus (N)."""
    enough: bool
    """Enough documents were drawn for the correction to rest on them more than on its prior."""

    @property
    def sentence(self) -> str:
        """Raw, corrected and interval in words."""
        warning = "" if self.enough else f" Too few documents were drawn to rely on it: draw {_needed(self):,}."
        return (
            f"recall@{self.k} is {self.raw:.3f} among {self.sampled:,} random and the judged documents, an upper "
            f"bound; corrected to all {self.corpus:,} documents it is {self.corrected:.3f} "
            f"[{self.low:.3f}, {self.high:.3f}] ({self.level:.0%}, {self.queries:,} queries).{warning}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedDifference:
    """Two systems on the same sample and queries, both corrected to the whole corpus."""

    candidate: CorrectedRecall
    incumbent: CorrectedRecall
    raw: float
    """Difference in the sample, candidate minus incumbent; sampling shrinks it."""
    difference: float
    """Of the corrected values."""
    low: float
    high: float
    level: float

    @property
    def sentence(self) -> str:
        """The difference in words."""
        return (
            f"The difference in recall@{self.candidate.k} is {self.raw:+.3f} in the sample; corrected to all "
            f"{self.candidate.corpus:,} documents it is {self.difference:+.3f} "
            f"[{self.low:+.3f}, {self.high:+.3f}] ({self.level:.0%})."
        )


def correct_recall(
    run: Run,
    evalset: EvalSet,
    k: int,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    kept: Collection[str] | None = None,
) -> CorrectedRecall:
    """recall@k in the whole corpus, from rankings of judged documents and a random sample of the others.

    Few documents are easy to be the best of, so recall in a sample is too high, and not by the same amount for
    every system. How many of the K documents above a relevant one are in the sample is known to be hypergeometric,
    so the distribution of K over all relevant documents can be estimated from the counts seen, and with it the
    chance that fewer than k documents stand above each of them. Judged documents above it are counted as they are.

    Args:
        run: Rankings of the sampled documents, at least `k` deep.
        evalset: The set; its `sampling` gives n and N.
        k: The cut-off.
        rng: For the bootstrap and for the order of equal scores.
        level: Of the interval, which resamples queries, or clusters where the set has them.
        kept: Documents that are in the sample with certainty; all judged ones when None. Labels that were added
            after the sample was drawn belong to documents drawn by chance: leave those out.

    Raises:
        UsageError: the set is no random sample, holds no query with a relevant document, its counts contradict
            each other, or the ranking is shorter than `k`.
    """
    estimate = _estimate(run, evalset, k, kept, rng)
    return estimate.summary(_weights(evalset), _resamples(evalset, rng), k, level)


def compare_corrected(
    candidate: Run,
    incumbent: Run,
    evalset: EvalSet,
    k: int,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    kept: Collection[str] | None = None,
) -> CorrectedDifference:
    """The difference of two corrected values, with an interval that resamples the same queries for both.

    Arguments and errors as of `correct_recall`.
    """
    ours, theirs = (_estimate(run, evalset, k, kept, rng) for run in (candidate, incumbent))
    weights, resamples = _weights(evalset), _resamples(evalset, rng)
    first, second = (each.summary(weights, resamples, k, level) for each in (ours, theirs))
    spread = ours.values(resamples * weights) - theirs.values(resamples * weights)
    difference = first.corrected - second.corrected
    raw = first.raw - second.raw
    variance = float(np.var(spread)) + (SYSTEMATIC * (raw - difference)) ** 2
    interval = _interval(difference, variance, weights, level, lowest=-1.0)
    return CorrectedDifference(
        candidate=first,
        incumbent=second,
        raw=raw,
        difference=difference,
        low=interval.low,
        high=interval.high,
        level=level,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Entries with about as many kept documents above them, those that look the same put together."""

    row: IntArray
    """Shape (entries,)."""
    share: FloatArray
    cell: IntArray
    """Shape (entries,): its row of `likelihood`."""
    likelihood: FloatArray
    """Shape (cells, points)."""
    inside: FloatArray
    """Shape (cells, points): 1.0 where so many documents leave the relevant one among the first k."""
    start: FloatArray

    def value(self, counts: FloatArray) -> FloatArray:
        """Sum over entries of the chance to be among the first k. `counts` has shape (samples, queries)."""
        cells = len(self.likelihood)
        sums = [np.bincount(self.cell, self.share * count[self.row], minlength=cells) for count in counts]
        weights = np.array(sums, dtype=np.float64)
        fitted = mixture.fit(self.likelihood, weights, self.start)
        chances = mixture.posterior_mass(self.likelihood, fitted, self.inside)
        total: FloatArray = (weights * chances).sum(axis=1)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class _Estimate:
    evidence: Evidence
    groups: tuple[_Group, ...]
    raw: FloatArray
    """Shape (queries,): recall@k in the sample."""
    corpus: int

    def values(self, counts: FloatArray) -> FloatArray:
        """Corrected recall when queries count so often. `counts` has shape (samples, queries)."""
        total = sum((group.value(counts) for group in self.groups), start=np.zeros(len(counts)))
        value: FloatArray = total / counts.sum(axis=1)
        return value

    def summary(self, weights: FloatArray, resamples: FloatArray, k: int, level: float) -> CorrectedRecall:
        corrected = float(self.values(weights[None])[0])
        raw = float(self.raw @ weights / weights.sum())
        variance = float(np.var(self.values(resamples * weights))) + (SYSTEMATIC * (raw - corrected)) ** 2
        interval = _interval(corrected, variance, weights, level, lowest=0.0)
        drawn, corpus = self.evidence.sampled, self.evidence.corpus
        return CorrectedRecall(
            k=k,
            raw=raw,
            corrected=corrected,
            low=interval.low,
            high=interval.high,
            level=level,
            queries=self.evidence.queries,
            sampled=drawn,
            corpus=self.corpus,
            enough=drawn * k >= ENOUGH * corpus,
        )


def _estimate(run: Run, evalset: EvalSet, k: int, kept: Collection[str] | None, rng: np.random.Generator) -> _Estimate:
    sampling = random_sampling(evalset)
    if not evalset.answerable:
        raise UsageError(f"{evalset.name!r} has no query with a relevant document.", next_step="Add labels.")
    evidence = gather(run, evalset, k, kept=kept_documents(evalset) if kept is None else kept, rng=rng)
    hit = ~evidence.beyond & (evidence.kept_above + evidence.drawn_above < k)
    raw = np.bincount(evidence.row, evidence.share * hit, minlength=evidence.queries).astype(np.float64)
    return _Estimate(evidence=evidence, groups=tuple(_groups(evidence, k)), raw=raw, corpus=sampling.corpus)


def _groups(evidence: Evidence, k: int) -> Iterator[_Group]:
    for low, high in _GROUPS:
        chosen = (evidence.kept_above >= low) & (evidence.kept_above <= (k if high is None else high))
        if not chosen.any():
            continue
        columns = np.stack([part[chosen] for part in (evidence.kept_above, evidence.drawn_above, evidence.beyond)])
        cells, cell = np.unique(columns, axis=1, return_inverse=True)
        kept, drawn, beyond = cells
        points = thinning.grid(evidence.corpus, k, drawn, evidence.sampled)
        exactly = thinning.seen_above(drawn, points, corpus=evidence.corpus, sampled=evidence.sampled)
        at_least = thinning.at_least_above(drawn, points, corpus=evidence.corpus, sampled=evidence.sampled)
        yield _Group(
            row=evidence.row[chosen],
            share=evidence.share[chosen],
            cell=cell.ravel(),
            likelihood=np.where(beyond[:, None] > 0, at_least, exactly),
            inside=(points[None] < k - kept[:, None]).astype(np.float64),
            start=mixture.prior(points),
        )


def _weights(evalset: EvalSet) -> FloatArray:
    return np.ones(len(evalset.answerable)) if evalset.weights is None else evalset.weights


def _resamples(evalset: EvalSet, rng: np.random.Generator) -> FloatArray:
    """How often each query occurs in each resample of queries, or of clusters. Shape (rounds, queries)."""
    names = evalset.clusters or tuple(query.id for query in evalset.answerable)
    clusters, cluster = np.unique(np.array(names), return_inverse=True)
    counts = rng.multinomial(clusters.size, np.full(clusters.size, 1.0 / clusters.size), size=ROUNDS)
    resamples: FloatArray = counts[:, cluster].astype(np.float64)
    return resamples


def _interval(value: float, variance: float, weights: FloatArray, level: float, *, lowest: float) -> Interval:
    r"""The adjusted interval of a mean whose squared standard error v was found by resampling.

    With m = (\sum w)^2 / \sum w^2 queries, s^2 = m v for the variance of one, and z^2 pseudo-queries, half of them at
    either end of the scale, as in `mean_interval`; two as in `paired_interval` for differences. So it is never of
    zero width.
    """
    z = normal_quantile(level)
    m = float(weights.sum() ** 2 / np.square(weights).sum())
    squares = m * (m * variance + value**2)
    extra, ones, square = (z * z, z * z / 2, z * z / 2) if lowest == 0.0 else (2.0, 0.0, 1.0)
    mean = (m * value + ones) / (m + extra)
    each = max((squares + square) / (m + extra) - mean**2, 0.0)
    half = z * float(np.sqrt(each / (m + extra)))
    return Interval(low=max(lowest, mean - half), high=min(1.0, mean + half), level=level)


def _needed(recall: CorrectedRecall) -> int:
    return int(np.ceil(ENOUGH * recall.corpus / recall.k))
