"""Random samples of corpora whose true ranks are known, as runs and evaluation sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helmert.evaluation import EvalSet, Run, Sampling
from helmert.types import Query

Ranks = NDArray[np.int64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Ranks]
"""How many of the corpus's other documents stand above each relevant one. Shape (queries, relevant documents)."""


@dataclass(frozen=True, kw_only=True)
class SampledWorld:
    """A ranking of a sample, its set, and the ranks in the corpus behind it."""

    run: Run
    evalset: EvalSet
    above: Ranks
    """Shape (queries, relevant documents), ascending in each row."""

    def recall(self, k: int) -> float:
        """recall@k in the whole corpus, of exactly these queries."""
        return float((self.above + np.arange(self.above.shape[1]) < k).mean())


def sampled_world(
    rng: np.random.Generator, above: Ranks, *, corpus: int, sampled: int, depth: int = 100
) -> SampledWorld:
    """Draw `sampled` of `corpus` documents anew for every query, and rank them."""
    above = np.sort(above, axis=1)
    vocabulary = [f"s{number}" for number in range(sampled)]
    codes: list[int] = []
    lengths: list[int] = []
    qrels: dict[str, dict[str, int]] = {}
    for query, ranks in enumerate(above):
        drawn = np.sort(rng.choice(corpus, sampled, replace=False))
        before = np.searchsorted(drawn, ranks)
        names = [f"r{query}-{number}" for number in range(ranks.size)]
        ranked = np.insert(np.arange(sampled), before, len(vocabulary) + np.arange(ranks.size))[:depth]
        vocabulary += names
        qrels[f"q{query}"] = dict.fromkeys(names, 1)
        codes += ranked.tolist()
        lengths.append(ranked.size)
    scores = np.concatenate([np.arange(length, 0.0, -1.0) for length in lengths])
    evalset = EvalSet(
        name="sampled",
        queries=tuple(Query(id=query, text=query) for query in qrels),
        qrels=qrels,
        sampling=Sampling(method="random", corpus=corpus + above.size, sampled=sampled),
    )
    return SampledWorld(
        run=Run.from_codes(list(qrels), lengths, vocabulary, codes, scores), evalset=evalset, above=above
    )


def log_normal(mean: float, spread: float, corpus: int) -> Draw:
    """Most relevant documents somewhere in the first hundred, few at the very top."""
    return lambda rng, shape: np.minimum(np.exp(rng.normal(mean, spread, shape)), corpus - 1).astype(np.int64)


def top_or_anywhere(top: float, corpus: int) -> Draw:
    """A share at the very top; the others anywhere on a logarithmic scale."""

    def draw(rng: np.random.Generator, shape: tuple[int, int]) -> Ranks:
        spread = np.exp(rng.uniform(0.0, np.log(corpus), shape))
        return np.where(rng.random(shape) < top, 0.0, np.minimum(spread, corpus - 1)).astype(np.int64)

    return draw


def beta(first: float, second: float, corpus: int) -> Draw:
    """A steep slope from the top down to the end of the corpus."""
    return lambda rng, shape: np.floor(rng.beta(first, second, shape) * corpus).astype(np.int64)
