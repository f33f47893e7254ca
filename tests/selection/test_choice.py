"""Who is chosen: the cheapest of those that are shown to lose little to the best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helmert.evaluation import EvalSet, Measure, QueryFacts, Run, Scores
from helmert.evaluation.scoring import score
from helmert.selection.choice import choose, contrasts
from helmert.selection.corpus import Corpus
from helmert.selection.material import Material
from helmert.selection.scorecard import Contrast, Estimate, Row
from helmert.selection.terms import Terms
from helmert.selection.trial import Trial
from helmert.types import Document, Query

NDCG = Measure.parse("nDCG@10")
TERMS = Terms(measures=(NDCG,), sweep=None)


def material(queries: int, *, clusters: int | None = None) -> Material:
    ids = [f"q{n:04d}" for n in range(queries)]
    facts = {name: QueryFacts(cluster=f"c{n % clusters}") for n, name in enumerate(ids)} if clusters else {}
    return Material(
        corpus=Corpus.of([Document(id="right", text="right"), Document(id="wrong", text="wrong")]),
        evalset=EvalSet(
            name="coins",
            queries=tuple(Query(id=name, text=name) for name in ids),
            qrels={name: {"right": 1} for name in ids},
            query_facts=facts,
        ),
    )


def trial(name: str, right: np.ndarray[tuple[int], np.dtype[np.bool_]], made: Material, bytes_kept: int = 0) -> Trial:
    """A system that finds the answer to some queries."""
    ids = [query.id for query in made.queries]
    run = Run.from_columns(ids, [1] * len(ids), ["right" if hit else "wrong" for hit in right], [1.0] * len(ids))
    scores: Scores = score(run, made.evalset, [NDCG])
    mean = float(right.mean())
    row = Row(
        name=name,
        kind="lexical" if name == "BM25" else "dense",
        model=name,
        prompt="",
        dims=None,
        space="",
        quality={"nDCG@10": Estimate(value=mean, low=mean, high=mean)},
        tie_range={},
        judged=1.0,
        storage_bytes=bytes_kept or None,
    )
    return Trial(row=row, run=run, scores=scores)


def hits(share: float, queries: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.random.default_rng(seed).random(queries) < share


def test_the_cheapest_that_is_shown_to_lose_little_is_recommended() -> None:
    made = material(600)
    base = hits(0.7, 600, 1)
    nearly = base.copy()
    nearly[np.flatnonzero(base)[:2]] = False
    trials = [
        trial("large", base, made, 4096),
        trial("small", nearly, made, 256),
        trial("poor", base & hits(0.6, 600, 2), made, 64),
        trial("BM25", hits(0.3, 600, 3), made),
    ]
    choice, compared = choose(trials, "BM25", made, TERMS)
    assert choice is not None
    assert (choice.best, choice.tied_with, choice.recommended) == ("large", ("small",), "small")
    assert {each.against for each in compared} == {"large"}
    assert any("cheapest" in sentence for sentence in choice.sentences)


def test_nothing_is_recommended_where_no_model_finds_anything() -> None:
    made = material(40)
    nothing = np.zeros(40, dtype=np.bool_)
    trials = [trial("large", nothing, made, 4096), trial("small", nothing, made, 64), trial("BM25", nothing, made)]
    assert choose(trials, "BM25", made, TERMS) == (None, ())


def test_a_tie_alone_does_not_make_a_cheaper_model_the_recommended_one() -> None:
    made = material(60)
    trials = [
        trial("large", hits(0.7, 60, 1), made, 4096),
        trial("small", hits(0.65, 60, 2), made, 256),
        trial("BM25", hits(0.3, 60, 3), made),
    ]
    choice, _ = choose(trials, "BM25", made, TERMS)
    assert choice is not None
    assert choice.tied_with
    assert choice.recommended == choice.best
    assert any("more labelled queries" in sentence for sentence in choice.sentences)


def test_a_model_that_is_worse_by_five_points_is_hardly_ever_recommended() -> None:
    wrong = 0
    for world in range(200):
        made = material(100)
        rng = np.random.default_rng(world)
        good = rng.random(100) < 0.7
        cheap = good & (rng.random(100) < 0.65 / 0.7)
        trials = [trial("large", good, made, 4096), trial("small", cheap, made, 64)]
        choice, _ = choose([*trials, trial("BM25", hits(0.3, 100, world), made)], "BM25", made, TERMS)
        assert choice is not None
        wrong += choice.recommended == "small"
    assert wrong <= 10


def test_many_cheaper_models_do_not_make_a_worse_one_the_recommended_one() -> None:
    wrong, worlds = 0, 60
    for world in range(worlds):
        made = material(300)
        rng = np.random.default_rng(world)
        good = rng.random(300) < 0.7
        trials = [trial("large", good, made, 4096)]
        trials += [trial(f"m{n}", good & (rng.random(300) < 0.65 / 0.7), made, 64 + n) for n in range(7)]
        choice, _ = choose(
            [*trials, trial("BM25", hits(0.3, 300, world), made)], "BM25", made, replace(TERMS, margin=0.05)
        )
        assert choice is not None
        wrong += choice.recommended != "large"
    assert wrong <= 0.12 * worlds


def test_the_expected_value_of_the_best_of_many_equals_is_below_what_it_showed() -> None:
    made = material(200)
    trials = [trial(f"m{n}", hits(0.5, 200, n), made) for n in range(8)] + [trial("BM25", hits(0.5, 200, 99), made)]
    choice, _ = choose(trials, "BM25", made, TERMS)
    assert choice is not None
    assert choice.expected < choice.observed
    assert len(choice.tied_with) == 7
    assert any("the best of 8" in sentence for sentence in choice.sentences)


def test_of_equal_candidates_none_is_shown_to_be_worse_in_95_of_100_worlds() -> None:
    """The best is picked by the same numbers that the others are compared with."""
    wrong = 0
    for world in range(100):
        made = material(60)
        trials = [trial(f"m{n}", hits(0.5, 60, 1000 * world + n), made) for n in range(6)]
        choice, _ = choose([*trials, trial("BM25", hits(0.5, 60, 1000 * world + 9), made)], "BM25", made, TERMS)
        assert choice is not None
        wrong += len(choice.tied_with) < 5
    assert wrong <= 11, "5 expected; 11 or fewer with a probability of 0.99"


def test_a_holdout_confirms_on_queries_that_did_not_choose() -> None:
    made = material(300)
    trials = [trial(f"m{n}", hits(0.5, 300, n), made) for n in range(10)]
    trials.append(trial("BM25", hits(0.4, 300, 77), made))
    choice, _ = choose(trials, "BM25", made, replace(TERMS, holdout=0.5))
    assert choice is not None
    assert choice.confirmed is not None
    assert choice.confirmed.value < choice.observed
    best = next(each for each in trials if each.name == choice.best)
    both = (choice.observed * 150 + choice.confirmed.value * 150) / 300
    assert both == pytest.approx(best.scores.mean(NDCG), abs=1e-9)
    assert any("held back from choosing" in sentence for sentence in choice.sentences)


def test_a_holdout_keeps_clusters_together() -> None:
    made = material(120, clusters=12)
    right = np.array([n % 12 < 6 for n in range(120)])
    choice, _ = choose(
        [trial("one", right, made), trial("BM25", ~right, made)], "BM25", made, replace(TERMS, holdout=0.5)
    )
    assert choice is not None
    assert choice.confirmed is not None
    assert choice.observed * 6 == pytest.approx(round(choice.observed * 6))


def test_contrasts_are_holm_adjusted_over_candidates_and_measures() -> None:
    made = material(100)
    terms = replace(TERMS, measures=(NDCG,))
    trials = [trial(f"m{n}", hits(0.5 + n / 20, 100, n), made) for n in range(4)]
    found = contrasts([*trials, trial("BM25", hits(0.4, 100, 50), made)], "BM25", made, terms)
    by_p = sorted(found, key=lambda each: each.p_value)
    assert by_p[0].adjusted_p == pytest.approx(min(1.0, 4 * by_p[0].p_value))
    assert all(each.adjusted_p >= each.p_value for each in found)


def test_bm25_that_beats_every_model_is_told_of() -> None:
    made = material(200)
    choice, compared = choose(
        [trial("BM25", hits(0.9, 200, 1), made), trial("m", hits(0.5, 200, 2), made)], "BM25", made, TERMS
    )
    assert choice is not None
    assert any("BM25" in sentence and "is better than m" in sentence for sentence in choice.sentences)
    (against,) = compared
    assert isinstance(against, Contrast)
    assert against.adjusted_p < 0.01


def test_a_live_model_that_is_not_beaten_is_told_of() -> None:
    made = material(100)
    base = hits(0.6, 100, 4)
    better = base.copy()
    better[np.flatnonzero(~base)[0]] = True
    choice, _ = choose(
        [trial("new", better, made), trial("live", base, made), trial("BM25", hits(0.2, 100, 5), made)],
        "live",
        made,
        TERMS,
    )
    assert choice is not None
    assert any("Against the live model live" in s and "is not shown" in s for s in choice.sentences)


def test_nothing_is_chosen_among_no_models() -> None:
    made = material(10)
    assert choose([trial("BM25", hits(0.5, 10, 0), made)], "BM25", made, TERMS) == (None, ())
