"""Real collections, ranked by hashed words: agreement with pytrec_eval on every query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
import pytrec_eval
from numpy.typing import NDArray

from helmert.evaluation import EvalSet, Measure, Run, read_evalset, score, tie_bounds

BUCKETS = 4096
DEPTH = 50
TREC = {
    "recall@10": "recall_10",
    "recall@100": "recall_100",
    "hit@10": "success_10",
    "nDCG@10": "ndcg_cut_10",
    "nDCG@100": "ndcg_cut_100",
    "MRR": "recip_rank",
    "precision@10": "P_10",
    "MAP": "map",
    "MAP@10": "map_cut_10",
}
MEASURES = {name: Measure.parse(name) for name in TREC}


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A collection with the similarity of its first queries to all documents."""

    evalset: EvalSet
    documents: list[str]
    similarity: NDArray[np.float32]

    def run(self, scores: NDArray[np.floating]) -> Run:
        """The best documents of every query under these scores."""
        top = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
        queries = [query.id for query in self.evalset.queries]
        values = np.take_along_axis(scores, top, axis=1)
        return Run.from_codes(queries, [DEPTH] * len(queries), self.documents, top.ravel(), values.ravel())


def bag(texts: list[str]) -> NDArray[np.float32]:
    """Hashed word counts, damped by how many texts hold the bucket, of length one."""
    counts = np.zeros((len(texts), BUCKETS), dtype=np.float32)
    for row, text in enumerate(texts):
        np.add.at(counts[row], [crc32(word.encode()) % BUCKETS for word in text.lower().split()], 1.0)
    rare = np.log1p(len(texts) / (1 + (counts > 0).sum(axis=0)))
    weighted = np.sqrt(counts) * rare
    lengths = np.linalg.norm(weighted, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (weighted / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


@pytest.fixture(scope="module", params=["cranfield", "zoomcamp_faq"])
def ranked(request: pytest.FixtureRequest, collections: Path) -> Ranked:
    whole = read_evalset(collections / request.param)
    queries = whole.queries[:400]
    evalset = EvalSet(name=whole.name, queries=queries, qrels={q.id: whole.qrels[q.id] for q in queries})
    with (collections / request.param / "corpus.jsonl").open(encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    vectors = bag([f"{row.get('title', '')} {row['text']}" for row in rows])
    asked = bag([query.text for query in queries])
    return Ranked(evalset=evalset, documents=[row["_id"] for row in rows], similarity=asked @ vectors.T)


def trec(evalset: EvalSet, run: Run) -> Mapping[str, Mapping[str, float]]:
    """Query to trec_eval's measure to value."""
    qrels = {query: {doc: int(grade) for doc, grade in grades.items()} for query, grades in evalset.qrels.items()}
    found = {query: dict(run.ranking(query)) for query in run.query_ids}
    values: Mapping[str, Mapping[str, float]] = pytrec_eval.RelevanceEvaluator(qrels, set(TREC.values())).evaluate(
        found
    )
    return values


@pytest.mark.data
def test_agrees_with_pytrec_eval_without_ties(ranked: Ranked) -> None:
    """Scores are replaced by ranks, which no two documents share."""
    order = np.argsort(np.argsort(ranked.similarity, axis=1, kind="stable"), axis=1).astype(np.float64)
    run = ranked.run(order)
    scores = score(run, ranked.evalset, MEASURES.values())
    theirs = trec(ranked.evalset, run)
    assert scores.counts.tied == 0
    assert len(scores.query_ids) == len(theirs) > 200
    for name, key in TREC.items():
        values = [theirs[query][key] for query in scores.query_ids]
        np.testing.assert_allclose(scores.of(MEASURES[name]), values, rtol=0, atol=1e-9, err_msg=name)
    assert 0.2 < scores.mean(MEASURES["recall@10"]) < 0.95


@pytest.mark.data
def test_coarse_scores_make_ties_and_the_bounds_hold_every_answer(ranked: Ranked) -> None:
    """Scores of six levels, as binary codes give: pytrec_eval's answer is one of many, ours is their mean."""
    coarse = np.round(ranked.similarity.astype(np.float64) * 16) / 16
    run = ranked.run(coarse)
    expected = score(run, ranked.evalset, MEASURES.values())
    worst, best = tie_bounds(run, ranked.evalset, MEASURES.values())
    theirs = trec(ranked.evalset, run)
    assert expected.counts.tied > 50
    for name, key in TREC.items():
        measure = MEASURES[name]
        low, high = worst.of(measure) - 1e-9, best.of(measure) + 1e-9
        values = np.array([theirs[query][key] for query in expected.query_ids])
        assert ((low <= values) & (values <= high)).all(), name
        assert ((low <= expected.of(measure)) & (expected.of(measure) <= high)).all(), name
    assert best.mean(MEASURES["MRR"]) > worst.mean(MEASURES["MRR"]) + 0.01
