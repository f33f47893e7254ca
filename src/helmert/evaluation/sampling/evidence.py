"""What a ranking of sampled documents tells about each relevant document's rank in the whole corpus."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from helmert.errors import UsageError
from helmert.evaluation.arrays import BoolArray, FloatArray, IntArray
from helmert.evaluation.evalset import EvalSet
from helmert.evaluation.facts import Sampling
from helmert.evaluation.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One entry per relevant document of a query that a corrected recall@k can gain from.

    Left out are relevant documents with k kept documents above them: they miss the first k ranks in any sample.
    """

    queries: int
    """Queries with a relevant document (m); those without an entry count as 0."""
    row: IntArray
    """Shape (entries,): the query."""
    share: FloatArray
    """Shape (entries,): one over the number of the query's relevant documents."""
    kept_above: IntArray
    """Shape (entries,): documents above it that are in the sample with certainty."""
    drawn_above: IntArray
    """Shape (entries,): documents above it that are in the sample by chance."""
    beyond: BoolArray
    """Shape (entries,): it stands below the end of the ranking, so `drawn_above` is the least it can be."""
    corpus: int
    """Documents that could be drawn."""
    sampled: int
    """Documents that were drawn."""


def kept_documents(evalset: EvalSet) -> frozenset[str]:
    """Documents that are in a random sample because they were judged, not by chance."""
    return frozenset(document for grades in evalset.qrels.values() for document in grades)


def random_sampling(evalset: EvalSet) -> Sampling:
    """How the documents of the set were drawn. Raises `UsageError` unless they are a random sample of N documents."""
    sampling = evalset.sampling
    if sampling is None or sampling.method != "random":
        raise UsageError(
            f"The documents of {evalset.name!r} are no random sample, so there is nothing to correct.",
            next_step="Draw one with `helmert evalset sample --method random`, or read the numbers as they are.",
        )
    return sampling


def gather(run: Run, evalset: EvalSet, k: int, *, kept: Collection[str], rng: np.random.Generator) -> Evidence:
    """Look up every relevant document in the ranking of the sample.

    Args:
        run: Rankings of the sampled documents, at least `k` deep.
        evalset: The set with its `sampling`.
        k: The cut-off.
        kept: Documents that are in the sample with certainty.
        rng: Orders equal scores.

    Raises:
        UsageError: the set is no random sample, its counts contradict each other, or the ranking is too short.
    """
    sampling = random_sampling(evalset)
    corpus = sampling.corpus - len(kept)
    if not 0 < sampling.sampled <= corpus:
        raise UsageError(
            f"{evalset.name!r} says that {sampling.sampled:,} of {sampling.corpus:,} documents were drawn beside "
            f"{len(kept):,} judged ones; that cannot be.",
            next_step="Correct `sampling` in the manifest of the set: corpus is the number of all documents.",
        )
    longest = int(np.diff(run.offsets).max(initial=0))
    if longest < min(k, sampling.sampled):
        raise UsageError(
            f"The ranking holds at most {longest} documents a query; recall@{k} needs {k}.",
            next_step="Rank deeper.",
        )
    entries = _Entries(run, frozenset(kept), rng, longest)
    for row, query in enumerate(evalset.answerable):
        relevant = [document for document, grade in evalset.qrels[query.id].items() if grade > 0]
        entries.add(row, query.id, relevant, k)
    return entries.finish(len(evalset.answerable), corpus, sampling.sampled)


class _Entries:
    """Columns of `Evidence` while they grow."""

    def __init__(self, run: Run, kept: frozenset[str], rng: np.random.Generator, longest: int) -> None:
        self._run = run
        self._longest = longest
        self._kept = np.array([document in kept for document in run.documents], dtype=bool)
        self._code = run.vocabulary
        rows = np.repeat(np.arange(len(run)), np.diff(run.offsets))
        self._codes = run.codes[np.lexsort((rng.random(run.codes.size), -run.scores, rows))]
        self._columns: list[tuple[int, float, int, int, bool]] = []

    def add(self, row: int, query: str, relevant: list[str], k: int) -> None:
        """Take the relevant documents of one query."""
        place = self._run.rows.get(query)
        if place is None:
            return
        codes = self._codes[self._run.offsets[place] : self._run.offsets[place + 1]]
        kept = self._kept[codes]
        for document in relevant:
            found = np.flatnonzero(codes == self._code.get(document, -1))
            if not found.size and codes.size < self._longest:
                continue  # the ranking ended before it was cut: this document is not found at all
            above = int(found[0]) if found.size else codes.size
            before = int(kept[:above].sum())
            if before < k:
                self._columns.append((row, 1.0 / len(relevant), before, above - before, not found.size))

    def finish(self, queries: int, corpus: int, sampled: int) -> Evidence:
        """All columns as arrays."""
        row, share, kept, drawn, beyond = zip(*self._columns, strict=True) if self._columns else ((), (), (), (), ())
        return Evidence(
            queries=queries,
            row=np.array(row, dtype=np.int64),
            share=np.array(share, dtype=np.float64),
            kept_above=np.array(kept, dtype=np.int64),
            drawn_above=np.array(drawn, dtype=np.int64),
            beyond=np.array(beyond, dtype=bool),
            corpus=corpus,
            sampled=sampled,
        )
