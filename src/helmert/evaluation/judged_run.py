"""A run seen through judgements: the grade at every rank, in blocks that fit into the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helmert.evaluation.arrays import BoolArray, CodeArray, FloatArray, IntArray
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.run import Run

_CELLS = 1 << 18
"""Ranks in a block: 2 MB for each array of float64."""


@dataclass(frozen=True, kw_only=True)
class JudgedRanking:
    """Judged rankings of some queries. Arrays have shape (queries, depth) unless said otherwise."""

    grades: FloatArray
    """Grade at each rank: 0 for documents unjudged or judged not relevant, and beyond the last hit."""
    judged: BoolArray
    """Somebody judged the document at this rank."""
    same: BoolArray
    """Shape (queries, depth - 1): rank j + 1 has the score of rank j."""
    lengths: IntArray
    """Shape (queries,): number of hits of the whole ranking."""
    relevant_count: IntArray
    """Shape (queries,): |R|, relevant documents whether they were found or not; at least 1."""
    ideal: FloatArray
    """Shape (queries, width): grades of the relevant documents, highest first, 0 beyond the last."""

    @cached_property
    def relevant(self) -> FloatArray:
        """1.0 where the document at a rank is relevant, else 0.0."""
        return (self.grades > 0).astype(np.float64)

    @cached_property
    def tied(self) -> IntArray:
        """Positions of the queries in which the order among equal scores changes what stands at a rank."""
        differs = np.diff(self.grades, axis=1) != 0
        differs |= self.judged[:, 1:] != self.judged[:, :-1]
        return np.flatnonzero((self.same & differs).any(axis=1))

    def take(self, rows: IntArray) -> JudgedRanking:
        """The rankings at these positions."""
        return JudgedRanking(
            grades=self.grades[rows],
            judged=self.judged[rows],
            same=self.same[rows],
            lengths=self.lengths[rows],
            relevant_count=self.relevant_count[rows],
            ideal=self.ideal[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRun:
    """A run joined with an evaluation set: one row per query that has a relevant document."""

    query_ids: tuple[str, ...]
    vocabulary: np.int64
    """Number of different documents in the run, at least 1."""
    codes: CodeArray
    """The run's documents; one unused entry when it has none, so that index 0 exists."""
    scores: FloatArray
    """The run's scores, in step with `codes`."""
    begins: IntArray
    """Where the hits of each query start in the run; 0 for a query that the run does not have."""
    lengths: IntArray
    """Hits of each query; 0 for a query that the run does not have."""
    keys: IntArray
    """Judged pairs whose document the run knows: row * vocabulary + code, ascending, then a sentinel."""
    grades: FloatArray
    """Grade of each key; 0 for the sentinel."""
    relevant_count: IntArray
    ideal: FloatArray
    """Grades of relevant documents of all queries, one query after the other, highest first, then a 0."""

    @classmethod
    def join(cls, run: Run, evalset: EvalSet) -> JudgedRun:
        """Look up every judgement in the run's vocabulary."""
        queries = tuple(query.id for query in evalset.answerable)
        rows, codes, grades = _judgements(run, evalset, queries)
        places = np.array([run.rows.get(query, -1) for query in queries], dtype=np.int64)
        present = places >= 0
        positive = grades > 0
        by_grade = np.lexsort((-grades[positive], rows[positive]))
        found = codes >= 0
        vocabulary = np.int64(max(1, len(run.documents)))
        keys = rows[found] * vocabulary + codes[found]
        order = np.argsort(keys)
        return cls(
            query_ids=queries,
            vocabulary=vocabulary,
            codes=run.codes if run.codes.size else np.zeros(1, dtype=np.int32),
            scores=run.scores if run.scores.size else np.zeros(1),
            begins=np.where(present, run.offsets[places], 0),
            lengths=np.where(present, run.offsets[places + 1] - run.offsets[places], 0),
            keys=np.append(keys[order], np.iinfo(np.int64).max),
            grades=np.append(np.maximum(grades[found][order], 0.0), 0.0),
            relevant_count=np.bincount(rows[positive], minlength=len(queries)),
            ideal=np.append(grades[positive][by_grade], 0.0),
        )

    @property
    def missing(self) -> int:
        """Queries for which the run returned nothing."""
        return int((self.lengths == 0).sum())

    def blocks(self, cutoff: int | None, ideal: int) -> Iterator[tuple[IntArray, JudgedRanking]]:
        """Yield (rows, their judged rankings) until every row was given once.

        Rankings are cut after `cutoff` ranks, but never inside a group of equal scores, since it is not known
        which of its documents stand above the cut. Of the ideal ranking the first `ideal` grades are given.
        """
        depths = self._depths(cutoff)
        order = np.argsort(-depths, kind="stable")
        start = 0
        while start < order.size:
            depth = max(1, int(depths[order[start]]))
            rows = order[start : start + max(1, _CELLS // depth)]
            yield rows, self._block(rows, depths[rows], depth, ideal)
            start += rows.size

    def _depths(self, cutoff: int | None) -> IntArray:
        if cutoff is None:
            return self.lengths
        depths = np.minimum(self.lengths, cutoff)
        growing = np.flatnonzero((depths < self.lengths) & (depths > 0))
        while growing.size:
            after = self.begins[growing] + depths[growing]
            growing = growing[self.scores[after] == self.scores[after - 1]]
            depths[growing] += 1
            growing = growing[depths[growing] < self.lengths[growing]]
        return depths

    def _block(self, rows: IntArray, depths: IntArray, depth: int, ideal: int) -> JudgedRanking:
        columns = np.arange(depth)
        inside = columns < depths[:, None]
        positions = np.where(inside, self.begins[rows, None] + columns, 0)
        scores = self.scores[positions]
        keys = rows[:, None] * self.vocabulary + self.codes[positions]
        found = np.searchsorted(self.keys, keys)
        judged = (self.keys[found] == keys) & inside
        return JudgedRanking(
            grades=np.where(judged, self.grades[found], 0.0),
            judged=judged,
            same=(scores[:, 1:] == scores[:, :-1]) & inside[:, 1:],
            lengths=self.lengths[rows],
            relevant_count=self.relevant_count[rows],
            ideal=self._ideal(rows, ideal),
        )

    def _ideal(self, rows: IntArray, width: int) -> FloatArray:
        counts = self.relevant_count
        begins = np.cumsum(counts) - counts
        columns = np.arange(min(width, int(counts[rows].max())))
        positions = np.where(columns < counts[rows, None], begins[rows, None] + columns, -1)
        return self.ideal[positions]


def _judgements(run: Run, evalset: EvalSet, queries: tuple[str, ...]) -> tuple[IntArray, IntArray, FloatArray]:
    """All judged pairs as rows, document codes (-1 for a document the run never returns) and grades."""
    rows: list[int] = []
    codes: list[int] = []
    grades: list[float] = []
    code_of = run.vocabulary.get
    for row, query in enumerate(queries):
        for document, grade in evalset.qrels[query].items():
            rows.append(row)
            codes.append(code_of(document, -1))
            grades.append(grade)
    return (
        np.array(rows, dtype=np.int64),
        np.array(codes, dtype=np.int64),
        np.array(grades, dtype=np.float64),
    )
