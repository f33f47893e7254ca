"""Scores are cosines, ties are ordered, and an approximate index stays close to the exact one."""

from __future__ import annotations

import numpy as np

from helmert.stores.base import Rows, VectorStore
from helmert.testing.stores.samples import (
    CLOSE,
    NAME,
    SPACE,
    assert_same_ranking,
    best,
    clustered,
    normal,
    numbered,
    rows,
    spec,
    vectors_of,
)
from helmert.testing.stores.setting import StoreSetting
from helmert.types import Hit, Metadata

MANY, WIDE, TOPICS, QUERIES, K = 12_000, 32, 60, 50, 10
RECALL = 0.95
"""Share of the true nearest rows that an approximate search must find, on average over the queries."""
RARE = 7
"""Rows that a narrow filter selects among many."""


class RankingContract(StoreSetting):
    """See the module."""

    def test_identical_vector_scores_one(self, store: VectorStore) -> None:
        """And the opposite vector minus one, whatever their lengths."""
        store.create_index(spec())
        written = numbered(30)
        store.upsert(NAME, written, space=SPACE)
        for position, id_ in enumerate(written.ids):
            query = vectors_of(written)[position : position + 1]
            for factor in (1.0, 250.0, 0.004):
                (hits,) = store.search(NAME, query * np.float32(factor), 1, space=SPACE)
                assert hits[0].id == id_
                assert 1.0 - CLOSE <= hits[0].score <= 1.0
            (hits,) = store.search(NAME, -query, 30, space=SPACE)
            assert hits[-1].id == id_
            assert -1.0 <= hits[-1].score <= -1.0 + CLOSE

    def test_scores_are_cosines(self, store: VectorStore) -> None:
        """Not distances and not dot products: the rows' lengths differ so much that those rank otherwise."""
        store.create_index(spec())
        scale = np.geomspace(0.02, 50.0, 100, dtype=np.float32)[:, None]
        written = rows([f"doc-{i:03d}" for i in range(100)], normal(5, 100) * scale)
        store.upsert(NAME, written, space=SPACE)
        queries = normal(6, 5) * np.array([[0.1], [1], [10], [100], [1000]], dtype=np.float32)
        for query, hits in zip(queries, store.search(NAME, queries, 10, space=SPACE), strict=True):
            wanted = best(written, query, 10)
            assert_same_ranking(hits, wanted)
            nearest = np.argsort(np.linalg.norm(vectors_of(written) - query, axis=1))[:10]
            largest = np.argsort(-(vectors_of(written) @ query))[:10]
            for other in (nearest, largest):
                assert [written.ids[i] for i in other] != [id_ for id_, _ in wanted]

    def test_ties_are_ordered_by_id(self, store: VectorStore) -> None:
        """Rows with the very same vector, written in another order than that of their ids."""
        store.create_index(spec())
        drawn = normal(5, 3)
        ids = ["m", "b", "z", "a", "Z", "ä", "10", "9"]
        same = rows(ids, np.repeat(drawn[:1], len(ids), axis=0))
        store.upsert(NAME, same, space=SPACE)
        store.upsert(NAME, rows(["x", "y"], drawn[1:]), space=SPACE)
        (hits,) = store.search(NAME, drawn[:1], 8, space=SPACE)
        assert [hit.id for hit in hits] == sorted(ids)
        assert len({hit.score for hit in hits}) == 1

    def test_search_among_many_rows(self, store: VectorStore) -> None:
        """Exact searches are exact; others find almost all; narrow filters lose nothing; writes count."""
        written = _many()
        store.create_index(spec(dims=WIDE))
        for start in range(0, MANY, 4000):
            chosen = slice(start, start + 4000)
            part = rows(written.ids[chosen], vectors_of(written)[chosen], metadata=written.metadata[chosen])
            store.upsert(NAME, part, space=SPACE)
        store.optimise(NAME)
        assert store.describe(NAME).approximate == store.capabilities.approximate
        queries = clustered(21, QUERIES, WIDE, TOPICS)
        truth = [best(written, query, K) for query in queries]
        exact = store.search(NAME, queries, K, space=SPACE, exact=True)
        for hits, wanted in zip(exact, truth, strict=True):
            assert_same_ranking(hits, wanted)
        plain = store.search(NAME, queries, K, space=SPACE)
        assert _recall(plain, truth) >= (RECALL if store.capabilities.approximate else 1.0)
        for hits in store.search(NAME, queries, 2 * RARE, space=SPACE, filter={"lang": "rare"}):
            assert len(hits) == RARE
        _assert_later_writes_count(store, written)


def _many() -> Rows:
    facts: list[Metadata] = [{"lang": "rare" if i % (MANY // RARE) == 5 else "en"} for i in range(MANY)]
    assert sum(fact["lang"] == "rare" for fact in facts) == RARE
    return rows([f"doc-{i:05d}" for i in range(MANY)], clustered(20, MANY, WIDE, TOPICS), metadata=facts)


def _recall(found: list[list[Hit]], truth: list[list[tuple[str, float]]]) -> float:
    """Share of the true nearest rows among the hits."""
    kept = [
        len({hit.id for hit in hits} & {id_ for id_, _ in wanted}) for hits, wanted in zip(found, truth, strict=True)
    ]
    return sum(kept) / (K * len(truth))


def _assert_later_writes_count(store: VectorStore, written: Rows) -> None:
    """Rows written, moved or deleted after the index was built are found where they are now."""
    fresh = clustered(22, 3, WIDE, TOPICS)
    gone = vectors_of(written)[100:101]
    store.upsert(NAME, rows(["fresh", "doc-00007"], fresh[:2]), space=SPACE)
    store.delete(NAME, ["doc-00100"])
    for query, id_ in zip(fresh, ("fresh", "doc-00007"), strict=False):
        (hits,) = store.search(NAME, query[None], 1, space=SPACE)
        assert hits[0].id == id_
        assert abs(hits[0].score - 1.0) <= CLOSE
    (hits,) = store.search(NAME, gone, K, space=SPACE)
    assert len(hits) == K
    assert "doc-00100" not in {hit.id for hit in hits}
    (hits,) = store.search(NAME, vectors_of(written)[7:8], 1, space=SPACE)
    assert hits[0].id != "doc-00007"
    store.optimise(NAME)
    assert store.search(NAME, fresh[:1], 1, space=SPACE)[0][0].id == "fresh"
