"""Small corpora, toy systems and sets for building evaluation sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from helmert.evaluation import EvalSet
from helmert.evaluation.writers import write_evalset
from helmert.labelling.rankings import Ranker
from helmert.selection.candidates import Candidate
from helmert.selection.corpus import Corpus
from helmert.selection.vectors import VectorCache
from helmert.testing.embedder import ToyEmbedder
from helmert.types import Document, Query

WORDS = tuple(
    a + b
    for a in ("bar", "cor", "del", "fin", "gol", "hem", "jun", "kel", "lum", "mor")
    for b in ("ash", "eth", "ick", "oll", "und", "ant", "ery", "ist", "ope", "urn")
)


class Clock:
    """A minute later each time it is asked."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(minutes=1)
        return self._now


def still() -> float:
    return 0.0


def corpus_of(count: int, seed: int = 0) -> Corpus:
    """Documents of three sentences of words drawn at random; the first words of each are rare."""
    rng = np.random.default_rng(seed)
    documents = []
    for number in range(count):
        sentences = [" ".join(rng.choice(WORDS, 9)) for _ in range(3)]
        own = f"Rare{number}x name{number}y topic{number}z"
        documents.append(Document(id=f"d{number}", text=f"{own} {sentences[0]}. {sentences[1]}. {sentences[2]}."))
    return Corpus.of(documents)


def evalset_of(corpus: Corpus, count: int, seed: int = 1) -> EvalSet:
    """Queries of five words of a document each, which is judged relevant."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(corpus), count, replace=False).tolist()
    queries, qrels = [], {}
    for number, row in enumerate(rows):
        words = corpus.texts[row].replace(".", "").split()[3:]
        queries.append(Query(id=f"q{number}", text=" ".join(rng.choice(words, 5, replace=False))))
        qrels[f"q{number}"] = {corpus.ids[row]: 1}
    return EvalSet(name="toy", queries=tuple(queries), qrels=qrels)


def ranker_of(folder: Path, **dims: int) -> Ranker:
    """Toy models of these names and sizes, and BM25."""
    candidates = tuple(
        Candidate(name=name, model=name, embedder=ToyEmbedder(model=f"toy-{name}", dims=size, seed=seed))
        for seed, (name, size) in enumerate(dims.items())
    )
    return Ranker(candidates=candidates, cache=VectorCache(folder / "vectors", seconds=still))


def written(evalset: EvalSet, folder: Path) -> Path:
    """The set in a folder, with its manifest."""
    write_evalset(evalset, folder, clock=Clock())
    return folder
