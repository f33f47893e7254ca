"""How often 95% intervals of real differences miss the truth, against the t interval and the percentile bootstrap.

For every collection and pair of systems, all per-query differences are the population, so its mean is the truth. Sets
of 30 to 200 queries are drawn from it with replacement; each interval misses where it does not hold that mean. The goal
is judged on the worst pair, measure and size, with two standard errors of the simulation allowed, and only where both
systems win a query at all. The rivals are what evaluation tools and papers use: Student's t, and the bootstrap.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python benchmarks/calibration.py`

from benchmarks import harness
from benchmarks.rankings import collections, rank, subset
from helmert.evaluation import EvalSet, Measure, Run, paired_interval, score
from helmert.evaluation.statistics.quantiles import t_quantile

GOAL = "95% intervals of paired differences miss at most 6.5% from 30 queries on"
ALLOWED = 0.065
MEASURES = [Measure.parse(name) for name in ("recall@10", "nDCG@10", "MRR@10")]
SIZES = (30, 50, 100, 200)
DEPTH = 20
RESAMPLES = 400
"""Of the rival bootstrap; more would not change how often it misses."""
SEED = 20261122

Differences = NDArray[np.float64]
Ends = tuple[float, float]


def ours(differences: Differences, rng: np.random.Generator) -> Ends:
    """The product's interval."""
    del rng
    interval = paired_interval(differences)
    return interval.low, interval.high


def student(differences: Differences, rng: np.random.Generator) -> Ends:
    """Mean plus and minus t standard errors."""
    del rng
    n = differences.size
    half = t_quantile(0.95, n - 1) * float(differences.std(ddof=1)) / math.sqrt(n)
    return float(differences.mean()) - half, float(differences.mean()) + half


def bootstrap(differences: Differences, rng: np.random.Generator) -> Ends:
    """The middle 95% of the means of resampled sets."""
    draws = rng.integers(0, differences.size, (RESAMPLES, differences.size))
    low, high = np.quantile(differences[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


METHODS: Mapping[str, Callable[[Differences, np.random.Generator], Ends]] = {
    "helmert": ours,
    "student": student,
    "bootstrap": bootstrap,
}


def populations(evalset: EvalSet, runs: Mapping[str, Run]) -> Iterator[tuple[str, Differences]]:
    """Per-query differences of every pair of systems under every measure, where each system wins a query."""
    scores = {name: score(run, evalset, MEASURES) for name, run in runs.items()}
    for first, second in combinations(scores, 2):
        for measure in MEASURES:
            differences = scores[second].of(measure) - scores[first].of(measure)
            if differences.size and differences.min() < 0 < differences.max():
                yield f"{evalset.name}: {second} - {first}, {measure}", differences


def misses(population: Differences, size: int, sets: int, rng: np.random.Generator) -> dict[str, int]:
    """How many of `sets` drawn sets each method misses the population's mean in."""
    truth = float(population.mean())
    missed = dict.fromkeys(METHODS, 0)
    for _ in range(sets):
        drawn = population[rng.integers(0, population.size, size)]
        for name, method in METHODS.items():
            low, high = method(drawn, rng)
            missed[name] += not low - 1e-12 <= truth <= high + 1e-12
    return missed


def measure(data: Sequence[Path], *, quick: bool) -> tuple[dict[str, Any], float]:
    """Rates of all methods by size: their mean, and the worst with its population."""
    rng = np.random.default_rng(SEED)
    found: list[tuple[str, Differences]] = []
    for corpus, evalset in collections(data):
        few = subset(evalset, [query.id for query in evalset.answerable[: 1000 if quick else 5000]])
        found.extend(populations(few, rank(corpus, few, DEPTH)))
    most = 20 if quick else len(found)
    chosen = [found[place] for place in sorted(rng.permutation(len(found))[:most])]
    sets = 300 if quick else 2000
    figures: dict[str, Any] = {"populations": len(chosen), "sets": sets}
    worst_of_ours = 0.0
    for size in SIZES if chosen else ():
        rates = {name: misses(population, size, sets, rng) for name, population in chosen}
        for method in METHODS:
            figures[f"{method}, {size} queries"] = harness.rates_of(rates, method, sets)
        worst_of_ours = max(worst_of_ours, *(missed["helmert"] / sets for missed in rates.values()))
    return figures, ALLOWED + 2.0 * math.sqrt(ALLOWED * (1.0 - ALLOWED) / sets) - worst_of_ours


def main(given: Sequence[str] | None = None) -> int:
    """Rank every collection, draw sets and print the rates."""
    parser = harness.parser(__doc__ or "")
    arguments = parser.parse_args(given)
    with harness.faults_of_data(parser):
        figures, room = measure(harness.folders(arguments), quick=arguments.quick)
    return harness.conclude("calibration", figures, goal=GOAL, holds=figures["populations"] > 0 and room >= 0)


if __name__ == "__main__":
    sys.exit(main())
