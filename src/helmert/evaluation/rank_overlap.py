"""Rank-biased overlap: how alike are two rankings, without anybody having judged a document?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import CodeArray, FloatArray, IntArray
from helmert.evaluation.run import Run


@dataclass(frozen=True, kw_only=True, eq=False)
class RankOverlap:
    """Rank-biased overlap of two runs, per query. Arrays have shape (queries,) and hold values in [0, 1]."""

    query_ids: tuple[str, ...]
    """Queries of both runs, in the order of the first."""
    value: FloatArray
    """Extrapolated: the agreement seen at the end is taken to go on below it."""
    low: FloatArray
    """If no document below the ends of the rankings were common to both."""
    high: FloatArray
    """If the rankings went on as alike as they still can."""
    p: float
    left_out: int
    """Queries that only one of the runs has."""

    @property
    def mean(self) -> float:
        """Mean of `value`; NaN for no queries."""
        return float(self.value.mean()) if self.value.size else float("nan")


def rank_biased_overlap(run_a: Run, run_b: Run, *, p: float = 0.9) -> RankOverlap:
    r"""Rank-biased overlap, extrapolated, with its bounds.

    With X_d the number of documents that the first d of both rankings share, for rankings of s <= l documents,

    RBO = (1-p) \sum_d p^{d-1} X_d / d

    RBO_ext = (1-p)/p [ \sum_{d=1}^{l} X_d p^d / d + \sum_{d=s+1}^{l} X_s (d-s) p^d / (s d) ]
              + [ (X_l - X_s)/l + X_s/s ] p^l

    Webber, Moffat and Zobel, A Similarity Measure for Indefinite Rankings, ACM TOIS 28(4), 2010, equations 11, 30
    and 32. The first 10 ranks weigh 0.86 with p = 0.9.

    Documents with equal scores stand in no order: X_d is its expected value when the groups of both runs are ordered at
    random, independently of each other (RBO^a of Corsi and Urbano, SIGIR 2024), as measures here are expected
    values. So a run with ties overlaps with itself by less than 1: it has not said what comes first.

    Two empty rankings overlap completely; an empty one and another one, not at all, and all below them is open.

    Args:
        run_a: One run.
        run_b: Another run over the same documents.
        p: Persistence: the smaller, the more the first ranks count.

    Raises:
        UsageError: p outside (0, 1).
    """
    if not 0.0 < p < 1.0:
        raise UsageError(f"The persistence p lies between 0 and 1; got {p}.", next_step="Use 0.9.")
    shared = [query for query in run_a.query_ids if query in run_b.rows]
    code_in_b = run_b.vocabulary
    recode = np.array([code_in_b.get(document, -1) for document in run_a.documents], dtype=np.int64)
    rows = [_overlap(_Ranking.of(run_a, query), _Ranking.of(run_b, query), recode, p) for query in shared]
    low, value, high = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return RankOverlap(
        query_ids=tuple(shared),
        value=value,
        low=low,
        high=high,
        p=p,
        left_out=len(run_a) + len(run_b) - 2 * len(shared),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranking:
    codes: CodeArray
    above: FloatArray
    """For each document: the number of documents above its group of equal scores."""
    sizes: FloatArray
    """For each document: the size of its group."""

    @classmethod
    def of(cls, run: Run, query: str) -> _Ranking:
        row = run.rows[query]
        part = slice(run.offsets[row], run.offsets[row + 1])
        scores = run.scores[part]
        opens = np.flatnonzero(np.concatenate([[True], scores[1:] != scores[:-1]])[: scores.size])
        sizes = np.diff(opens, append=scores.size)
        return cls(
            codes=run.codes[part],
            above=np.repeat(opens, sizes).astype(np.float64),
            sizes=np.repeat(sizes, sizes).astype(np.float64),
        )

    def reached(self, positions: IntArray, depths: FloatArray) -> FloatArray:
        """P(the document at a position is among the first d). Shape (positions, depths)."""
        chances = (depths - self.above[positions, None]) / self.sizes[positions, None]
        return np.clip(chances, 0.0, 1.0)


def _overlap(a: _Ranking, b: _Ranking, recode: IntArray, p: float) -> tuple[float, float, float]:
    """(low, extrapolated, high) of one query."""
    short, long = sorted((a.codes.size, b.codes.size))
    if short == 0:
        return (0.0, 1.0, 1.0) if long == 0 else (0.0, 0.0, float(_missing(0.0, 0, long, p)))
    translated = recode[a.codes]
    _, in_a, in_b = np.intersect1d(translated, b.codes, assume_unique=False, return_indices=True)
    depths = np.arange(1.0, long + 1)
    common = (a.reached(in_a, depths) * b.reached(in_b, depths)).sum(axis=0)
    return _formulas(common, short, p)


def _formulas(common: FloatArray, short: int, p: float) -> tuple[float, float, float]:
    """From X_d for d = 1 to l."""
    long = common.size
    depths = np.arange(1.0, long + 1)
    weights = p**depths / depths
    at_short, at_long = float(common[short - 1]), float(common[-1])
    low = (1 - p) / p * (float((common - at_long) @ weights) - at_long * np.log1p(-p))
    beyond = depths[short:]
    tail = at_short / short * float(((beyond - short) / beyond) @ p**beyond)
    ends = ((at_long - at_short) / long + at_short / short) * p**long
    extrapolated = (1 - p) / p * (float(common @ weights) + tail) + ends
    high = low + _missing(at_long, short, long, p)
    return _share(low), _share(extrapolated), _share(high)


def _share(value: float) -> float:
    """Within [0, 1]: sums of many powers end in a rounding error."""
    return float(min(max(value, 0.0), 1.0))


def _missing(at_long: float, short: int, long: int, p: float) -> float:
    """What the unseen parts can add at most (equation 30): both rankings go on with the documents that are missing."""
    full = int(np.ceil(short + long - at_long - 1e-9))
    depths = np.arange(1.0, full + 1)
    weights = p**depths / depths
    open_short, open_long = float(weights[short:].sum()), float(weights[long:].sum())
    rest = -np.log1p(-p) - float(weights.sum())
    added = p**short + p**long - p**full
    added -= (1 - p) / p * (short * open_short + long * open_long + at_long * rest)
    return float(added)
