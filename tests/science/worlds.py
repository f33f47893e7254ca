"""Worlds with a known truth: per-query differences and values whose mean is computed, not estimated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helmert.evaluation.arrays import FloatArray, IntArray

Draw = Callable[[np.random.Generator, int], FloatArray]


def allowed(rate: float, sets: int) -> float:
    """A rate and two standard errors of a simulation."""
    return rate + 2.0 * float(np.sqrt(rate * (1.0 - rate) / sets))


@dataclass(frozen=True, kw_only=True)
class World:
    """Where per-query differences come from."""

    name: str
    draw: Draw
    truth: float

    def __str__(self) -> str:
        return self.name


def one_relevant(wins: float, losses: float) -> World:
    """Recall with one relevant document: +1, -1 and mostly 0."""

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        return rng.choice([1.0, -1.0, 0.0], size=n, p=[wins, losses, 1.0 - wins - losses])

    return World(name=f"one relevant, {wins:g} won, {losses:g} lost", draw=draw, truth=wins - losses)


def several_relevant(change: float, gain: float) -> World:
    """Recall with two to six relevant documents, each found or lost by itself in a share of the queries."""

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        relevant = rng.integers(2, 7, n)
        found = rng.binomial(relevant, (change + gain) / 2)
        lost = rng.binomial(relevant - found, (change - gain) / (2 - change - gain))
        share: FloatArray = np.divide(found - lost, relevant, dtype=np.float64)
        return share

    return World(name=f"several relevant, change {change:g}, gain {gain:g}", draw=draw, truth=gain)


def graded(changed: float, small: float, rare: float) -> World:
    """nDCG: most changes are small and lean one way; a few queries lose or win nearly everything."""

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        size = small + 0.4 * (rng.beta(3, 3, n) - 0.5)
        moved = np.where(rng.random(n) < changed, size, 0.0)
        return np.where(rng.random(n) < rare, -rng.beta(8, 2, n), moved)

    truth = (1 - rare) * changed * small - rare * 0.8
    return World(name=f"graded, {changed:g} by {small:g}, {rare:g} lost", draw=draw, truth=truth)


def reciprocal(better: float) -> World:
    """MRR: two ranks drawn from 1, 2, 3, 5, 10 or not at all; the candidate keeps the incumbent's in most queries."""
    values = np.array([1.0, 1 / 2, 1 / 3, 1 / 5, 1 / 10, 0.0])
    old = np.array([0.5, 0.15, 0.1, 0.1, 0.05, 0.1])
    new = np.array([0.5 + better, 0.15, 0.1, 0.1, 0.05, 0.1 - better])

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        before = rng.choice(values, size=n, p=old)
        kept = rng.random(n) >= 0.3
        return np.where(kept, 0.0, rng.choice(values, size=n, p=new) - before)

    return World(name=f"reciprocal rank, better {better:g}", draw=draw, truth=0.3 * float(values @ (new - old)))


def clustered(world: World, sizes: IntArray, shared: float) -> Callable[[np.random.Generator], FloatArray]:
    """Queries in clusters of these sizes: with probability `shared` all of a cluster have the same difference."""
    members = np.repeat(np.arange(sizes.size), sizes)

    def draw(rng: np.random.Generator) -> FloatArray:
        own, common = world.draw(rng, members.size), world.draw(rng, sizes.size)
        together = rng.random(sizes.size) < shared
        return np.where(together[members], common[members], own)

    return draw


def cluster_names(sizes: IntArray) -> tuple[str, ...]:
    """The cluster of each query."""
    return tuple(f"cluster {number}" for number, size in enumerate(sizes) for _ in range(size))
