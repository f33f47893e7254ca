"""Rows with known content, and what a store should answer about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

from helmert.stores.base import FieldType, IndexSpec, Rows, VectorStore
from helmert.types import Hit, Metadata, Vectors, content_hash

NAME = "docs__model_a_v1__2026-03-01"
OTHER_NAME = "docs__model_b_v2__2026-03-02"
SPACE = "0123456789abcdef"
OTHER_SPACE = "fedcba9876543210"
DIMS = 16
FIELDS: Mapping[str, FieldType] = {"lang": "text", "year": "int", "price": "float", "draft": "bool"}
CLOSE = 2e-6
"""Largest error of a cosine that a store may make when it computes in single precision."""

ODD_STRINGS = (
    "it's",
    'say "hi"',
    "line\nbreak",
    "tab\there",
    "back\\slash",
    "\\'",
    "-- comment; DROP",
    "100%_of",
    "Größe naïve",
    "水はすべて",
    "\U0001f468‍\U0001f469",
    " space around ",
    "nul\x00inside",
    "`tick`",
    "$1 ? :name {}",
    "long" * 500,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One row as a store gives it back."""

    text: str
    hash: str
    space: str
    metadata: Metadata


def spec(
    name: str = NAME, *, dims: int = DIMS, space: str = SPACE, metadata: Mapping[str, str] | None = None
) -> IndexSpec:
    """An index with one declared field of each type."""
    return IndexSpec(name=name, dims=dims, space=space, fields=FIELDS, metadata=metadata or {})


def normal(seed: int, count: int, dims: int = DIMS) -> Vectors:
    """Vectors of various lengths without structure."""
    return np.random.default_rng(seed).standard_normal((count, dims), dtype=np.float32)


def clustered(seed: int, count: int, dims: int, topics: int) -> Vectors:
    """Vectors as texts make them: topics, variation within a topic, few directions that matter, length one.

    The topics are the same for every seed, so that rows and queries of different seeds meet. Approximate indexes
    are judged on these and never on independent draws, where all neighbours are equally far.
    """
    world = np.random.default_rng(1)
    latent = max(4, dims // 4)
    centres = world.standard_normal((topics, latent))
    directions = world.standard_normal((latent, dims))
    rng = np.random.default_rng([2, seed])
    inner = centres[rng.integers(topics, size=count)] + 0.5 * rng.standard_normal((count, latent))
    return unit((inner @ directions).astype(np.float32)).astype(np.float32)


def rows(
    ids: Sequence[str],
    vectors: Vectors,
    *,
    texts: Sequence[str] | None = None,
    metadata: Sequence[Metadata] | None = None,
) -> Rows:
    """Rows with given vectors; texts name their id and metadata is empty unless given."""
    written = [f"Text of {id_}." for id_ in ids] if texts is None else list(texts)
    return Rows(
        ids=list(ids),
        vectors=vectors,
        texts=written,
        hashes=[content_hash(text) for text in written],
        metadata=[{} for _ in ids] if metadata is None else list(metadata),
    )


def numbered(count: int, *, seed: int = 0, prefix: str = "doc", dims: int = DIMS) -> Rows:
    """Rows `doc-0000`, `doc-0001` and so on, with metadata in every declared field of most rows."""
    facts: list[Metadata] = [
        {"lang": ("en", "de", "fr")[i % 3], "year": 2000 + i % 7, "price": i / 4, "draft": i % 2 == 0}
        if i % 5
        else {"note": f"only {i}"}
        for i in range(count)
    ]
    ids = [f"{prefix}-{i:04d}" for i in range(count)]
    return rows(ids, normal(seed, count, dims), metadata=facts)


def stored(batch: Rows) -> dict[str, Stored]:
    """The rows of a batch by id. Fails when an id occurs twice or a row does not say its space."""
    assert batch.spaces is not None, "fetch and scan fill Rows.spaces"
    found = {
        id_: Stored(text=text, hash=hash_, space=space, metadata=metadata)
        for id_, text, hash_, space, metadata in zip(
            batch.ids, batch.texts, batch.hashes, batch.spaces, batch.metadata, strict=True
        )
    }
    assert len(found) == len(batch), "an id came twice"
    return found


def everything(store: VectorStore, name: str = NAME) -> dict[str, Stored]:
    """All rows of an index by id. Fails when the scan gives an id twice."""
    found: dict[str, Stored] = {}
    for batch in store.scan(name):
        part = stored(batch)
        assert not found.keys() & part.keys(), "an id came in two batches"
        found |= part
    return found


def expected(batch: Rows, *, space: str = SPACE) -> dict[str, Stored]:
    """What `everything` must give after these rows were written."""
    return {
        id_: Stored(text=text, hash=hash_, space=space, metadata=metadata)
        for id_, text, hash_, metadata in zip(batch.ids, batch.texts, batch.hashes, batch.metadata, strict=True)
    }


def vectors_of(batch: Rows) -> Vectors:
    """The vectors of rows that have some."""
    assert batch.vectors is not None
    return batch.vectors


def unit(vectors: Vectors) -> NDArray[np.float64]:
    """Each row with length one, in double precision."""
    wide = vectors.astype(np.float64)
    scaled: NDArray[np.float64] = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    return scaled


def best(batch: Rows, query: Vectors, k: int) -> list[tuple[str, float]]:
    """The oracle: ids and cosines of the k nearest rows, best first, ties by id, in double precision."""
    cosines = unit(vectors_of(batch)) @ unit(query[None])[0]
    pairs = zip(batch.ids, cosines.tolist(), strict=True)
    return nsmallest(k, pairs, key=lambda pair: (-pair[1], pair[0]))


def assert_same_ranking(hits: Sequence[Hit], wanted: Sequence[tuple[str, float]]) -> None:
    """Equal ids in equal order with equal scores; rows closer than `CLOSE` in score may be swapped."""
    assert len(hits) == len(wanted)
    scores = dict(wanted)
    for hit, (id_, score) in zip(hits, wanted, strict=True):
        assert abs(hit.score - score) <= CLOSE, (hit, id_, score)
        assert hit.id == id_ or abs(scores.get(hit.id, hit.score) - score) <= CLOSE, (hit, id_, score)
    assert len({hit.id for hit in hits}) == len(hits)
