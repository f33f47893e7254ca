"""What an approximate index loses is not blamed on the model, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from helmert.errors import StoreFailure
from helmert.selection.candidates import Field
from helmert.selection.engine import run_selection
from helmert.selection.scorecard import Scorecard
from helmert.selection.terms import Terms
from helmert.stores.base import Filter, IndexInfo, VectorStore
from helmert.stores.discovery import open_store
from helmert.stores.drivers.sqlite.store import SqliteStore
from helmert.types import Hit, Vectors
from tests.selection.worlds import candidate, corpus_of, evalset_of, instruments, texts, toy

HELD = texts(60)


class CarelessStore(SqliteStore):
    """Its index looks at one half of the rows, as one with too few probes does."""

    def describe(self, name: str) -> IndexInfo:
        return replace(super().describe(name), approximate=True)

    def search(
        self,
        name: str,
        vectors: Vectors,
        k: int,
        *,
        space: str,
        filter: Filter | None = None,  # noqa: A002
        exact: bool = False,
    ) -> list[list[Hit]]:
        found = super().search(name, vectors, 10_000, space=space, filter=filter, exact=exact)
        return [[hit for hit in hits if exact or int(hit.id[1:]) % 2][:k] for hits in found]


class BrokenStore(SqliteStore):
    """Fails when its index is searched."""

    def search(
        self,
        name: str,
        vectors: Vectors,
        k: int,
        *,
        space: str,
        filter: Filter | None = None,  # noqa: A002
        exact: bool = False,
    ) -> list[list[Hit]]:
        raise StoreFailure("the disk is full")


def card_with(folder: Path, store: VectorStore | None, *, wanted: bool | None = True) -> Scorecard:
    @contextmanager
    def scratch() -> Iterator[VectorStore]:
        assert store is not None
        yield store

    return run_selection(
        Field(candidates=(candidate(toy()),)),
        evalset_of(HELD),
        corpus_of(HELD),
        Terms(sweep=None, index_loss=wanted),
        replace(instruments(folder / "cache"), scratch=scratch if store is not None else None),
    )


def test_a_careless_index_is_told_apart_from_the_model(tmp_path: Path) -> None:
    with CarelessStore(tmp_path / "v.db") as store:
        card = card_with(tmp_path, store)
        assert store.list_indexes() == []
    (loss,) = card.index_loss
    row = next(row for row in card.rows if row.name == "toy")
    assert loss.index_kind == "approximate"
    assert loss.exact == row.quality["nDCG@10"], "the model's own number is that of exact search"
    assert loss.approximate.value == pytest.approx(loss.exact.value / 2, abs=0.06)
    assert loss.difference.value < -0.4
    assert loss.found.value == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("url", ["sqlite:///v.db", "lancedb:///v"])
def test_an_exact_index_loses_nothing(tmp_path: Path, url: str) -> None:
    with open_store(url, base=tmp_path) as store:
        (loss,) = card_with(tmp_path, store).index_loss
        assert list(store.list_indexes()) == []
    assert (loss.index_kind, loss.rows) == ("exact", 60)
    assert loss.found.value == 1.0
    assert loss.difference.value == 0.0


def test_a_store_that_fails_costs_only_this_measurement_and_leaves_no_index(tmp_path: Path) -> None:
    with BrokenStore(tmp_path / "v.db") as store:
        card = card_with(tmp_path, store)
        assert store.list_indexes() == []
    row = next(row for row in card.rows if row.name == "toy")
    assert row.quality
    assert any("Index loss was not measured: the disk is full" in note for note in row.notes)


def test_an_index_left_by_a_killed_run_is_replaced(tmp_path: Path) -> None:
    with CarelessStore(tmp_path / "v.db") as store:
        drop, store.drop_index = store.drop_index, lambda _: None  # type: ignore[method-assign, assignment]
        card_with(tmp_path, store)
        assert len(left(store)) == 1
        store.drop_index = drop  # type: ignore[method-assign]
        assert len(card_with(tmp_path, store).index_loss) == 1
        assert left(store) == []


def left(store: VectorStore) -> Sequence[str]:
    return list(store.list_indexes())


def test_a_small_collection_is_not_indexed_unless_asked_for(tmp_path: Path) -> None:
    with CarelessStore(tmp_path / "v.db") as store:
        assert card_with(tmp_path, store, wanted=None).index_loss == ()
        assert card_with(tmp_path, store, wanted=False).index_loss == ()
    assert card_with(tmp_path, None).index_loss == ()
