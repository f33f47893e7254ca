"""What a random sample of documents does to a rank: it thins the documents above it."""

from __future__ import annotations

import math

import numpy as np

from helmert.evaluation.arrays import FloatArray, IntArray

_POINTS = 90
_SINGLE = 20
"""The first numbers of documents above are points of their own; beyond them the points grow apart."""

_log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])


def grid(corpus: int, cutoff: int, seen: IntArray, sampled: int) -> IntArray:
    """Numbers of documents that may stand above a relevant one: every number near the cut-off, then ever fewer.

    Where nearly all documents are in the sample a count tells the number exactly; so that none falls between two
    points, the number that explains each count best is added where no point explains it at all.

    Args:
        corpus: Documents that could stand there.
        cutoff: The k of recall@k; below it no number is left out.
        seen: Counts in the sample that are to be explained.
        sampled: Documents in the sample.
    """
    single = max(_SINGLE, 2 * cutoff)
    spread = np.geomspace(single, max(corpus, single), max(2, _POINTS - _SINGLE))
    points = np.unique(np.round(np.concatenate([np.arange(single), spread])).astype(np.int64))
    points = points[points <= corpus]
    unexplained = seen[~seen_above(seen, points, corpus=corpus, sampled=sampled).any(axis=1)]
    return np.union1d(points, np.round(unexplained * corpus / sampled).astype(np.int64))


def seen_above(seen: IntArray, above: IntArray, *, corpus: int, sampled: int) -> FloatArray:
    r"""Probability that `seen` of the `above` documents above a relevant one are in the sample.

    Drawing n of N documents without returning them leaves x of K with the hypergeometric probability
    \binom{K}{x} \binom{N-K}{n-x} / \binom{N}{n}.

    Returns:
        Shape (seen, above).
    """
    x, k = np.broadcast_arrays(seen[:, None], above[None, :])
    possible = (x <= k) & (x <= sampled) & (sampled - x <= corpus - k)
    x, k = np.where(possible, x, 0), np.where(possible, k, 0)
    logarithm = _choose(k, x) + _choose(corpus - k, sampled - x) - _choose(np.array(corpus), np.array(sampled))
    return np.where(possible, np.exp(np.minimum(logarithm, 0.0)), 0.0)


def at_least_above(seen: IntArray, above: IntArray, *, corpus: int, sampled: int) -> FloatArray:
    """Probability that at least `seen` of the documents above are in the sample. Shape (seen, above)."""
    deepest = int(seen.max(initial=0))
    each = seen_above(np.arange(deepest), above, corpus=corpus, sampled=sampled)
    fewer = np.vstack([np.zeros((1, above.size)), np.cumsum(each, axis=0)])
    return np.clip(1.0 - fewer[seen], 0.0, 1.0)


def _choose(n: IntArray, k: IntArray) -> FloatArray:
    """Logarithm of the binomial coefficient."""
    logarithm: FloatArray = _log_gamma(n + 1.0) - _log_gamma(k + 1.0) - _log_gamma(n - k + 1.0)
    return logarithm
