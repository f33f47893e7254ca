"""Indexes are created, described, changed and dropped."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helmert.errors import BadName, NotFound, StoreFailure, UsageError
from helmert.stores.base import IndexSpec, VectorStore
from helmert.stores.discovery import capabilities
from helmert.testing.stores.samples import (
    DIMS,
    FIELDS,
    NAME,
    ODD_STRINGS,
    OTHER_NAME,
    OTHER_SPACE,
    SPACE,
    everything,
    normal,
    numbered,
    rows,
    spec,
)
from helmert.testing.stores.setting import Opening, StoreSetting
from helmert.types import Metadata

QUERY = normal(7, 1)

USES: dict[str, Callable[[VectorStore], object]] = {
    "describe": lambda store: store.describe(OTHER_NAME),
    "update_metadata": lambda store: store.update_metadata(OTHER_NAME, {"a": "b"}),
    "upsert": lambda store: store.upsert(OTHER_NAME, numbered(2), space=SPACE),
    "delete": lambda store: store.delete(OTHER_NAME, ["doc-0000"]),
    "fetch": lambda store: store.fetch(OTHER_NAME, ["doc-0000"]),
    "scan": lambda store: list(store.scan(OTHER_NAME)),
    "search": lambda store: store.search(OTHER_NAME, QUERY, 1, space=SPACE),
    "optimise": lambda store: store.optimise(OTHER_NAME),
    "drop_index": lambda store: store.drop_index(OTHER_NAME),
}
"""Every method that takes the name of an index which must exist."""


class LifecycleContract(StoreSetting):
    """See the module."""

    def test_capabilities_are_readable_without_opening(self, store: VectorStore, url: str) -> None:
        """What the module declares is what the open store says."""
        assert store.capabilities == capabilities(url, entry_points=self.entry_points)

    def test_new_store_is_empty(self, store: VectorStore) -> None:
        """Nothing is there that nobody made."""
        assert list(store.list_indexes()) == []

    def test_created_index_is_described(self, store: VectorStore) -> None:
        """The spec comes back as it was given; there are no rows and nothing approximate."""
        wanted = spec(metadata={"model": "model-a", "made by": "a test"})
        store.create_index(wanted)
        info = store.describe(NAME)
        assert info.spec == wanted
        assert (info.rows, info.approximate) == (0, False)

    def test_indexes_are_listed_in_order(self, store: VectorStore) -> None:
        """All of them, also beyond what a database gives on one page."""
        names = [f"docs__model_a_v{i}__2026-03-01" for i in range(1, 13)]
        for name in reversed(names):
            store.create_index(spec(name))
        assert list(store.list_indexes()) == sorted(names)

    def test_taken_name_is_refused(self, store: VectorStore) -> None:
        """The index that has the name keeps its spec and its rows."""
        store.create_index(spec())
        store.upsert(NAME, numbered(3), space=SPACE)
        with pytest.raises(StoreFailure, match=NAME):
            store.create_index(spec(dims=DIMS + 1, space=OTHER_SPACE))
        assert store.describe(NAME).spec == spec()
        assert len(everything(store)) == 3

    @pytest.mark.parametrize("use", USES)
    def test_missing_index_is_not_found(self, store: VectorStore, use: str) -> None:
        """Every method says so, and which indexes there are."""
        store.create_index(spec())
        with pytest.raises(NotFound, match=f"{OTHER_NAME}.*{NAME}"):
            USES[use](store)

    @pytest.mark.parametrize("name", ["", "no such", "../up", "docs__model_a_v1", "quote'", "é"])
    def test_any_unknown_name_is_not_found(self, store: VectorStore, name: str) -> None:
        """A name that could not even be created is missing like any other, and not a failure of the store."""
        store.create_index(spec())
        with pytest.raises(NotFound, match=NAME):
            store.describe(name)

    def test_dropped_index_is_gone(self, store: VectorStore) -> None:
        """Others stay; the name may be used again, for another space and other dimensions, starting empty."""
        store.create_index(spec())
        store.create_index(spec(OTHER_NAME))
        store.upsert(NAME, numbered(3), space=SPACE)
        store.search(NAME, QUERY, 1, space=SPACE)
        store.drop_index(NAME)
        assert list(store.list_indexes()) == [OTHER_NAME]
        again = spec(dims=DIMS * 2, space=OTHER_SPACE)
        store.create_index(again)
        assert store.describe(NAME).spec == again
        assert everything(store) == {}
        store.upsert(NAME, numbered(2, dims=DIMS * 2), space=OTHER_SPACE)
        assert len(store.search(NAME, normal(1, 1, DIMS * 2), 5, space=OTHER_SPACE)[0]) == 2

    def test_everything_survives_closing(self, store: VectorStore, reopen: Opening) -> None:
        """Spec, metadata and rows are there when the store is opened again."""
        store.create_index(spec(metadata={"model": "model-a"}))
        store.update_metadata(NAME, {"state": "built"})
        store.upsert(NAME, numbered(9), space=SPACE)
        before = everything(store)
        store.close()
        again = reopen()
        assert again.describe(NAME).spec == spec(metadata={"model": "model-a", "state": "built"})
        assert everything(again) == before

    def test_metadata_patch_merges(self, store: VectorStore) -> None:
        """Named keys change, others stay, and writing and optimising leave them alone."""
        store.create_index(spec(metadata={"model": "model-a", "state": "new"}))
        patch = {f"odd {number}": value for number, value in enumerate(ODD_STRINGS) if "\x00" not in value}
        store.update_metadata(NAME, {"state": "built", "quote's": "ja"})
        store.update_metadata(NAME, patch)
        store.upsert(NAME, numbered(20), space=SPACE)
        store.optimise(NAME)
        wanted = {"model": "model-a", "state": "built", "quote's": "ja", **patch}
        assert store.describe(NAME).spec.metadata == wanted

    @pytest.mark.parametrize("name", ["", "a b", "a/b", "ünicode", "../up", "quote'", "semi;colon", "a" * 300])
    def test_impossible_name_is_refused(self, store: VectorStore, name: str) -> None:
        """Before anything is made."""
        with pytest.raises(BadName):
            store.create_index(spec(name))
        assert list(store.list_indexes()) == []

    @pytest.mark.parametrize("field", ["", "a b", "1st", "quote'", "f" * 64, "größe"])
    def test_impossible_field_is_refused(self, store: VectorStore, field: str) -> None:
        """A field that some store could not filter on."""
        with pytest.raises(BadName):
            store.create_index(IndexSpec(name=NAME, dims=DIMS, space=SPACE, fields={**FIELDS, field: "int"}))
        assert list(store.list_indexes()) == []

    def test_field_may_be_named_like_a_column(self, store: VectorStore) -> None:
        """Names that a driver may use for itself do not clash with declared fields."""
        named: IndexSpec = IndexSpec(
            name=NAME,
            dims=DIMS,
            space=SPACE,
            fields={"id": "int", "vector": "text", "text": "bool", "row": "int"},
        )
        store.create_index(named)
        facts: Metadata = {"id": 4, "vector": "v", "text": True, "row": 9}
        store.upsert(NAME, rows(["doc-0000"], normal(1, 1), metadata=[facts]), space=SPACE)
        assert everything(store)["doc-0000"].metadata == facts
        for field, value in facts.items():
            (hits,) = store.search(NAME, QUERY, 1, space=SPACE, filter={field: value})
            assert [hit.id for hit in hits] == ["doc-0000"]

    def test_index_without_dimensions_is_refused(self, store: VectorStore) -> None:
        """Before anything is made."""
        with pytest.raises(UsageError):
            store.create_index(spec(dims=0))

    def test_closing_ends_use(self, store: VectorStore) -> None:
        """Closing twice is harmless; using a closed store is an error of the tree, not of the client."""
        store.create_index(spec())
        with store as same:
            assert same is store
        store.close()
        with pytest.raises(StoreFailure):
            store.describe(NAME)
