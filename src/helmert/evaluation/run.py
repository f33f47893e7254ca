"""`Run`: what a system returned for each query, as compact arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from helmert.errors import UsageError
from helmert.evaluation.arrays import CodeArray, FloatArray, IntArray
from helmert.types import Hit


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """Ranked documents with scores, by query. Build it with `from_hits` or `from_columns`.

    Scores decide the order, not the order in which hits were given: a system that says 0.8 twice has not said
    which is better. Documents returned twice for a query are credited once, at their best score.
    """

    query_ids: tuple[str, ...]
    offsets: IntArray
    """Shape (queries + 1,): the hits of query i stand at offsets[i] : offsets[i + 1]."""
    documents: tuple[str, ...]
    """The vocabulary: every document id once."""
    codes: CodeArray
    """Shape (hits,): position of the document in `documents`; highest score first within a query."""
    scores: FloatArray
    """Shape (hits,), never NaN."""
    duplicates: int
    """Hits that were dropped because their query had the same document already."""

    @classmethod
    def from_hits(cls, query_ids: Sequence[str], hits: Iterable[Sequence[Hit]]) -> Run:
        """A run from the lists that `VectorStore.search` returns, one for each query id.

        Raises `UsageError` for a repeated query id, a different number of lists and ids, or a NaN score.
        """
        documents: list[str] = []
        scores: list[float] = []
        lengths: list[int] = []
        for found in hits:
            documents.extend(hit.id for hit in found)
            scores.extend(hit.score for hit in found)
            lengths.append(len(found))
        return cls.from_columns(query_ids, lengths, documents, scores)

    @classmethod
    def from_columns(
        cls, query_ids: Sequence[str], lengths: Sequence[int], documents: Sequence[str], scores: ArrayLike
    ) -> Run:
        """A run from flat columns: the first `lengths[0]` entries belong to the first query, and so on.

        Raises `UsageError` for a repeated query id, columns that do not fit together, or a NaN score.
        """
        vocabulary: defaultdict[str, int] = defaultdict()
        vocabulary.default_factory = vocabulary.__len__
        codes = np.fromiter(map(vocabulary.__getitem__, documents), dtype=np.int32, count=len(documents))
        return cls.from_codes(query_ids, lengths, tuple(vocabulary), codes, scores)

    @classmethod
    def from_codes(
        cls,
        query_ids: Sequence[str],
        lengths: Sequence[int],
        vocabulary: Sequence[str],
        codes: ArrayLike,
        scores: ArrayLike,
    ) -> Run:
        """As `from_columns`, for documents given as positions in a vocabulary, as exact search finds them.

        Raises `UsageError` as `from_columns`, and for a vocabulary that holds an id twice or lacks a code.
        """
        documents = np.asarray(codes, dtype=np.int32)
        numbers = np.asarray(scores, dtype=np.float64)
        counts = np.asarray(lengths, dtype=np.int64)
        _check_columns(query_ids, counts, documents, numbers)
        _check_vocabulary(vocabulary, documents)
        rows = np.repeat(np.arange(len(query_ids)), counts)
        _check_scores(query_ids, rows, numbers)
        order = _best_first(rows, numbers)
        if order is not None:
            documents, numbers = documents[order], numbers[order]
        kept = _first_of_each(rows, documents, len(vocabulary))
        if kept is not None:
            rows, documents, numbers = rows[kept], documents[kept], numbers[kept]
        return cls(
            query_ids=tuple(query_ids),
            offsets=_offsets(rows, len(query_ids)),
            documents=tuple(vocabulary),
            codes=documents,
            scores=numbers,
            duplicates=int(counts.sum()) - documents.size,
        )

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Position of each query id."""
        return {query: row for row, query in enumerate(self.query_ids)}

    @cached_property
    def vocabulary(self) -> Mapping[str, int]:
        """Code of each document id."""
        return {document: code for code, document in enumerate(self.documents)}

    def ranking(self, query: str) -> tuple[tuple[str, float], ...]:
        """Documents and scores of one query, best first; empty for a query that the run does not have."""
        row = self.rows.get(query)
        if row is None:
            return ()
        part = slice(self.offsets[row], self.offsets[row + 1])
        return tuple(
            (self.documents[code], float(score))
            for code, score in zip(self.codes[part], self.scores[part], strict=True)
        )

    def __len__(self) -> int:
        return len(self.query_ids)


def _check_columns(query_ids: Sequence[str], counts: IntArray, codes: CodeArray, scores: FloatArray) -> None:
    if counts.size != len(query_ids):
        raise UsageError(f"A run needs one list of hits per query; got {counts.size} for {len(query_ids)}.")
    total = int(counts.sum())
    if codes.shape != (total,) or scores.shape != (total,) or (counts < 0).any():
        raise UsageError(
            f"The lengths of a run add up to {total} hits; got documents of shape {codes.shape} "
            f"and scores of shape {scores.shape}."
        )
    if len(set(query_ids)) != len(query_ids):
        raise UsageError("A run holds a query id more than once.")


def _check_vocabulary(vocabulary: Sequence[str], codes: CodeArray) -> None:
    if len(set(vocabulary)) != len(vocabulary):
        raise UsageError("The vocabulary of a run holds a document id more than once.")
    if codes.size and not 0 <= codes.min() <= codes.max() < len(vocabulary):
        raise UsageError(
            f"A run points at documents {codes.min()} to {codes.max()} of a vocabulary of {len(vocabulary)}."
        )


def _check_scores(query_ids: Sequence[str], rows: IntArray, scores: FloatArray) -> None:
    broken = np.flatnonzero(np.isnan(scores))
    if broken.size:
        raise UsageError(
            f"{broken.size} scores of the run are NaN, the first for query {query_ids[rows[broken[0]]]!r}.",
            next_step="Look for zero or non-finite vectors: a NaN has no place in a ranking.",
        )


def _best_first(rows: IntArray, scores: FloatArray) -> IntArray | None:
    """The order that sorts scores downwards within each query, or None when they stand so already."""
    rises = (scores[1:] > scores[:-1]) & (rows[1:] == rows[:-1])
    return np.lexsort((-scores, rows)) if rises.any() else None


def _first_of_each(rows: IntArray, codes: CodeArray, vocabulary: int) -> IntArray | None:
    """Positions that keep each document's first place in its query, or None when nothing is repeated."""
    keys = rows * np.int64(vocabulary) + codes
    ordered = np.sort(keys)
    if not (ordered[1:] == ordered[:-1]).any():
        return None
    firsts = np.unique(keys, return_index=True)[1]
    return np.sort(firsts)


def _offsets(rows: IntArray, queries: int) -> IntArray:
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=queries))]).astype(np.int64)
