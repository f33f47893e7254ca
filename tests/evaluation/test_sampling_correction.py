"""Corrected recall: cases with a known answer, what it must not depend on, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.errors import UsageError
from helmert.evaluation import EvalSet, Measure, QueryFacts, Sampling, score
from helmert.evaluation.sampling import compare_corrected, correct_recall, mixture, thinning
from tests.evaluation.sampled_worlds import SampledWorld, log_normal, sampled_world, top_or_anywhere
from tests.evaluation.worlds import run_of, set_of

CORPUS = 5_000


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def world() -> SampledWorld:
    above = log_normal(3.0, 1.5, CORPUS)(rng(1), (150, 2))
    return sampled_world(rng(2), above, corpus=CORPUS, sampled=400)


def random_set(evalset: EvalSet, *, corpus: int, sampled: int) -> EvalSet:
    return replace(evalset, sampling=Sampling(method="random", corpus=corpus, sampled=sampled))


@given(corpus=st.integers(1, 40), data=st.data())
def test_thinning_is_the_hypergeometric_distribution(corpus: int, data: st.DataObject) -> None:
    sampled, above = data.draw(st.integers(1, corpus)), data.draw(st.integers(0, corpus))
    seen = np.arange(sampled + 1)
    found = thinning.seen_above(seen, np.array([above]), corpus=corpus, sampled=sampled)[:, 0]
    exact = [
        float(Fraction(comb(above, x) * comb(corpus - above, sampled - x), comb(corpus, sampled)))
        for x in seen.tolist()
    ]
    np.testing.assert_allclose(found, exact, rtol=1e-9, atol=1e-15)
    tail = thinning.at_least_above(seen, np.array([above]), corpus=corpus, sampled=sampled)[:, 0]
    np.testing.assert_allclose(tail, np.cumsum(exact[::-1])[::-1], atol=1e-9)


def test_every_rank_near_the_cut_off_is_a_point_of_its_own_and_the_whole_corpus_is_reached() -> None:
    points = thinning.grid(1_000_000, 10, np.arange(50), 1_000)
    assert points[:20].tolist() == list(range(20))
    assert points[-1] == 1_000_000
    assert points.size <= 90
    assert thinning.grid(7, 10, np.arange(3), 5).tolist() == list(range(8))


def test_some_point_explains_every_count() -> None:
    for corpus, sampled in ((600, 600), (600, 599), (600, 400), (600, 10)):
        seen = np.arange(sampled + 1)
        points = thinning.grid(corpus, 10, seen, sampled)
        assert thinning.seen_above(seen, points, corpus=corpus, sampled=sampled).any(axis=1).all()


def test_no_step_of_the_fit_lowers_the_likelihood(monkeypatch: pytest.MonkeyPatch) -> None:
    points = thinning.grid(1_000, 10, np.arange(30), 100)
    likelihood = thinning.seen_above(np.arange(30), points, corpus=1_000, sampled=100)
    counts = rng().integers(0, 20, (1, 30)).astype(np.float64)
    reached = []
    for steps in (0, 1, 2, 5, 20, 80):
        monkeypatch.setattr(mixture, "ITERATIONS", steps)
        weights = mixture.fit(likelihood, counts, mixture.prior(points))
        assert weights.sum() == pytest.approx(1.0)
        reached.append(float(counts[0] @ np.log(likelihood @ weights[0])))
    assert reached == sorted(reached)


def test_a_sample_of_everything_needs_no_correction() -> None:
    above = top_or_anywhere(0.4, 300)(rng(3), (80, 1))
    world = sampled_world(rng(4), above, corpus=300, sampled=300, depth=300)
    found = correct_recall(world.run, world.evalset, 10, rng=rng())
    assert found.raw == pytest.approx(world.recall(10))
    assert found.corrected == pytest.approx(found.raw, abs=1e-6)


def test_raw_is_the_recall_that_is_scored(world: SampledWorld) -> None:
    measure = Measure.parse("recall@10")
    found = correct_recall(world.run, world.evalset, 10, rng=rng())
    assert found.raw == pytest.approx(score(world.run, world.evalset, [measure]).mean(measure))


def test_corrected_is_below_raw_and_inside_its_interval(world: SampledWorld) -> None:
    found = correct_recall(world.run, world.evalset, 10, rng=rng())
    assert 0.0 <= found.low < found.corrected < found.high <= 1.0
    assert found.corrected < found.raw - 0.2
    assert found.low <= world.recall(10) <= found.high


def test_equal_generators_give_equal_answers(world: SampledWorld) -> None:
    assert correct_recall(world.run, world.evalset, 10, rng=rng(7)) == correct_recall(
        world.run, world.evalset, 10, rng=rng(7)
    )


def test_a_relevant_document_that_judged_ones_push_below_the_cut_off_counts_for_nothing() -> None:
    """Ten judged documents above it are there in the corpus as well, whatever else is drawn."""
    judged = {f"j{number}": 10.0 - number / 20 for number in range(10)}
    run = run_of({"q": {**judged, "r": 5.0, "s1": 1.0}})
    evalset = random_set(set_of({"q": {"r": 1, **dict.fromkeys(judged, 0)}}), corpus=100, sampled=1)
    assert correct_recall(run, evalset, 10, rng=rng()).corrected == 0.0


def test_a_document_missing_from_a_ranking_that_ended_by_itself_is_not_found() -> None:
    """Lexical search returns only what shares a word: a short list is the whole answer."""
    long = {f"s{number}": 50.0 - number for number in range(30)}
    run = run_of({"a": {"s1": 2.0}, "b": {"ra": 99.0, "rb": 98.0, **long}})
    evalset = random_set(set_of({"a": {"ra": 1}, "b": {"rb": 1}}), corpus=1_000, sampled=100)
    found = correct_recall(run, evalset, 10, rng=rng())
    assert found.raw == 0.5
    assert found.corrected <= 0.5


def test_a_query_without_an_answer_counts_as_nothing_found() -> None:
    evalset = random_set(set_of({"a": {"r": 1}, "b": {"r": 1}}), corpus=11, sampled=10)
    ranking = {"r": 99.0} | {f"s{number}": 50.0 - number for number in range(10)}
    found = correct_recall(run_of({"a": ranking}), evalset, 10, rng=rng())
    assert found.raw == 0.5
    assert found.corrected == pytest.approx(0.5)


def test_weights_move_the_value_towards_the_heavy_queries(world: SampledWorld) -> None:
    found = world.above[:, 0] < 10
    heavy = {f"q{row}": QueryFacts(weight=9.0) for row in np.flatnonzero(found).tolist()}
    plain = correct_recall(world.run, world.evalset, 10, rng=rng())
    weighted = correct_recall(world.run, replace(world.evalset, query_facts=heavy), 10, rng=rng())
    assert weighted.corrected > plain.corrected + 0.1


def test_clusters_of_paraphrases_widen_the_interval() -> None:
    one = np.repeat(top_or_anywhere(0.4, CORPUS)(rng(5), (30, 1)), 6, axis=0)
    world = sampled_world(rng(6), one, corpus=CORPUS, sampled=500)
    facts = {f"q{row}": QueryFacts(cluster=f"c{row // 6}") for row in range(180)}
    alone = correct_recall(world.run, world.evalset, 10, rng=rng())
    together = correct_recall(world.run, replace(world.evalset, query_facts=facts), 10, rng=rng())
    assert together.corrected == pytest.approx(alone.corrected)
    assert together.high - together.low > 1.3 * (alone.high - alone.low)


def test_the_order_of_equal_scores_is_a_toss_and_not_the_order_given() -> None:
    ranking = {f"q{n}": {f"r{n}": 1.0} | {f"s{m}": 1.0 for m in range(100)} for n in range(300)}
    evalset = random_set(set_of({f"q{n}": {f"r{n}": 1} for n in range(300)}), corpus=2_300, sampled=100)
    found = correct_recall(run_of(ranking), evalset, 10, rng=rng())
    assert found.raw == pytest.approx(10 / 101, abs=0.06)
    assert found.corrected < 0.06


def test_a_sample_too_small_for_the_cut_off_says_so(world: SampledWorld) -> None:
    few = random_set(world.evalset, corpus=1_000_000, sampled=400)
    found = correct_recall(world.run, few, 10, rng=rng())
    assert not found.enough
    assert "Too few documents were drawn" in found.sentence
    assert "Too few" not in correct_recall(world.run, world.evalset, 10, rng=rng()).sentence


def test_a_system_against_itself_differs_by_nothing_with_an_interval_around_it(world: SampledWorld) -> None:
    found = compare_corrected(world.run, world.run, world.evalset, 10, rng=rng())
    assert found.difference == pytest.approx(0.0)
    assert found.low < 0.0 < found.high


def test_the_corrected_difference_is_that_of_the_corrected_values(world: SampledWorld) -> None:
    better = sampled_world(rng(2), world.above // 3, corpus=CORPUS, sampled=400)
    found = compare_corrected(better.run, world.run, world.evalset, 10, rng=rng())
    assert found.difference == pytest.approx(found.candidate.corrected - found.incumbent.corrected)
    assert found.low <= better.recall(10) - world.recall(10) <= found.high
    assert f"{found.difference:+.3f}" in found.sentence


def test_a_set_that_is_no_random_sample_is_refused(world: SampledWorld) -> None:
    whole = replace(world.evalset, sampling=None)
    pooled = replace(world.evalset, sampling=Sampling(method="pooled", corpus=9, sampled=5, pool={"a": 50}))
    for evalset in (whole, pooled):
        with pytest.raises(UsageError, match="no random sample"):
            correct_recall(world.run, evalset, 10, rng=rng())


@pytest.mark.parametrize(("corpus", "sampled"), [(0, 400), (350, 400), (5_000, 0)])
def test_counts_that_contradict_each_other_are_refused(world: SampledWorld, corpus: int, sampled: int) -> None:
    with pytest.raises(UsageError, match="that cannot be"):
        correct_recall(world.run, random_set(world.evalset, corpus=corpus, sampled=sampled), 10, rng=rng())


def test_a_ranking_shorter_than_the_cut_off_is_refused(world: SampledWorld) -> None:
    with pytest.raises(UsageError, match="at most 100 documents a query"):
        correct_recall(world.run, world.evalset, 101, rng=rng())


def test_a_set_without_positives_is_refused(world: SampledWorld) -> None:
    empty = random_set(set_of({"q": {"d": 0}}), corpus=100, sampled=10)
    with pytest.raises(UsageError, match="no query with a relevant document"):
        correct_recall(world.run, empty, 10, rng=rng())
