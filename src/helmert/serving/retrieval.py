"""Runs: what one index answers to many queries, for evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from helmert.evaluation import Run
from helmert.models.base import Embedder
from helmert.spaces import EmbeddingSpace, require_same
from helmert.stores.base import VectorStore
from helmert.types import Hit, Query

BATCH = 128


def retrieve(
    queries: Sequence[Query],
    *,
    store: VectorStore,
    index: str,
    space: EmbeddingSpace,
    embedder: Embedder,
    k: int,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Run:
    """Ask one index every query with its own model, k hits each, the way it would be asked in production.

    `on_progress` hears how many queries are done. Raises `DifferentSpace` when index and embedder do not match.
    """
    require_same(space, embedder.space, doing=f"evaluate {index} with {embedder.space.model}")
    return ask(
        queries, store=store, index=index, stamp=space.vector_hash, embedder=embedder, k=k, on_progress=on_progress
    )


def ask(
    queries: Sequence[Query],
    *,
    store: VectorStore,
    index: str,
    stamp: str,
    embedder: Embedder,
    k: int,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Run:
    """Ask an index every query and claim that the vectors are of the space `stamp`.

    The claim is not checked against the embedder: `retrieve` does that, and only a demonstration of what happens
    otherwise has a reason to go around it.
    """
    answers: list[list[Hit]] = []
    for start in range(0, len(queries), BATCH):
        batch = queries[start : start + BATCH]
        vectors = embedder.embed_queries([query.text for query in batch]).vectors
        answers.extend(store.search(index, vectors, k, space=stamp))
        on_progress(len(answers))
    return Run.from_hits([query.id for query in queries], answers)
