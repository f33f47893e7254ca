"""How often a gate lets a bad candidate pass or stops a good one: simulated evaluations, fixed seeds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from helmert.evaluation import (
    Comparison,
    Evidence,
    GatePolicy,
    GateRule,
    Measure,
    Run,
    Verdict,
    compare,
    decide,
    effective_queries,
    paired_interval,
    score,
)
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.statistics.independence import Clusters
from tests.evaluation.worlds import set_of
from tests.science.worlds import (
    World,
    allowed,
    cluster_names,
    clustered,
    graded,
    one_relevant,
    reciprocal,
    several_relevant,
)

RECALL = Measure.parse("recall@10")
SETS = 4_000


def comparison(differences: FloatArray, clusters: Clusters | None = None) -> Comparison:
    """What the gate would be given for these per-query differences."""
    n, mean = differences.size, float(differences.mean())
    return Comparison(
        measure=RECALL,
        n=n,
        incumbent_mean=0.5,
        candidate_mean=0.5 + mean,
        difference=mean,
        interval=paired_interval(differences, clusters=clusters),
        p_value=1.0,
        mean_square=float(np.square(differences).mean()),
        wins=int((differences > 0).sum()),
        losses=int((differences < 0).sum()),
        ties=int((differences == 0).sum()),
        left_out=0,
        same_set=True,
        effective=effective_queries(differences, clusters=clusters),
    )


def rates(wins: float, losses: float, n: int, rule: GateRule) -> dict[Verdict, float]:
    """How often each verdict is given when queries win and lose with these probabilities."""
    rng = np.random.default_rng(n)
    policy = GatePolicy(rules=(rule,))
    chances = [wins, losses, 1.0 - wins - losses]
    draws = rng.choice([1.0, -1.0, 0.0], size=(SETS, n), p=chances)
    seen = Counter(decide(Evidence(comparisons=(comparison(row),)), policy).verdict for row in draws)
    return {verdict: seen[verdict] / SETS for verdict in Verdict}


@pytest.mark.parametrize("n", [30, 97, 200, 400, 1000])
@pytest.mark.parametrize("wins", [0.0, 0.005, 0.02, 0.1])
def test_a_candidate_worse_by_the_margin_rarely_passes(wins: float, n: int) -> None:
    """From a candidate that only loses (2% of the queries, completely) to one that wins and loses a lot."""
    rule = GateRule(measure=RECALL, margin=0.02)
    assert rates(wins, wins + 0.02, n, rule)[Verdict.PASS] <= allowed(0.05, SETS)


WORLDS = (several_relevant(0.1, -0.02), graded(0.6, -0.01, 0.02), graded(0.0, 0.0, 0.03), reciprocal(-0.1))
"""Each has a true loss, which is taken as the margin."""


@pytest.mark.parametrize("n", [30, 100, 400, 1000])
@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_nor_does_it_under_other_measures(world: World, n: int) -> None:
    rng, sets = np.random.default_rng(n), 1_500
    policy = GatePolicy(rules=(GateRule(measure=RECALL, margin=-world.truth),))
    passed = sum(
        decide(Evidence(comparisons=(comparison(world.draw(rng, n)),)), policy).verdict is Verdict.PASS
        for _ in range(sets)
    )
    assert passed / sets <= allowed(0.05, sets)


@pytest.mark.parametrize("shared", [0.3, 1.0])
@pytest.mark.parametrize("clusters", [30, 100, 250])
@pytest.mark.parametrize("world", [one_relevant(0.0, 0.05), one_relevant(0.05, 0.1), graded(0.6, -0.01, 0.04)], ids=str)
def test_nor_when_queries_come_in_clusters(world: World, clusters: int, shared: float) -> None:
    """Four paraphrases of each question, which may all be lost together."""
    sizes, rng, sets = np.full(clusters, 4), np.random.default_rng(clusters), 600
    draw, names = clustered(world, sizes, shared), cluster_names(sizes)
    policy = GatePolicy(rules=(GateRule(measure=RECALL, margin=-world.truth),))
    passed = sum(
        decide(Evidence(comparisons=(comparison(draw(rng), names),)), policy).verdict is Verdict.PASS
        for _ in range(sets)
    )
    assert passed / sets <= allowed(0.05, sets)


@pytest.mark.parametrize(("margin", "n"), [(0.01, 370), (0.05, 40), (0.05, 142), (0.1, 30)])
def test_the_rate_holds_for_other_margins(margin: float, n: int) -> None:
    assert rates(0.0, margin, n, GateRule(measure=RECALL, margin=margin))[Verdict.PASS] <= allowed(0.05, SETS)


@pytest.mark.parametrize("n", [30, 100, 400])
@pytest.mark.parametrize("changed", [0.02, 0.1, 0.3])
def test_an_equal_candidate_fails_in_at_most_5_percent(changed: float, n: int) -> None:
    """And is not taken for better any more often."""
    equal = changed / 2
    assert rates(equal, equal, n, GateRule(measure=RECALL, margin=0.02))[Verdict.FAIL] <= allowed(0.05, SETS)
    better = GateRule(measure=RECALL, margin=0.0, kind="superior")
    assert rates(equal, equal, n, better)[Verdict.PASS] <= allowed(0.05, SETS)


def test_a_good_candidate_passes_when_the_set_has_the_estimated_size() -> None:
    """The estimate promises four of five; the bounds allow for the simulation and for discrete outcomes."""
    rule = GateRule(measure=RECALL, margin=0.03)
    pilot = np.array([1.0] * 10 + [-1.0] * 10 + [0.0] * 180)
    needed = decide(Evidence(comparisons=(comparison(pilot),)), GatePolicy(rules=(rule,))).queries_needed
    assert needed is not None
    assert 0.77 <= rates(0.05, 0.05, needed, rule)[Verdict.PASS] <= 0.85


def test_a_clear_regression_is_found() -> None:
    assert rates(0.02, 0.12, 300, GateRule(measure=RECALL, margin=0.02))[Verdict.FAIL] >= 0.95


def test_broken_rankings_do_not_pass_from_end_to_end() -> None:
    """Runs and judgements instead of differences: 2% of the answers vanish from an otherwise equal ranking."""
    rng = np.random.default_rng(8)
    n, sets = 230, 300
    queries = [f"q{number}" for number in range(n)]
    evalset = set_of({query: {f"answer {query}": 1} for query in queries})
    documents = [f"answer {query}" for query in queries] + ["wrong"]
    policy = GatePolicy(rules=(GateRule(measure=RECALL, margin=0.02),))
    old = score(Run.from_codes(queries, [1] * n, documents, np.arange(n), np.ones(n)), evalset, [RECALL])
    passed = 0
    for _ in range(sets):
        found = np.where(rng.random(n) < 0.02, n, np.arange(n))
        new = score(Run.from_codes(queries, [1] * n, documents, found, np.ones(n)), evalset, [RECALL])
        passed += decide(Evidence(comparisons=(compare(new, old, RECALL),)), policy).verdict is Verdict.PASS
    assert passed / sets <= allowed(0.05, sets)
