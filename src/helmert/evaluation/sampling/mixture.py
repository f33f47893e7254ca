"""The distribution of true ranks from thinned ones, by expectation maximisation."""

from __future__ import annotations

import numpy as np

from helmert.evaluation.arrays import FloatArray, IntArray

ITERATIONS = 150
"""Enough to find the distribution, too few to follow the noise: the mixture of largest likelihood is a few spikes."""


def prior(points: IntArray) -> FloatArray:
    """Where the iteration starts: a number of documents K is as likely as 1 / (K + 1)."""
    weights = 1.0 / (points.astype(np.float64) + 1.0)
    scaled: FloatArray = weights / weights.sum()
    return scaled


def fit(likelihood: FloatArray, counts: FloatArray, start: FloatArray) -> FloatArray:
    r"""Mixing weights of several samples at once.

    With observations i of count c_i, points j and likelihood l_{ij}, each step sets

    p_j \leftarrow p_j \sum_i \frac{c_i}{\sum_i c_i} \frac{l_{ij}}{\sum_m p_m l_{im}},

    which never lowers the likelihood. Its limit is the nonparametric estimate of Kiefer and Wolfowitz (Annals of
    Mathematical Statistics 27, 1956), computed as by Laird (Journal of the American Statistical Association 73,
    1978); stopping after `ITERATIONS` steps from a smooth start keeps it smooth.

    Args:
        likelihood: Shape (observations, points).
        counts: Shape (samples, observations); a sample without any keeps the start.
        start: Shape (points,).

    Returns:
        Shape (samples, points), each row adding up to 1.
    """
    total = counts.sum(axis=1, keepdims=True)
    shares = counts / np.where(total > 0, total, 1.0)
    empty = total[:, 0] <= 0
    weights = np.repeat(start[None], len(counts), axis=0)
    for _ in range(ITERATIONS):
        mixed = weights @ likelihood.T
        ratio = np.divide(shares, mixed, out=np.zeros_like(shares), where=shares > 0)
        weights = weights * (ratio @ likelihood)
    weights[empty] = start
    scaled: FloatArray = weights / weights.sum(axis=1, keepdims=True)
    return scaled


def posterior_mass(likelihood: FloatArray, weights: FloatArray, inside: FloatArray) -> FloatArray:
    """Probability that each observation's point lies inside.

    Args:
        likelihood: Shape (observations, points).
        weights: Shape (samples, points).
        inside: Shape (observations, points): 1.0 for points that count for that observation, else 0.0.

    Returns:
        Shape (samples, observations).
    """
    whole = weights @ likelihood.T
    part = weights @ (likelihood * inside).T
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
