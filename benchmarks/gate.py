"""How often the gate lets a candidate pass that is worse by exactly the margin, against a gate on observed differences.

For every collection, measure and pair of systems of which one is worse, that one is the candidate and its true loss is
the margin, so every PASS is an error. Sets of 50 to 200 queries are drawn from all the queries with replacement and
judged as `helmert compare` judges them. The rival is the rule of most evaluation tools: pass when the observed loss is
below the margin.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python benchmarks/gate.py`

from benchmarks import harness
from benchmarks.rankings import collections, rank, subset
from helmert.evaluation import (
    Comparison,
    Counts,
    EvalSet,
    Evidence,
    GatePolicy,
    GateRule,
    Measure,
    Run,
    Scores,
    Verdict,
    compare,
    decide,
    paired_interval,
    score,
)

GOAL = "a candidate that is worse by the margin passes in at most 5% of all sets"
ALLOWED = 0.05
MEASURES = [Measure.parse(name) for name in ("recall@10", "nDCG@10")]
SMALLEST_LOSS = 0.005
SIZES = (50, 100, 200)
DEPTH = 20
SEED = 20261122

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """All values of a system and of one that is better than it."""

    name: str
    measure: Measure
    candidate: Values
    incumbent: Values

    @property
    def margin(self) -> float:
        """What the candidate truly loses."""
        return float((self.incumbent - self.candidate).mean())


def losses(evalset: EvalSet, runs: Mapping[str, Run]) -> Iterator[Loss]:
    """Every pair of systems and measure in which the second is worse."""
    scores = {name: score(run, evalset, MEASURES) for name, run in runs.items()}
    for better, worse in permutations(scores, 2):
        for measure in MEASURES:
            name = f"{evalset.name}: {worse} after {better}, {measure}"
            loss = Loss(
                name=name, measure=measure, candidate=scores[worse].of(measure), incumbent=scores[better].of(measure)
            )
            if loss.margin >= SMALLEST_LOSS:
                yield loss


def drawn_scores(values: Values, measure: Measure) -> Scores:
    """The values of a drawn set as scores."""
    counts = Counts(queries=values.size, missing=0, excluded=0, unknown=0, duplicates=0, tied=0)
    ids = tuple(f"q{n}" for n in range(values.size))
    return Scores(query_ids=ids, values={measure: values}, counts=counts, evalset="drawn", ties="expected")


def redrawn(comparison: Comparison, differences: Values) -> Comparison:
    """The comparison with what a quality rule looks at, for other queries; p-values and bootstrap take longer."""
    return replace(
        comparison,
        n=differences.size,
        effective=float(differences.size),
        difference=float(differences.mean()),
        interval=paired_interval(differences),
        mean_square=float(np.square(differences).mean()),
    )


def passes(loss: Loss, size: int, sets: int, rng: np.random.Generator) -> dict[str, int]:
    """How many of the drawn sets each rule passes the worse system on."""
    policy = GatePolicy(rules=(GateRule(measure=loss.measure, margin=loss.margin),))
    passed = {"gate": 0, "observed": 0}
    first = [drawn_scores(values[:size], loss.measure) for values in (loss.candidate, loss.incumbent)]
    whole = compare(first[0], first[1], loss.measure)
    for _ in range(sets):
        rows = rng.integers(0, loss.candidate.size, size)
        comparison = redrawn(whole, loss.candidate[rows] - loss.incumbent[rows])
        passed["gate"] += decide(Evidence(comparisons=(comparison,)), policy).verdict is Verdict.PASS
        passed["observed"] += comparison.difference > -loss.margin
    return passed


def measure(data: Sequence[Path], *, quick: bool) -> tuple[dict[str, Any], float]:
    """Rates of both rules by size, and how much room the worst rate of the gate leaves."""
    rng = np.random.default_rng(SEED)
    found: list[Loss] = []
    for corpus, evalset in collections(data):
        few = subset(evalset, [query.id for query in evalset.answerable[: 1000 if quick else 5000]])
        found.extend(losses(few, rank(corpus, few, DEPTH)))
    chosen = [found[place] for place in sorted(rng.permutation(len(found))[: 8 if quick else len(found)])]
    sets = 200 if quick else 1000
    figures: dict[str, Any] = {"losses": len(chosen), "sets": sets}
    worst_rate = 0.0
    for size in SIZES if chosen else ():
        rates = {loss.name: passes(loss, size, sets, rng) for loss in chosen}
        for rule in ("gate", "observed"):
            figures[f"{rule}, {size} queries"] = harness.rates_of(rates, rule, sets)
        worst_rate = max(worst_rate, *(passed["gate"] / sets for passed in rates.values()))
    return figures, ALLOWED + 2.0 * math.sqrt(ALLOWED * (1.0 - ALLOWED) / sets) - worst_rate


def main(given: Sequence[str] | None = None) -> int:
    """Rank every collection, draw sets, judge them and print the rates."""
    parser = harness.parser(__doc__ or "")
    arguments = parser.parse_args(given)
    with harness.faults_of_data(parser):
        figures, room = measure(harness.folders(arguments), quick=arguments.quick)
    return harness.conclude("gate", figures, goal=GOAL, holds=figures["losses"] > 0 and room >= 0)


if __name__ == "__main__":
    sys.exit(main())
