"""Searches find the right rows, under filters too."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from helmert.errors import StoreFailure, UsageError
from helmert.stores.base import Filter, Rows, VectorStore
from helmert.testing.stores.samples import (
    NAME,
    ODD_STRINGS,
    SPACE,
    assert_same_ranking,
    best,
    normal,
    numbered,
    rows,
    spec,
    vectors_of,
)
from helmert.testing.stores.setting import StoreSetting
from helmert.types import Metadata, Scalar

QUERY = normal(11, 1)
EXTREME = 2**63 - 1

FILTERS: dict[str, Filter] = {
    "text": {"lang": "de"},
    "texts": {"lang": ["de", "fr"]},
    "whole number": {"year": 2003},
    "whole numbers": {"year": [2003, 2004, 1800]},
    "fraction": {"price": 2.75},
    "whole number for a fraction": {"price": [3, 4.5]},
    "true": {"draft": True},
    "false": {"draft": False},
    "both": {"draft": [True, False]},
    "two fields": {"lang": "en", "draft": True},
    "three fields": {"lang": ["en", "de"], "year": [2001, 2002], "draft": [True, False]},
    "value that no row has": {"lang": "xx"},
    "contradiction": {"lang": "en", "year": 1},
    "no allowed value": {"lang": []},
    "no condition": {},
}

WRONG: dict[str, Filter] = {
    "undeclared": {"note": "only 0"},
    "one undeclared": {"lang": "en", "nope": 1},
    "text for a number": {"year": "2003"},
    "boolean for a number": {"year": True},
    "fraction for a whole number": {"year": 2003.0},
    "boolean for a fraction": {"price": True},
    "number for a boolean": {"draft": 1},
    "number for a text": {"lang": 1},
    "one wrong among several": {"lang": ["en", 1]},
    "not a number": {"price": float("nan")},
    "too large": {"year": 2**63},
}


class SearchContract(StoreSetting):
    """See the module."""

    @pytest.fixture
    def filled(self, store: VectorStore) -> VectorStore:
        """A store with 200 rows, a fifth of which have none of the declared fields."""
        store.create_index(spec())
        store.upsert(NAME, numbered(200), space=SPACE)
        return store

    @pytest.mark.parametrize("kind", FILTERS)
    def test_filter_is_applied_before_the_nearest_are_chosen(self, filled: VectorStore, kind: str) -> None:
        """The k nearest of the rows that fulfil all conditions, for small and for large k."""
        kept = _fulfilling(numbered(200), FILTERS[kind])
        for k in (1, 5, 200):
            (hits,) = filled.search(NAME, QUERY, k, space=SPACE, filter=FILTERS[kind])
            assert_same_ranking(hits, best(kept, QUERY[0], k) if len(kept) else [])

    @pytest.mark.parametrize("kind", WRONG)
    def test_wrong_filter_is_refused(self, filled: VectorStore, kind: str) -> None:
        """An undeclared field, or a value that is not of its type, is an error and never an empty result."""
        with pytest.raises(StoreFailure):
            filled.search(NAME, QUERY, 5, space=SPACE, filter=WRONG[kind])

    def test_undeclared_field_is_named(self, filled: VectorStore) -> None:
        """With those that are declared."""
        with pytest.raises(StoreFailure, match=r"'note'.*lang, year, price, draft"):
            filled.search(NAME, QUERY, 5, space=SPACE, filter={"note": "only 0"})

    def test_odd_strings_are_filtered_on(self, store: VectorStore) -> None:
        """Each value finds exactly its own row, alone and among others."""
        store.create_index(spec())
        ids = [f"doc-{i}" for i in range(len(ODD_STRINGS))]
        facts: list[Metadata] = [{"lang": text} for text in ODD_STRINGS]
        store.upsert(NAME, rows(ids, normal(2, len(ids)), metadata=facts), space=SPACE)
        for id_, text in zip(ids, ODD_STRINGS, strict=True):
            (hits,) = store.search(NAME, QUERY, 99, space=SPACE, filter={"lang": text})
            assert [hit.id for hit in hits] == [id_]
        (hits,) = store.search(NAME, QUERY, 99, space=SPACE, filter={"lang": ODD_STRINGS})
        assert {hit.id for hit in hits} == set(ids)

    @pytest.mark.parametrize(
        ("field", "values"),
        [
            ("year", [0, -1, 1, 2**53, 2**53 + 1, -(2**53) - 1, EXTREME, -EXTREME]),
            ("price", [0.1, 0.1 + 0.2, 0.3, 1e300, -1e-300, 5e-324, 1 / 3, -2.5]),
        ],
    )
    def test_extreme_numbers_are_told_apart(self, store: VectorStore, field: str, values: Sequence[Scalar]) -> None:
        """Neighbouring numbers that a detour through another type would make equal."""
        store.create_index(spec())
        ids = [f"doc-{i}" for i in range(len(values))]
        facts: list[Metadata] = [{field: value} for value in values]
        store.upsert(NAME, rows(ids, normal(2, len(ids)), metadata=facts), space=SPACE)
        for id_, value in zip(ids, values, strict=True):
            (hits,) = store.search(NAME, QUERY, 99, space=SPACE, filter={field: value})
            assert [(hit.id, hit.metadata) for hit in hits] == [(id_, {field: value})]

    def test_hits_carry_text_and_metadata(self, filled: VectorStore) -> None:
        """What a person is shown does not need a second call."""
        (hits,) = filled.search(NAME, QUERY, 200, space=SPACE)
        written = numbered(200)
        assert {hit.id: (hit.text, hit.metadata) for hit in hits} == {
            id_: (text, facts) for id_, text, facts in zip(written.ids, written.texts, written.metadata, strict=True)
        }

    def test_several_queries_are_answered_in_order(self, filled: VectorStore) -> None:
        """Each as if it were alone; no queries give no answers."""
        queries = normal(12, 7)
        together = filled.search(NAME, queries, 4, space=SPACE, filter={"draft": True})
        alone = [filled.search(NAME, query[None], 4, space=SPACE, filter={"draft": True})[0] for query in queries]
        assert len(together) == 7
        for hits, single in zip(together, alone, strict=True):
            assert_same_ranking(hits, [(hit.id, hit.score) for hit in single])
        assert filled.search(NAME, normal(12, 0), 4, space=SPACE) == []

    def test_more_hits_than_rows(self, filled: VectorStore) -> None:
        """All rows come, best first."""
        (hits,) = filled.search(NAME, QUERY, 1000, space=SPACE)
        assert_same_ranking(hits, best(numbered(200), QUERY[0], 1000))

    def test_empty_index_has_no_hits(self, store: VectorStore) -> None:
        """Before the first row and after the last one was deleted."""
        store.create_index(spec())
        assert store.search(NAME, normal(1, 2), 5, space=SPACE) == [[], []]
        store.upsert(NAME, numbered(3), space=SPACE)
        store.delete(NAME, numbered(3).ids)
        assert store.search(NAME, normal(1, 2), 5, space=SPACE, filter={"lang": "en"}) == [[], []]

    def test_number_of_hits_must_be_positive(self, filled: VectorStore) -> None:
        """Asking for none is a mistake."""
        with pytest.raises(UsageError):
            filled.search(NAME, QUERY, 0, space=SPACE)

    def test_queries_may_be_a_view(self, filled: VectorStore) -> None:
        """Every second row of a larger array is as good as a copy of it."""
        wide = normal(12, 8, vectors_of(numbered(1)).shape[1] * 2)
        strided = wide[::2, ::2]
        for hits, query in zip(filled.search(NAME, strided, 3, space=SPACE), strided, strict=True):
            assert_same_ranking(hits, best(numbered(200), query, 3))


def _fulfilling(batch: Rows, conditions: Filter) -> Rows:
    """The rows that fulfil every condition, decided value by value."""

    def fits(facts: Metadata) -> bool:
        for name, wanted in conditions.items():
            allowed = wanted if isinstance(wanted, list) else [wanted]
            if name not in facts or facts[name] not in allowed:
                return False
        return True

    kept = [i for i, facts in enumerate(batch.metadata) if fits(facts)]
    return rows([batch.ids[i] for i in kept], vectors_of(batch)[kept])
