"""Samples of a corpus: pooled systems keep their numbers exactly, random ones are described well enough to correct."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helmert.errors import Refused, UsageError
from helmert.evaluation import EvalSet, Measure, Run, Sampling, score
from helmert.evaluation.sampling import correct_recall, pool_standing, require_comparable
from helmert.labelling.fewer_queries import fewer_queries
from helmert.labelling.rankings import Ranker
from helmert.labelling.samples import draw, pool
from helmert.selection.corpus import Corpus
from helmert.types import Document, Query
from tests.labelling.corpora import corpus_of, evalset_of, ranker_of

CORPUS = corpus_of(400)
EVALSET = evalset_of(CORPUS, 12)
MEASURES = [Measure.parse(name) for name in ("recall@10", "nDCG@10", "MRR@10")]


def means(run: Run, evalset: EvalSet) -> list[float]:
    scores = score(run, evalset, MEASURES)
    return [scores.mean(measure) for measure in MEASURES]


@pytest.fixture
def ranker(tmp_path: Path) -> Ranker:
    return ranker_of(tmp_path, small=6, large=32)


def test_pooled_systems_have_the_numbers_of_the_whole_corpus(ranker: Ranker) -> None:
    sample = pool(EVALSET, CORPUS, ranker, depth=10)
    assert len(sample.corpus) < 0.7 * len(CORPUS)
    whole, part = (ranker.rank(corpus, EVALSET.queries, 10) for corpus in (CORPUS, sample.corpus))
    for name in ("small", "large"):
        assert means(part[name], sample.evalset) == means(whole[name], EVALSET)


def test_a_system_outside_the_pool_is_inflated_and_pitfall_11_says_so(ranker: Ranker, tmp_path: Path) -> None:
    sample = pool(EVALSET, CORPUS, ranker, depth=5)
    other = ranker_of(tmp_path, stranger=5)
    whole, part = (other.rank(corpus, EVALSET.queries, 20)["stranger"] for corpus in (CORPUS, sample.corpus))
    assert means(part, sample.evalset)[0] > means(whole, EVALSET)[0]
    assert pool_standing(sample.evalset, "stranger", 10).standing == "upper bound"
    with pytest.raises(Refused, match="stranger"):
        require_comparable(sample.evalset, ["small", "stranger"], 5)
    assert require_comparable(sample.evalset, ["small", "large", "BM25"], 5) == ()


def test_the_pool_says_how_it_was_made(ranker: Ranker) -> None:
    sample = pool(EVALSET, CORPUS, ranker, depth=7)
    assert sample.evalset.sampling == Sampling(
        method="pooled",
        corpus=400,
        sampled=len(sample.corpus),
        pool={"small": 7, "large": 7, "BM25": 7},
        corpus_digest=CORPUS.digest,
    )
    assert any("exact down to rank 7" in sentence for sentence in sample.sentences)
    assert any("shallower than 20" in sentence for sentence in sample.sentences)


def test_judged_documents_are_in_every_sample(ranker: Ranker) -> None:
    judged = {document for grades in EVALSET.qrels.values() for document in grades}
    assert judged <= set(pool(EVALSET, CORPUS, ranker, depth=1).corpus.ids)
    assert judged <= set(draw(EVALSET, CORPUS, documents=40, seed=0).corpus.ids)


def test_a_pool_is_never_cut_and_the_refusal_names_a_depth_that_fits(ranker: Ranker) -> None:
    with pytest.raises(Refused, match="A pool is not cut") as caught:
        pool(EVALSET, CORPUS, ranker, depth=20, most=150)
    advice = str(caught.value.next_step)
    fewer = fewer_queries(EVALSET, int(advice.partition("--most-queries ")[2].partition(",")[0]), seed=0)
    assert len(pool(fewer, CORPUS, ranker, depth=20, most=150).corpus) <= 150
    depth = int(advice.partition("--depth ")[2].partition(",")[0])
    assert 1 <= depth < 20
    assert len(pool(EVALSET, CORPUS, ranker, depth=depth, most=150).corpus) <= 150
    with pytest.raises(Refused):
        pool(EVALSET, CORPUS, ranker, depth=depth + 1, most=150)


def test_vectors_of_a_pool_are_paid_once(ranker: Ranker) -> None:
    pool(EVALSET, CORPUS, ranker, depth=5)
    for candidate in ranker.candidates:
        assert ranker.cache.missing(candidate.embedder, "document", CORPUS.texts) == []


def test_queries_without_labels_are_pooled_too(ranker: Ranker) -> None:
    asked = replace(EVALSET, qrels={})
    sample = pool(asked, CORPUS, ranker, depth=3)
    assert sample.judged == 0
    assert len(sample.corpus) >= 12


def test_identical_texts_take_one_place_of_a_ranking(ranker: Ranker) -> None:
    """Otherwise fifty copies of one document would fill a pool of depth fifty."""
    copies = [Document(id=f"copy{n}", text="harbour lantern meadow") for n in range(30)]
    others = [Document(id=f"other{n}", text=f"harbour copper violin number{n}") for n in range(30)]
    evalset = EvalSet(name="t", queries=(Query(id="q", text="harbour lantern meadow"),), qrels={})
    chosen = pool(evalset, Corpus.of([*copies, *others]), ranker, depth=5).corpus.ids
    assert sum(name.startswith("copy") for name in chosen) == 1
    assert len(chosen) >= 5


def test_the_same_seed_draws_the_same_documents_whatever_their_order() -> None:
    turned = Corpus.of(Document(id=document, text=text) for document, text in reversed(list(CORPUS.pairs())))
    first, second, third = (
        set(draw(EVALSET, corpus, documents=100, seed=seed).corpus.ids)
        for corpus, seed in ((CORPUS, 4), (turned, 4), (CORPUS, 5))
    )
    assert first == second
    assert first != third


def test_every_other_document_is_drawn_equally_often() -> None:
    counts = dict.fromkeys(CORPUS.ids, 0)
    for seed in range(300):
        for document in draw(EVALSET, CORPUS, documents=112, seed=seed).corpus.ids:
            counts[document] += 1
    judged = {document for grades in EVALSET.qrels.values() for document in grades}
    drawn = np.array([count for document, count in counts.items() if document not in judged])
    chance = (112 - len(judged)) / (400 - len(judged))
    assert drawn.mean() == pytest.approx(300 * chance)
    assert np.abs(drawn - 300 * chance).max() < 5 * np.sqrt(300 * chance * (1 - chance))


def test_a_random_sample_is_described_well_enough_to_be_corrected(ranker: Ranker) -> None:
    sample = draw(EVALSET, CORPUS, documents=112, seed=1)
    sampling = sample.evalset.sampling
    assert sampling is not None
    assert (sampling.method, sampling.corpus, sampling.sampled + sample.judged) == ("random", 400, 112)
    run = ranker.rank(sample.corpus, EVALSET.queries, 50)["small"]
    found = correct_recall(run, sample.evalset, 10, rng=np.random.default_rng(0))
    assert found.corrected <= found.raw


def test_samples_that_cannot_be_are_refused(ranker: Ranker) -> None:
    with pytest.raises(Refused, match="leave no room") as caught:
        draw(EVALSET, CORPUS, documents=10, seed=3)
    assert str(caught.value.next_step).startswith("--most-queries 5, or --documents ")
    assert draw(fewer_queries(EVALSET, 5, seed=3), CORPUS, documents=10, seed=3).judged == 5
    with pytest.raises(Refused, match="no more than"):
        draw(EVALSET, CORPUS, documents=401, seed=0)
    with pytest.raises(UsageError, match="sample already"):
        draw(draw(EVALSET, CORPUS, documents=50, seed=0).evalset, CORPUS, documents=20, seed=0)
    with pytest.raises(UsageError, match="no queries"):
        pool(EvalSet(name="none", queries=(), qrels={}), CORPUS, ranker)
    with pytest.raises(UsageError, match="at least 1"):
        pool(EVALSET, CORPUS, ranker, depth=0)


def test_judged_documents_that_the_corpus_lacks_are_counted(ranker: Ranker) -> None:
    evalset = replace(EVALSET, qrels={**EVALSET.qrels, "q0": {"gone": 1}})
    sample = pool(evalset, CORPUS, ranker, depth=2)
    assert sample.absent == 1
    assert any("not in the corpus" in sentence for sentence in sample.sentences)


def test_two_candidates_of_one_name_or_one_called_bm25_are_refused(tmp_path: Path) -> None:
    ranker = ranker_of(tmp_path, small=4)
    with pytest.raises(UsageError, match="names of their own"):
        Ranker(candidates=ranker.candidates * 2, cache=ranker.cache)
    with pytest.raises(UsageError, match="names of their own"):
        Ranker(candidates=(replace(ranker.candidates[0], name="BM25"),), cache=ranker.cache)
