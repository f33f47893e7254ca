"""Many slices, many measures, many candidates: how often chance alone says something, and what pooling gains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helmert.evaluation import EvalSet, Measure, QueryFacts, Scores, compare_slices, holm, partial_pool, shrink_best
from helmert.evaluation.arrays import FloatArray
from helmert.evaluation.scoring import Counts
from helmert.evaluation.statistics import paired_interval, sign_flip_p, split_queries
from tests.evaluation.worlds import set_of
from tests.science.worlds import allowed

RECALL, NDCG = Measure.parse("recall@10"), Measure.parse("nDCG@10")
WORLDS = 300


def slices_of(slices: int, queries: int) -> EvalSet:
    """Slices of equal size."""
    names = [f"q{number}" for number in range(slices * queries)]
    facts = {name: QueryFacts(slices={"topic": f"t{row % slices}"}) for row, name in enumerate(names)}
    return replace(set_of({name: {"d": 1} for name in names}), query_facts=facts)


def scores_of(evalset: EvalSet, recall: FloatArray, ndcg: FloatArray) -> Scores:
    """Scores with these values."""
    counts = Counts(queries=recall.size, missing=0, excluded=0, unknown=0, duplicates=0, tied=0)
    ids = tuple(query.id for query in evalset.queries)
    return Scores(query_ids=ids, values={RECALL: recall, NDCG: ndcg}, counts=counts, evalset="x", ties="expected")


def system(rng: np.random.Generator, luck: FloatArray, found: float) -> tuple[FloatArray, FloatArray]:
    """Recall and nDCG of one system: nDCG is recall with a rank, so the two measures go together."""
    own = np.where(rng.random(luck.size) < 0.6, luck, rng.random(luck.size))
    recall = (own < found).astype(np.float64)
    return recall, recall / np.log2(2.0 + rng.integers(0, 8, luck.size))


@pytest.mark.parametrize(("slices", "queries"), [(8, 40), (16, 30)])
def test_pitfall_12_equal_systems_have_no_worse_slice_in_95_percent(slices: int, queries: int) -> None:
    """Over all slices and both measures. Without Holm at least one would be called worse in far more worlds."""
    rng = np.random.default_rng(slices)
    with_holm = without = 0
    for _ in range(WORLDS):
        luck = rng.random(slices * queries)
        old, new = system(rng, luck, 0.7), system(rng, luck, 0.7)
        parts = [part for one, two in zip(new, old, strict=True) for part in (one - two).reshape(slices, queries)]
        p = [sign_flip_p(part, rng, rounds=1999, alternative="worse") for part in parts]
        with_holm += bool((holm(p) <= 0.05).any())
        without += min(p) <= 0.05
    assert with_holm / WORLDS <= allowed(0.05, WORLDS)
    assert without / WORLDS > 0.25


def test_equal_systems_have_no_worse_slice_from_end_to_end() -> None:
    evalset, rng = slices_of(8, 40), np.random.default_rng(1)
    wrong = 0
    for _ in range(100):
        luck = rng.random(320)
        old, new = (scores_of(evalset, *system(rng, luck, 0.7)) for _ in range(2))
        wrong += any(c.p_holm <= 0.05 for c in compare_slices(new, old, evalset, RECALL))
    assert wrong / 100 <= allowed(0.05, 100)


def test_a_slice_that_is_truly_worse_is_found() -> None:
    evalset, rng = slices_of(8, 60), np.random.default_rng(3)
    hurt = np.arange(480) % 8 == 3
    found = 0
    for _ in range(60):
        luck = rng.random(480)
        old, (recall, ndcg) = scores_of(evalset, *system(rng, luck, 0.8)), system(rng, luck, 0.8)
        new = scores_of(evalset, np.where(hurt, recall * (rng.random(480) < 0.55), recall), ndcg)
        worse = [c.name for c in compare_slices(new, old, evalset, RECALL) if c.p_holm <= 0.05]
        found += worse == ["topic=t3"]
    assert found / 60 > 0.8


def test_partial_pooling_is_nearer_to_the_truth_than_the_raw_slices() -> None:
    """Twelve slices of 20 to 200 queries whose true differences vary a little: mean squared error, and coverage."""
    rng = np.random.default_rng(4)
    raw_error = pooled_error = held = total = 0.0
    for _ in range(400):
        truths = rng.normal(-0.01, 0.02, 12)
        differences = [
            np.clip(rng.normal(t, 0.3, n), -1, 1) for t, n in zip(truths, rng.integers(20, 200, 12), strict=True)
        ]
        means = [float(d.mean()) for d in differences]
        variances = [(paired_interval(d).width / 3.92) ** 2 for d in differences]
        pool = partial_pool(means, variances)
        raw_error += float(np.square(np.array(means) - truths).sum())
        pooled_error += float(np.square(np.array(pool.estimates) - truths).sum())
        held += sum(t in interval for t, interval in zip(truths, pool.intervals, strict=True))
        total += 12
    assert pooled_error < 0.6 * raw_error
    assert held / total >= 0.93


@pytest.mark.parametrize("candidates", [8, 16])
def test_the_best_of_equal_candidates_loses_its_lead(candidates: int) -> None:
    """Observed, the best of 8 equal ones leads by two points on 200 queries; corrected, by less than half a point."""
    rng = np.random.default_rng(candidates)
    raw, adjusted, wrong = [], [], 0
    for _ in range(400):
        luck = rng.random(200)
        old = system(rng, luck, 0.8)[0]
        new = np.stack([system(rng, luck, 0.8)[0] for _ in range(candidates)], axis=1)
        best = shrink_best(new - old[:, None])
        raw.append(best.raw)
        adjusted.append(best.adjusted)
        wrong += best.interval.low > 0.0
    assert np.mean(raw) > 0.02
    assert abs(np.mean(adjusted)) < 0.01
    assert np.mean(adjusted) < 0.35 * np.mean(raw)
    assert wrong / 400 <= 0.05


def test_the_half_kept_back_does_not_know_who_was_chosen() -> None:
    """Chosen on one half, the best of 8 equal candidates shows no lead on the other."""
    rng = np.random.default_rng(9)
    ids = [f"q{n}" for n in range(200)]
    choosing, confirming = split_queries(ids, None, 0.5, rng)
    chosen = np.array([query in choosing for query in ids])
    leads = []
    for _ in range(400):
        d = rng.choice([1.0, -1.0, 0.0], size=(200, 8), p=[0.1, 0.1, 0.8])
        best = int(d[chosen].mean(axis=0).argmax())
        leads.append(float(d[~chosen, best].mean()))
    assert len(confirming) == 100
    assert abs(np.mean(leads)) < 3 * 0.447 / np.sqrt(100 * 400)


def test_holm_over_correlated_tests() -> None:
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(WORLDS):
        shared = rng.choice([1.0, -1.0, 0.0], size=60, p=[0.2, 0.2, 0.6])
        noise = rng.choice([1.0, -1.0, 0.0], size=(10, 60), p=[0.1, 0.1, 0.8])
        p = [sign_flip_p(np.clip(shared + row, -1, 1), rng, rounds=999) for row in noise]
        wrong += bool((holm(p) <= 0.05).any())
    assert wrong / WORLDS <= allowed(0.05, WORLDS)
