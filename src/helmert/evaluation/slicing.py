"""Slices: the same comparison for every part of the queries, with the number of looks taken into account."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import FloatArray, IntArray
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.measures.measure import Measure
from helmert.evaluation.pairing import Paired, pair
from helmert.evaluation.scoring import Scores
from helmert.evaluation.statistics import (
    Interval,
    effective_queries,
    holm,
    interval_p,
    normal_quantile,
    paired_interval,
    partial_pool,
    sign_flip_p,
    weighted_mean,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceComparison:
    """A candidate beside an incumbent on the queries of one slice, under one measure."""

    name: str
    """As `language=de`."""
    measure: Measure
    n: int
    """Queries of the slice that both were scored on; at least 1."""
    effective: float
    """Independent, equally weighted queries that say as much."""
    incumbent_mean: float
    candidate_mean: float
    difference: float
    """Candidate minus incumbent."""
    interval: Interval
    """For the difference, by `paired_interval`; it does not know how many slices were looked at."""
    p_worse: float
    """One-sided, the larger of `sign_flip_p` and `interval_p`: small when the candidate is worse here."""
    p_holm: float
    """`p_worse` after Holm over all slices with enough data; 1 for a slice without."""
    enough_data: bool
    """The slice has at least `min_queries` queries."""
    pooled: float
    """The difference drawn towards those of the other slices of the same key (`partial_pool`). For display."""
    pooled_interval: Interval

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "slice": self.name,
            "measure": str(self.measure),
            "queries": self.n,
            "effective": self.effective,
            "incumbent_mean": self.incumbent_mean,
            "candidate_mean": self.candidate_mean,
            "difference": self.difference,
            "interval": self.interval.to_dict(),
            "p_worse": self.p_worse,
            "p_holm": self.p_holm,
            "enough_data": self.enough_data,
            "pooled": self.pooled,
            "pooled_interval": self.pooled_interval.to_dict(),
        }


def slice_rows(evalset: EvalSet, query_ids: tuple[str, ...] | None = None) -> dict[str, IntArray]:
    """Slice name, written `key=value`, to the positions of its queries; sorted by name.

    Positions are in the order of `query_ids`, or without it of the answerable queries, which is the order of `Scores`.
    A query is in as many slices as it has keys.
    """
    ids = query_ids if query_ids is not None else tuple(query.id for query in evalset.answerable)
    rows: dict[str, list[int]] = {}
    for row, query in enumerate(ids):
        for key, value in evalset.facts(query).slices.items():
            rows.setdefault(f"{key}={value}", []).append(row)
    return {name: np.array(rows[name], dtype=np.int64) for name in sorted(rows)}


def compare_slices(
    candidate: Scores,
    incumbent: Scores,
    evalset: EvalSet,
    measure: Measure,
    *,
    level: float = 0.95,
    min_queries: int = 30,
) -> tuple[SliceComparison, ...]:
    """Compare two systems on every slice of the set; sorted by name, empty for a set without slices.

    Args:
        candidate: Scores of the system that would take over.
        incumbent: Scores of the system in use.
        evalset: Says which query is in which slice.
        measure: One that both were scored with.
        level: Confidence level of the intervals.
        min_queries: A slice of fewer queries is shown, and neither tested nor counted by Holm.

    Raises:
        UsageError: As `compare`, or min_queries below 1.
    """
    if min_queries < 1:
        raise UsageError(f"A slice needs at least one query; min_queries is {min_queries}.")
    paired = pair(candidate, incumbent, measure)
    rows = slice_rows(evalset, paired.query_ids)
    found = [_SliceData.take(name, paired, positions) for name, positions in rows.items()]
    tested = [data.name for data in found if data.differences.size >= min_queries]
    p_worse = {data.name: data.p_worse() for data in found}
    adjusted = dict(zip(tested, holm([p_worse[name] for name in tested]).tolist(), strict=True))
    pooled = _pooled(found, level)
    return tuple(
        SliceComparison(
            name=data.name,
            measure=measure,
            n=data.differences.size,
            effective=data.effective,
            incumbent_mean=weighted_mean(data.incumbent, data.weights),
            candidate_mean=weighted_mean(data.candidate, data.weights),
            difference=weighted_mean(data.differences, data.weights),
            interval=data.interval(level),
            p_worse=p_worse[data.name],
            p_holm=adjusted.get(data.name, 1.0),
            enough_data=data.name in adjusted,
            pooled=pooled[data.name][0],
            pooled_interval=pooled[data.name][1],
        )
        for data in found
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _SliceData:
    name: str
    candidate: FloatArray
    incumbent: FloatArray
    differences: FloatArray
    weights: FloatArray | None
    clusters: tuple[str, ...] | None
    effective: float

    @classmethod
    def take(cls, name: str, paired: Paired, rows: IntArray) -> _SliceData:
        weights = None if paired.weights is None else paired.weights[rows]
        clusters = None if paired.clusters is None else tuple(paired.clusters[row] for row in rows)
        differences = paired.differences[rows]
        return cls(
            name=name,
            candidate=paired.candidate[rows],
            incumbent=paired.incumbent[rows],
            differences=differences,
            weights=weights,
            clusters=clusters,
            effective=effective_queries(differences, weights, clusters),
        )

    def p_worse(self) -> float:
        """The generator is seeded by the slice's name, so that a slice's p does not depend on the other slices."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        return max(
            sign_flip_p(self.differences, rng, weights=self.weights, clusters=self.clusters, alternative="worse"),
            interval_p(self.differences, weights=self.weights, clusters=self.clusters, alternative="worse"),
        )

    def interval(self, level: float) -> Interval:
        return paired_interval(self.differences, level=level, weights=self.weights, clusters=self.clusters)

    def variance(self, level: float) -> float:
        """Of the mean, as the half-width of the interval says it: never 0, however few queries differ."""
        return (self.interval(level).width / 2.0 / normal_quantile(level)) ** 2


def _pooled(found: list[_SliceData], level: float) -> Mapping[str, tuple[float, Interval]]:
    """Slices of one key are pooled with each other: languages with languages, kinds with kinds."""
    by_key: dict[str, list[_SliceData]] = {}
    for data in found:
        by_key.setdefault(data.name.partition("=")[0], []).append(data)
    shrunk: dict[str, tuple[float, Interval]] = {}
    for group in by_key.values():
        means = [weighted_mean(data.differences, data.weights) for data in group]
        pool = partial_pool(means, [data.variance(level) for data in group], level=level)
        for data, estimate, interval in zip(group, pool.estimates, pool.intervals, strict=True):
            shrunk[data.name] = (estimate, interval)
    return shrunk
