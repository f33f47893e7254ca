"""What must not enter is refused before anything is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from helmert.errors import DifferentSpace, GarbageVectors, StoreFailure
from helmert.stores.base import Rows, VectorStore
from helmert.testing.stores.samples import (
    DIMS,
    NAME,
    OTHER_NAME,
    OTHER_SPACE,
    SPACE,
    everything,
    expected,
    normal,
    numbered,
    rows,
    spec,
    vectors_of,
)
from helmert.testing.stores.setting import StoreSetting
from helmert.types import Metadata, Vectors

IDS = ["good-1", "bad", "good-2"]


def _with(value: float) -> Vectors:
    """Three vectors, the second with one wrong number."""
    vectors = normal(4, 3)
    vectors[1, 3] = value
    return vectors


def _scaled(factor: float) -> Vectors:
    """Three vectors, the second with an impossible length."""
    vectors = normal(4, 3)
    vectors[1] *= np.float32(factor)
    return vectors


GARBAGE: dict[str, Vectors] = {
    "too few dimensions": normal(4, 3, DIMS - 1),
    "too many dimensions": normal(4, 3, DIMS + 1),
    "one dimension": normal(4, 3).reshape(-1),
    "double precision": normal(4, 3).astype(np.float64),
    "not a number": _with(np.nan),
    "infinity": _with(-np.inf),
    "zero": _scaled(0.0),
    "so short that squares vanish": _scaled(1e-25),
    "so long that squares overflow": _scaled(1e25),
    "fewer than ids": normal(4, 2),
    "more than ids": normal(4, 4),
}

UNKEEPABLE: dict[str, Metadata] = {
    "text where a number is declared": {"year": "2021"},
    "fraction where a whole number is declared": {"year": 2021.0},
    "boolean where a number is declared": {"year": True},
    "boolean where a fraction is declared": {"price": False},
    "number where a boolean is declared": {"draft": 1},
    "number where text is declared": {"lang": 1},
    "whole number beyond 64 bits": {"year": 2**63},
    "not a number": {"price": float("nan")},
    "undeclared infinity": {"note": float("inf")},
    "list": {"note": ["nested"]},  # type: ignore[dict-item]
    "nothing": {"note": None},  # type: ignore[dict-item]
    "lone surrogate": {"note": "\ud800"},
    "lone surrogate in the key": {"\ud800": "note"},
}


class RefusalContract(StoreSetting):
    """See the module."""

    @pytest.fixture
    def small(self, store: VectorStore) -> VectorStore:
        """A store with one index of five rows, two of which the refused batches name too."""
        store.create_index(spec())
        store.upsert(NAME, _present(), space=SPACE)
        return store

    @pytest.mark.parametrize("kind", GARBAGE)
    def test_garbage_vectors_are_refused(self, small: VectorStore, kind: str) -> None:
        """One bad vector refuses the whole batch."""
        with pytest.raises(GarbageVectors):
            small.upsert(NAME, rows(IDS, GARBAGE[kind]), space=SPACE)
        assert everything(small) == expected(_present())

    def test_rows_without_vectors_are_refused(self, small: VectorStore) -> None:
        """As a scan without vectors gives them."""
        with pytest.raises(GarbageVectors):
            small.upsert(NAME, replace(rows(IDS, normal(4, 3)), vectors=None), space=SPACE)
        assert everything(small) == expected(_present())

    @pytest.mark.parametrize("column", ["ids", "texts", "hashes", "metadata"])
    def test_columns_of_different_length_are_refused(self, small: VectorStore, column: str) -> None:
        """A batch whose columns were put together wrongly."""
        batch = rows(IDS, normal(4, 3))
        shorter: dict[str, Any] = {column: getattr(batch, column)[:-1]}
        with pytest.raises(GarbageVectors, match=f"2 {column}"):
            small.upsert(NAME, replace(batch, **shorter), space=SPACE)
        assert everything(small) == expected(_present())

    @pytest.mark.parametrize("kind", UNKEEPABLE)
    def test_metadata_that_cannot_be_kept_is_refused(self, small: VectorStore, kind: str) -> None:
        """Values of another type than declared, and what is not a plain value."""
        with pytest.raises(StoreFailure):
            small.upsert(NAME, rows(IDS, normal(4, 3), metadata=[{}, UNKEEPABLE[kind], {}]), space=SPACE)
        assert everything(small) == expected(_present())

    @pytest.mark.parametrize("column", ["ids", "texts", "hashes"])
    def test_strings_that_are_not_text_are_refused(self, small: VectorStore, column: str) -> None:
        """A lone surrogate cannot be written as UTF-8."""
        broken: dict[str, Any] = {column: ["good", "lone \udfff", "good too"]}
        batch = replace(rows(IDS, normal(4, 3)), **broken)
        with pytest.raises(StoreFailure, match="surrogate"):
            small.upsert(NAME, batch, space=SPACE)
        assert everything(small) == expected(_present())

    def test_writing_into_another_space_is_refused(self, small: VectorStore) -> None:
        """Equal dimensions are no excuse. The message names both spaces and what to do."""
        with pytest.raises(DifferentSpace, match=f"{SPACE}.*{OTHER_SPACE}") as refusal:
            small.upsert(NAME, rows(IDS, normal(4, 3)), space=OTHER_SPACE)
        assert refusal.value.next_step
        assert everything(small) == expected(_present())

    def test_rows_of_another_space_are_refused(self, small: VectorStore) -> None:
        """Rows read from an index of another space are not stamped with this one, whatever is asked."""
        small.create_index(spec(OTHER_NAME, space=OTHER_SPACE))
        small.upsert(OTHER_NAME, rows(IDS, normal(4, 3)), space=OTHER_SPACE)
        (foreign,) = small.scan(OTHER_NAME, with_vectors=True)
        with pytest.raises(DifferentSpace, match=OTHER_SPACE):
            small.upsert(NAME, foreign, space=SPACE)
        assert everything(small) == expected(_present())

    def test_searching_from_another_space_is_refused(self, small: VectorStore) -> None:
        """The message names both spaces."""
        with pytest.raises(DifferentSpace, match=f"{SPACE}.*{OTHER_SPACE}"):
            small.search(NAME, vectors_of(_present())[:1], 3, space=OTHER_SPACE)

    @pytest.mark.parametrize("kind", [kind for kind in GARBAGE if "than ids" not in kind])
    def test_garbage_queries_are_refused(self, small: VectorStore, kind: str) -> None:
        """A query without direction has no nearest rows."""
        with pytest.raises(GarbageVectors):
            small.search(NAME, GARBAGE[kind], 3, space=SPACE)


def _present() -> Rows:
    return replace(numbered(5), ids=["a", "b", "good-1", "bad", "e"])
