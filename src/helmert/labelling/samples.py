"""A part of a corpus to evaluate on: pooled from the best of every system, or drawn at random."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from helmert.errors import Refused, UsageError
from helmert.evaluation import EvalSet, Run, Sampling
from helmert.labelling.fewer_queries import queries_that_fit
from helmert.labelling.rankings import Ranker, distinct, top
from helmert.selection.corpus import Corpus

SHALLOW, DEEP = 20, 50
"""A pool of depth 50 changes recall@10 of systems outside it by at most a point; one of depth 20 by up to five."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A set with the documents it is evaluated on."""

    evalset: EvalSet
    """With its `sampling`."""
    corpus: Corpus
    """The documents of the sample."""
    judged: int
    """Of them, documents that somebody judged for some query."""
    absent: int
    """Judged documents that the corpus does not hold."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """How it was made and what that means for numbers measured on it."""
        return (*_made(self), *_meaning(self), *_lost(self))


def pool(
    evalset: EvalSet, corpus: Corpus, ranker: Ranker, *, depth: int = DEEP, most: int | None = None, seed: int = 0
) -> Sample:
    """Judged documents and the union of the `depth` best of every candidate and of BM25, over the whole corpus.

    The first `depth` documents of a pooled system are the same in the sample as in the corpus, so its numbers down
    to that rank are exact. Of identical texts one is ranked.

    Args:
        evalset: The queries, judged or not.
        corpus: The whole corpus.
        ranker: The systems. Every system that will be compared must be among them.
        depth: How deep each ranking goes into the pool.
        most: Documents the sample may have. A pool is never cut: what is cut out would be missing for the systems
            that returned it.
        seed: Of the draw of fewer queries that a refusal advises.

    Raises:
        UsageError: the depth is below 1, or the set has no query.
        Refused: the pool holds more than `most` documents; the message says what depth or how many queries would fit.
    """
    if depth < 1:
        raise UsageError(f"The depth of a pool is at least 1; got {depth}.", next_step=f"Use {SHALLOW} to {DEEP}.")
    _require_queries(evalset)
    runs = ranker.rank(distinct(corpus), evalset.queries, depth)
    judged = _judged(evalset)
    chosen = judged & corpus.rows.keys() | _pooled(runs, evalset, depth)
    if most is not None and len(chosen) > most:
        asked = queries_that_fit(evalset, seed, lambda part: _size(runs, part, corpus, depth) <= most)
        raise _too_many(len(chosen), most, depth, _depth_that_fits(runs, evalset, depth, most), asked)
    documents = corpus.take(chosen)
    sampling = Sampling(
        method="pooled",
        corpus=len(corpus),
        sampled=len(documents),
        pool=dict.fromkeys(ranker.systems, depth),
        corpus_digest=corpus.digest,
    )
    return _sample(evalset, corpus, documents, sampling)


def draw(evalset: EvalSet, corpus: Corpus, *, documents: int, seed: int) -> Sample:
    """Judged documents, and others drawn from the rest of the corpus, each as likely as any other.

    Args:
        evalset: The queries, judged or not.
        corpus: The whole corpus.
        documents: Documents of the sample, the judged ones among them.
        seed: The same seed draws the same documents from the same corpus, whatever its order.

    Raises:
        UsageError: the set has no query.
        Refused: the judged documents alone are as many, or the corpus has no more.
    """
    _require_queries(evalset)
    kept = _judged(evalset) & corpus.rows.keys()
    rest = sorted(corpus.rows.keys() - kept)
    drawn = documents - len(kept)
    if drawn < 1:
        room = documents // 2
        asked = queries_that_fit(evalset, seed, lambda part: len(_judged(part) & corpus.rows.keys()) <= room)
        raise Refused(
            f"{len(kept):,} documents are judged and have to be in the sample; {documents:,} leave no room for others.",
            next_step=_or(_fewer(asked), f"--documents {len(kept) + 500}"),
        )
    if drawn > len(rest):
        raise Refused(
            f"The corpus holds {len(corpus):,} documents, no more than the {documents:,} of the sample.",
            next_step="Evaluate on the whole corpus: nothing has to be sampled.",
        )
    chosen = np.random.default_rng(seed).choice(len(rest), drawn, replace=False)
    sample = corpus.take([*kept, *(rest[row] for row in chosen)])
    sampling = Sampling(method="random", corpus=len(corpus), sampled=drawn, seed=seed, corpus_digest=corpus.digest)
    return _sample(evalset, corpus, sample, sampling)


def _require_queries(evalset: EvalSet) -> None:
    if evalset.sampling is not None:
        raise UsageError(
            f"The documents of {evalset.name!r} are a sample already; a sample of a sample cannot be described.",
            next_step="Name the set that the sample was made from.",
        )
    if not evalset.queries:
        raise UsageError(f"{evalset.name!r} has no queries to sample for.", next_step="Add queries.")


def _sample(evalset: EvalSet, corpus: Corpus, documents: Corpus, sampling: Sampling) -> Sample:
    judged = _judged(evalset)
    return Sample(
        evalset=replace(evalset, sampling=sampling),
        corpus=documents,
        judged=len(judged & documents.rows.keys()),
        absent=len(judged - corpus.rows.keys()),
    )


def _judged(evalset: EvalSet) -> set[str]:
    return {document for grades in evalset.qrels.values() for document in grades}


def _pooled(runs: Mapping[str, Run], evalset: EvalSet, depth: int) -> set[str]:
    return {document for run in runs.values() for query in evalset.queries for document in top(run, query.id, depth)}


def _depth_that_fits(runs: Mapping[str, Run], evalset: EvalSet, depth: int, most: int) -> int:
    """The largest depth below `depth` whose pool is small enough; 0 when none is."""
    judged = _judged(evalset)
    low, high = 0, depth - 1
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(judged | _pooled(runs, evalset, middle)) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _size(runs: Mapping[str, Run], evalset: EvalSet, corpus: Corpus, depth: int) -> int:
    return len(_judged(evalset) & corpus.rows.keys() | _pooled(runs, evalset, depth))


def _fewer(queries: int) -> str:
    return f"--most-queries {queries}" if queries else ""


def _or(*ways: str) -> str:
    return ", or ".join(way for way in ways if way)


def _too_many(count: int, most: int, depth: int, fitting: int, queries: int) -> Refused:
    shallower = f"--depth {fitting}, which is exact down to rank {fitting}" if fitting else ""
    advice = _or(_fewer(queries), f"--documents {count}", shallower)
    return Refused(
        f"The pool to depth {depth} and the judged documents are {count:,} documents; at most {most:,} are allowed. "
        "A pool is not cut, since what is cut out would be missing for the systems that returned it.",
        next_step=advice,
    )


def _made(sample: Sample) -> Iterator[str]:
    sampling = sample.evalset.sampling
    assert sampling is not None
    if sampling.method == "pooled":
        systems = ", ".join(f"{name} to depth {depth}" for name, depth in sampling.pool.items())
        yield (
            f"{len(sample.corpus):,} of {sampling.corpus:,} documents: {sample.judged:,} judged, the others pooled "
            f"from {systems}."
        )
    else:
        yield (
            f"{len(sample.corpus):,} of {sampling.corpus:,} documents: {sample.judged:,} judged, "
            f"{sampling.sampled:,} drawn at random with seed {sampling.seed}."
        )


def _meaning(sample: Sample) -> Iterator[str]:
    sampling = sample.evalset.sampling
    assert sampling is not None
    if sampling.method == "random":
        yield (
            "Numbers measured on it are upper bounds; recall is to be read after correction, with its interval. Label "
            "before you sample: labels added to a random sample spoil the correction."
        )
        return
    depth = min(sampling.pool.values(), default=0)
    yield f"Numbers of these systems are exact down to rank {depth}. Those of any other system are upper bounds."
    if depth < SHALLOW:
        yield f"A pool shallower than {SHALLOW} inflates systems outside it by several points."


def _lost(sample: Sample) -> Iterator[str]:
    if sample.absent:
        yield f"{sample.absent:,} judged documents are not in the corpus; their labels are kept and cannot be met."
