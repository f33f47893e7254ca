"""The exact ranking against an oracle in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmert.stores import exact
from helmert.stores.exact import ExactRanking
from helmert.stores.guards import lengths_of
from helmert.types import Vectors


def ranking(vectors: Vectors) -> ExactRanking:
    return ExactRanking(vectors=vectors, lengths=lengths_of(vectors))


def draw(seed: int, count: int, dims: int) -> Vectors:
    return np.random.default_rng(seed).standard_normal((count, dims), dtype=np.float32)


def oracle(vectors: Vectors, query: Vectors, allowed: list[int], k: int) -> list[int]:
    """Positions by cosine in double precision, ties by position."""
    wide, direction = vectors.astype(np.float64), query.astype(np.float64)
    cosines = (wide * direction).sum(axis=1) / np.linalg.norm(wide, axis=1)
    return sorted(allowed, key=lambda row: (-cosines[row], row))[:k]


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 60),
    dims=st.integers(1, 70),
    queries=st.integers(0, 4),
    k=st.integers(1, 70),
    copies=st.lists(st.integers(0, 59), max_size=20),
    data=st.data(),
)
def test_equals_the_oracle(
    seed: int, count: int, dims: int, queries: int, k: int, copies: list[int], data: st.DataObject
) -> None:
    """Also with many equal vectors, which must come in the order of their positions."""
    vectors = draw(seed, count, dims)
    for row in copies:
        if row < count:
            vectors[row] = vectors[0]
    allowed = data.draw(st.none() | st.lists(st.booleans(), min_size=count, max_size=count))
    mask = None if allowed is None else np.array(allowed, dtype=np.bool_)
    kept = list(range(count)) if mask is None else np.flatnonzero(mask).tolist()
    asked = draw(seed + 1, queries, dims)
    found = list(ranking(vectors).nearest(asked, k, allowed=mask))
    assert len(found) == queries
    for query, (rows, cosines) in zip(asked, found, strict=True):
        assert rows.tolist() == oracle(vectors, query, kept, k)
        assert np.all(np.diff(cosines) <= 0)


def test_near_ties_are_ranked_in_double_precision() -> None:
    """Vectors that differ less than single precision can sum keep their true order."""
    base = draw(1, 1, 768)[0]
    vectors = np.repeat(base[None], 200, axis=0)
    vectors[:, 5] *= np.linspace(0.999, 1.001, 200, dtype=np.float32)
    query = draw(2, 1, 768)
    ((rows, _),) = ranking(vectors).nearest(query, 10)
    assert rows.tolist() == oracle(vectors, query[0], list(range(200)), 10)


def test_blocks_of_queries_give_the_same_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many queries are scored at once: alone, in blocks of four, or all together."""
    monkeypatch.setattr(exact, "SCORES_AT_ONCE", 2000)
    vectors, queries = draw(3, 500, 24), draw(4, 33, 24)
    alone = [next(iter(ranking(vectors).nearest(query[None], 7))) for query in queries]
    for (rows, cosines), (same_rows, same_cosines) in zip(ranking(vectors).nearest(queries, 7), alone, strict=True):
        assert rows.tolist() == same_rows.tolist()
        np.testing.assert_array_equal(cosines, same_cosines)


def test_lengths_do_not_matter() -> None:
    """Scaling rows or queries by powers of two changes neither order nor scores."""
    vectors, query = draw(5, 100, 16), draw(6, 1, 16)
    scale = np.float32(2.0) ** np.random.default_rng(7).integers(-20, 20, size=(100, 1))
    ((rows, cosines),) = ranking(vectors).nearest(query, 100)
    ((scaled_rows, scaled),) = ranking((vectors * scale).astype(np.float32)).nearest(query * 1024, 100)
    assert rows.tolist() == scaled_rows.tolist()
    np.testing.assert_allclose(scaled, cosines, atol=1e-15)
