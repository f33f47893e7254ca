"""Clusters and weights: intervals and p-values of queries that are not independent or do not count the same.

At least 30 clusters. Sizes: four each; geometric with mean four; heavy-tailed up to 30. From independent queries to
clusters that change as a whole. Weights: log-normal, also related to which queries differ.
"""

from __future__ import annotations

import numpy as np
import pytest

from helmert.evaluation import effective_queries, mean_interval, paired_interval, sign_flip_p
from helmert.evaluation.arrays import FloatArray, IntArray
from helmert.evaluation.statistics import bootstrap_interval
from tests.science.worlds import World, allowed, cluster_names, clustered, graded, one_relevant, several_relevant

SETS = 1_200
PROMISE = 0.065
"""95% promised; the noise of 1,200 sets is 0.6 points."""


def sizes_of(kind: str, clusters: int) -> IntArray:
    """How many queries each cluster holds."""
    rng = np.random.default_rng(clusters)
    match kind:
        case "four":
            return np.full(clusters, 4)
        case "geometric":
            return rng.geometric(0.25, clusters).astype(np.int64)
        case _:
            return np.minimum(1 + rng.pareto(1.2, clusters), 30).astype(np.int64)


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("kind", "clusters"), [("four", 30), ("geometric", 40), ("heavy", 60), ("four", 150)])
@pytest.mark.parametrize(
    "world",
    [one_relevant(0.05, 0.05), one_relevant(0.0, 0.06), several_relevant(0.3, 0.05), graded(0.8, 0.03, 0.02)],
    ids=str,
)
def test_clustered_differences(world: World, kind: str, clusters: int, shared: float) -> None:
    sizes, rng = sizes_of(kind, clusters), np.random.default_rng(clusters)
    draw, names = clustered(world, sizes, shared), cluster_names(sizes)
    missed = [world.truth not in paired_interval(draw(rng), clusters=names) for _ in range(SETS // 3)]
    assert float(np.mean(missed)) <= allowed(PROMISE, SETS // 3)


def test_ignoring_clusters_misses_far_too_often() -> None:
    """What the clusters are for: paraphrases that change together, taken for independent queries."""
    world, sizes, rng = one_relevant(0.1, 0.1), np.full(50, 4), np.random.default_rng(1)
    draw = clustered(world, sizes, 0.9)
    assert np.mean([world.truth not in paired_interval(draw(rng)) for _ in range(400)]) > 0.2


@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_one_clustered_mean(shared: float) -> None:
    sizes, rng = sizes_of("geometric", 40), np.random.default_rng(2)
    draw, names = clustered(one_relevant(0.8, 0.0), sizes, shared), cluster_names(sizes)
    missed = [0.8 not in mean_interval(draw(rng), clusters=names) for _ in range(SETS)]
    assert float(np.mean(missed)) <= PROMISE


def weighted_draw(world: World, weights: FloatArray, rng: np.random.Generator, *, related: bool) -> FloatArray:
    """Differences; if related, light queries lose most of theirs."""
    d = world.draw(rng, weights.size)
    kept = rng.random(weights.size) < np.where(weights > np.median(weights), 1.0, 0.3)
    return np.where(kept, d, 0.0) if related else d


@pytest.mark.parametrize("related", [False, True])
@pytest.mark.parametrize("n", [60, 200])
@pytest.mark.parametrize("world", [one_relevant(0.05, 0.1), one_relevant(0.0, 0.1), graded(0.8, 0.03, 0.02)], ids=str)
def test_weighted_differences(world: World, n: int, related: bool) -> None:
    rng = np.random.default_rng(n)
    weights = rng.lognormal(0.0, 0.7, n)
    share = np.where(weights > np.median(weights), 1.0, 0.3) if related else np.ones(n)
    truth = world.truth * float(weights @ share / weights.sum())
    draws = (weighted_draw(world, weights, rng, related=related) for _ in range(SETS))
    missed = [truth not in paired_interval(d, weights=weights) for d in draws]
    assert float(np.mean(missed)) <= PROMISE


def test_the_cluster_bootstrap() -> None:
    world, sizes, rng = several_relevant(0.3, 0.05), np.full(200, 3), np.random.default_rng(5)
    draw, names, sets = clustered(world, sizes, 0.7), cluster_names(sizes), 120
    missed = [world.truth not in bootstrap_interval(draw(rng), rng, clusters=names) for _ in range(sets)]
    assert float(np.mean(missed)) <= allowed(0.06, sets)


def test_effective_queries_gives_the_variance_of_the_mean() -> None:
    """Over many sets, the variance of the clustered mean is that of `effective_queries` independent ones."""
    world, sizes, rng = one_relevant(0.2, 0.2), np.full(200, 4), np.random.default_rng(6)
    draw, names = clustered(world, sizes, 0.5), cluster_names(sizes)
    draws = [draw(rng) for _ in range(400)]
    spread = float(np.mean([d.var() for d in draws]))
    needed = spread / float(np.var([d.mean() for d in draws]))
    assert float(np.median([effective_queries(d, None, names) for d in draws])) == pytest.approx(needed, rel=0.12)


@pytest.mark.parametrize("world", [one_relevant(0.05, 0.05), graded(0.5, 0.0, 0.0)], ids=str)
def test_p_values_of_equal_systems_are_rarely_small(world: World) -> None:
    """p <= 0.05 in at most 5% of sets, p <= 0.2 in at most 20%; both sides and one."""
    rng = np.random.default_rng(6)
    for alternative in ("different", "worse"):
        found = np.array(
            [sign_flip_p(world.draw(rng, 60), rng, rounds=199, alternative=alternative) for _ in range(SETS)]
        )
        assert float((found <= 0.05).mean()) <= allowed(0.05, SETS)
        assert float((found <= 0.2).mean()) <= allowed(0.2, SETS)


def test_p_values_of_clustered_equal_systems_are_rarely_small() -> None:
    sizes, rng = sizes_of("geometric", 40), np.random.default_rng(7)
    draw, names = clustered(one_relevant(0.1, 0.1), sizes, 0.9), cluster_names(sizes)
    draws = [draw(rng) for _ in range(SETS)]
    by_cluster = np.array([sign_flip_p(d, rng, rounds=199, clusters=names) for d in draws])
    assert float((by_cluster <= 0.05).mean()) <= allowed(0.05, SETS)
    by_query = np.array([sign_flip_p(d, rng, rounds=199) for d in draws[:300]])
    assert float((by_query <= 0.05).mean()) > 0.15
