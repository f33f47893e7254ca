"""What an index loses of what its model would find. A low setting of an index is not the model's fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from helmert.evaluation import Run, Scores, score
from helmert.selection.candidates import Candidate
from helmert.selection.corpus import Corpus
from helmert.selection.estimates import Design, differences
from helmert.selection.material import Material
from helmert.selection.quantisation import without_direction
from helmert.selection.scorecard import Estimate, IndexLoss
from helmert.selection.sweep import Embeddings
from helmert.selection.terms import Terms
from helmert.selection.trial import depth
from helmert.stores.base import IndexSpec, Rows, VectorStore
from helmert.types import Vectors, content_hash

NEAREST = 10
BATCH = 1000
SAME = 1e-5
"""Cosines that differ by less are equal: a store may compute in single precision."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Exact:
    """What exact search found, to compare with."""

    run: Run
    scores: Scores


def measure_index_loss(
    candidate: Candidate, embeddings: Embeddings, exact: Exact, material: Material, terms: Terms, store: VectorStore
) -> IndexLoss:
    """Build the candidate's vectors into an index of a store, search it as an application would, and drop it.

    The index is dropped whatever happens. Raises what the store raises.
    """
    space = candidate.embedder.space.vector_hash
    name = f"helmert_select_{space[:12]}"
    with _temporary(store, IndexSpec(name=name, dims=embeddings.documents.shape[1], space=space)):
        rows = _load(store, name, space, embeddings.documents, material.corpus)
        store.optimise(name)
        approximate = store.describe(name).approximate
        run = _search(store, name, space, embeddings, depth(material, terms))
    seen = material.seen(run)
    scores = score(seen, material.evalset, terms.shown)
    design = Design.of(material.evalset, terms.level)
    return IndexLoss(
        candidate=candidate.name,
        store=type(store).__name__.removesuffix("Store").lower(),
        index_kind="approximate" if approximate else "exact",
        rows=rows,
        found=_found(exact.run, seen, design),
        exact=design.mean(exact.scores.of(terms.primary)),
        approximate=design.mean(scores.of(terms.primary)),
        difference=design.difference(differences(scores, exact.scores, terms.primary)),
    )


@contextmanager
def _temporary(store: VectorStore, spec: IndexSpec) -> Iterator[None]:
    if spec.name in store.list_indexes():
        store.drop_index(spec.name)  # left by a run that was killed
    store.create_index(spec)
    try:
        yield
    finally:
        store.drop_index(spec.name)


def _load(store: VectorStore, name: str, space: str, vectors: Vectors, corpus: Corpus) -> int:
    kept = np.flatnonzero(~without_direction(vectors))
    for start in range(0, kept.size, BATCH):
        part = kept[start : start + BATCH]
        texts = [corpus.texts[row] for row in part]
        rows = Rows(
            ids=[corpus.ids[row] for row in part],
            vectors=np.ascontiguousarray(vectors[part]),
            texts=texts,
            hashes=[content_hash(text) for text in texts],
            metadata=[{} for _ in part],
        )
        store.upsert(name, rows, space=space)
    return int(kept.size)


def _search(store: VectorStore, name: str, space: str, embeddings: Embeddings, k: int) -> Run:
    hits = []
    for start in range(0, len(embeddings.queries), BATCH):
        part = np.ascontiguousarray(embeddings.queries[start : start + BATCH])
        hits.extend(store.search(name, part, k, space=space))
    return Run.from_hits(list(embeddings.ids.queries), hits)


def _found(exact: Run, approximate: Run, design: Design) -> Estimate:
    """Share of the exact ten nearest that came back; any that ties with the tenth is as good as it."""
    shares = []
    for query in exact.query_ids:
        nearest = exact.ranking(query)[:NEAREST]
        if not nearest:
            continue
        last = nearest[-1][1]
        cosines = dict(exact.ranking(query))
        returned = approximate.ranking(query)[:NEAREST]
        close = sum(cosines.get(document, -1.0) >= last - SAME for document, _ in returned)
        shares.append(min(close, len(nearest)) / len(nearest))
    values = np.array(shares)
    return (
        design.mean(values)
        if len(shares) == len(exact.query_ids)
        else Design(level=design.level, weights=None, clusters=None).mean(values)
    )
