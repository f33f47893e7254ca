"""How well recall in a random sample is corrected to the whole corpus: simulated worlds, then real rankings.

What is promised: a mean absolute bias of recall@10 of at most 0.02 where the raw bias exceeds 0.2, and an interval
that holds the recall of the whole corpus. Fixed seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from helmert.corpus import open_source
from helmert.evaluation import EvalSet, Run, Sampling, read_evalset
from helmert.evaluation.sampling import compare_corrected, correct_recall
from helmert.models import open_embedder
from helmert.models.providers import lsa
from helmert.selection.bm25 import BM25Ranking
from helmert.selection.corpus import Corpus
from helmert.selection.ranking import rank_exact
from tests.evaluation.sampled_worlds import Draw, beta, log_normal, sampled_world, top_or_anywhere

K = 10
CORPUS = 10_000
SAMPLED = 500
QUERIES = 200
WORLDS: Mapping[str, Draw] = {
    "log-normal": log_normal(2.0, 2.0, CORPUS),
    "far from the top": log_normal(3.0, 1.5, CORPUS),
    "a third at the top": top_or_anywhere(0.3, CORPUS),
    "steep": beta(0.15, 2.0, CORPUS),
}


@dataclass(frozen=True, kw_only=True)
class Errors:
    """What many samples of one world gave."""

    raw: float
    bias: float
    covered: float

    @classmethod
    def of(cls, rows: list[tuple[float, float, bool]]) -> Errors:
        """From (raw, corrected, held) less the truth."""
        values = np.array(rows, dtype=np.float64)
        return cls(raw=float(values[:, 0].mean()), bias=float(values[:, 1].mean()), covered=float(values[:, 2].mean()))


def truth(draw: Draw, relevant: int) -> float:
    above = np.sort(draw(np.random.default_rng(99), (200_000, relevant)), axis=1)
    return float((above + np.arange(relevant) < K).mean())


def simulated(draw: Draw, *, relevant: int = 1, samples: int = 100) -> Errors:
    expected = truth(draw, relevant)
    rows = []
    for seed in range(samples):
        rng = np.random.default_rng(seed)
        world = sampled_world(rng, draw(rng, (QUERIES, relevant)), corpus=CORPUS, sampled=SAMPLED)
        found = correct_recall(world.run, world.evalset, K, rng=rng)
        rows.append((found.raw - expected, found.corrected - expected, found.low <= expected <= found.high))
    return Errors.of(rows)


def test_mean_absolute_bias_in_simulated_worlds_is_at_most_2_points() -> None:
    """Each sample has other queries and other documents; the truth is the recall over all queries there are."""
    errors = {name: simulated(draw) for name, draw in WORLDS.items()}
    assert all(each.raw > 0.2 for each in errors.values()), errors
    assert float(np.mean([abs(each.bias) for each in errors.values()])) <= 0.02, errors
    assert all(each.covered >= 0.9 for each in errors.values()), errors
    assert float(np.mean([each.covered for each in errors.values()])) >= 0.935, errors


def test_several_relevant_documents_count_those_above_them() -> None:
    errors = simulated(WORLDS["log-normal"], relevant=3, samples=40)
    assert errors.raw > 0.2
    assert abs(errors.bias) <= 0.02
    assert errors.covered >= 0.9


def test_a_corrected_difference_holds_the_difference_in_the_corpus() -> None:
    """The better system has every relevant document at half the rank; sampling hides most of that."""
    draw = WORLDS["log-normal"]
    above = np.sort(draw(np.random.default_rng(99), (200_000, 1)), axis=1)
    expected = float((above // 2 < K).mean() - (above < K).mean())
    held, raw, corrected = [], [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        ranks = draw(rng, (QUERIES, 1))
        better, worse = (
            sampled_world(np.random.default_rng(1000 + seed), each, corpus=CORPUS, sampled=SAMPLED)
            for each in (ranks // 2, ranks)
        )
        found = compare_corrected(better.run, worse.run, worse.evalset, K, rng=rng)
        held.append(found.low <= expected <= found.high)
        raw.append(found.raw)
        corrected.append(found.difference)
    assert float(np.mean(held)) >= 0.9
    assert abs(float(np.mean(corrected)) - expected) < abs(float(np.mean(raw)) - expected)


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """Complete rankings of a collection by one system."""

    evalset: EvalSet
    ids: tuple[str, ...]
    scores: NDArray[np.float64]
    """Shape (queries, documents); minus infinity for documents that the system does not return."""

    def run(self, allowed: NDArray[np.bool_]) -> Run:
        """The best of the allowed documents."""
        columns = np.flatnonzero(allowed)
        part = self.scores[:, columns]
        order = np.argsort(-part, axis=1, kind="stable")[:, :100]
        best = np.take_along_axis(part, order, axis=1)
        kept = np.isfinite(best)
        queries = [query.id for query in self.evalset.queries]
        return Run.from_codes(queries, kept.sum(axis=1).tolist(), self.ids, columns[order][kept], best[kept])


def dense(run: Run, ids: tuple[str, ...]) -> NDArray[np.float64]:
    """All scores of a run that ranks every document."""
    place = {document: column for column, document in enumerate(ids)}
    columns = np.array([place[document] for document in run.documents])
    scores = np.full((len(run), len(ids)), -np.inf)
    scores[np.repeat(np.arange(len(run)), np.diff(run.offsets)), columns[run.codes]] = run.scores
    return scores


@pytest.fixture(scope="module", params=["nl2bash", "tldr", "cosqa"])
def systems(
    request: pytest.FixtureRequest, collections: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Ranked]:
    folder = collections / request.param
    corpus = Corpus.of(open_source(folder).documents())
    whole = read_evalset(folder)
    chosen = np.random.default_rng(5).permutation(len(whole.answerable))[:QUERIES]
    queries = tuple(whole.answerable[row] for row in chosen)
    evalset = EvalSet(name=whole.name, queries=queries, qrels={query.id: whole.qrels[query.id] for query in queries})
    texts, names = [query.text for query in queries], [query.id for query in queries]
    runs = {"BM25": BM25Ranking(corpus.ids, corpus.texts).rank(queries, len(corpus))}
    artefact = tmp_path_factory.mktemp("lsa") / request.param
    lsa.fit(corpus.texts, dims=128, path=artefact)
    for name, provider, options in (("WordLlama", "wordllama", {}), ("LSA", "lsa", {"path": str(artefact)})):
        with open_embedder(provider, options, folder) as embedder:
            documents, asked = embedder.embed_documents(corpus.texts).vectors, embedder.embed_queries(texts).vectors
        runs[name] = rank_exact(documents, corpus.ids, asked, names, len(corpus))
    return {name: Ranked(evalset=evalset, ids=corpus.ids, scores=dense(run, corpus.ids)) for name, run in runs.items()}


@pytest.mark.data
def test_real_rankings_are_corrected_to_within_2_points(systems: dict[str, Ranked]) -> None:
    """500 documents drawn from the whole corpus, thirty times; the truth is the recall in the whole corpus."""
    every = {}
    for name, ranked in systems.items():
        judged = {document for grades in ranked.evalset.qrels.values() for document in grades}
        kept = np.array([document in judged for document in ranked.ids])
        everything = EvalSet(
            name="all",
            queries=ranked.evalset.queries,
            qrels=ranked.evalset.qrels,
            sampling=Sampling(method="random", corpus=kept.size, sampled=int((~kept).sum())),
        )
        expected = correct_recall(ranked.run(np.ones_like(kept)), everything, K, rng=np.random.default_rng(0)).raw
        sampling = Sampling(method="random", corpus=kept.size, sampled=SAMPLED)
        evalset = EvalSet(name="sample", queries=ranked.evalset.queries, qrels=ranked.evalset.qrels, sampling=sampling)
        rows = []
        for seed in range(30):
            rng = np.random.default_rng(seed)
            drawn = kept.copy()
            drawn[rng.choice(np.flatnonzero(~kept), SAMPLED, replace=False)] = True
            found = correct_recall(ranked.run(drawn), evalset, K, rng=rng)
            rows.append((found.raw - expected, found.corrected - expected, found.low <= expected <= found.high))
        every[name] = Errors.of(rows)
    biased = [each for each in every.values() if each.raw > 0.2]
    assert biased, every
    assert float(np.mean([abs(each.bias) for each in biased])) <= 0.02, every
    assert all(each.covered >= 0.9 for each in every.values()), every
