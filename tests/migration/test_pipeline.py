"""A backfill writes every row once, does not pay twice, and leaves nothing behind when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmert.errors import NotFound, ProviderOutage, RejectedInput, StoreFailure
from helmert.migration.pipeline import Filled, batches_of, fill
from helmert.migration.spool import Spool
from helmert.spaces import EmbeddingSpace
from helmert.stores.base import IndexSpec, Rows, VectorStore
from helmert.stores.discovery import open_store
from helmert.stores.drivers.sqlite import SqliteStore
from helmert.testing.embedder import Faults, ToyEmbedder
from helmert.types import Document, content_hash
from tests.migration.world import document, documents

NewIndex = Callable[[EmbeddingSpace], str]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorStore]:
    with open_store("sqlite:///vectors.db", base=Path(tmp_path_factory.mktemp("pipeline"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def new_index(store: VectorStore) -> NewIndex:
    numbers = count(1)

    def create(space: EmbeddingSpace) -> str:
        name = f"docs__toy_v{next(numbers)}__2026-03-01"
        store.create_index(IndexSpec(name=name, dims=space.dims, space=space.vector_hash))
        return name

    return create


@pytest.fixture
def no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) - before == set()


@pytest.fixture(scope="module")
def spools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spools")


def run(
    spools: Path,
    store: VectorStore,
    index: str,
    embedder: ToyEmbedder,
    batches: Iterator[Rows],
    *,
    workers: int = 1,
    on_written: Callable[[Filled], None] = lambda _: None,
) -> Filled:
    return fill(
        batches,
        embedder=embedder,
        store=store,
        index=index,
        space=embedder.space.vector_hash,
        spool=Spool(spools / index),
        workers=workers,
        on_written=on_written,
    )


def stored(store: VectorStore, index: str) -> dict[str, str]:
    return {id_: text for rows in store.scan(index) for id_, text in zip(rows.ids, rows.texts, strict=True)}


def texts(held: Sequence[Document]) -> dict[str, str]:
    return {document.id: document.text for document in held}


@pytest.mark.usefixtures("no_thread_stays")
@settings(max_examples=25)
@given(
    rows=st.integers(min_value=0, max_value=60),
    size=st.integers(min_value=1, max_value=25),
    workers=st.integers(min_value=1, max_value=4),
    there=st.sets(st.integers(min_value=0, max_value=59), max_size=20),
    outdated=st.sets(st.integers(min_value=0, max_value=59), max_size=5),
)
def test_every_row_is_written_and_none_is_paid_twice(
    spools: Path,
    store: VectorStore,
    new_index: NewIndex,
    rows: int,
    size: int,
    workers: int,
    there: set[int],
    outdated: set[int],
) -> None:
    held, earlier = documents(rows), ToyEmbedder()
    index = new_index(earlier.space)
    present = [document(n) for n in sorted(there - outdated) if n < rows]
    old = [document(n, f"an older text {n}") for n in sorted(outdated) if n < rows]
    run(spools, store, index, earlier, batches_of([*present, *old], 7))
    embedder = ToyEmbedder()
    filled = run(spools, store, index, embedder, batches_of(held, size), workers=workers)
    assert stored(store, index) == texts(held)
    assert (filled.written, filled.skipped) == (rows - len(present), len(present))
    assert embedder.texts_seen == filled.written
    new = [document for document in held if document not in present]
    assert filled.tokens == sum(embedder.count_tokens(document.text) for document in new)


def test_a_second_run_embeds_nothing(spools: Path, store: VectorStore, new_index: NewIndex) -> None:
    index = new_index(ToyEmbedder().space)
    run(spools, store, index, ToyEmbedder(), batches_of(documents(20), 6))
    again = ToyEmbedder()
    assert run(spools, store, index, again, batches_of(documents(20), 6)) == Filled(skipped=20)
    assert again.calls == 0


def test_progress_tells_of_rows_that_are_safe(spools: Path, store: VectorStore, new_index: NewIndex) -> None:
    embedder = ToyEmbedder()
    index = new_index(embedder.space)
    heard: list[Filled] = []

    def listen(total: Filled) -> None:
        assert store.describe(index).rows >= total.written
        heard.append(total)

    filled = run(spools, store, index, embedder, batches_of(documents(100), 4), workers=3, on_written=listen)
    assert [total.written for total in heard] == sorted(total.written for total in heard)
    assert heard[-1] == filled == Filled(written=100, tokens=300)


def test_rows_reach_the_store_in_the_order_of_the_source(spools: Path, tmp_path: Path) -> None:
    class Watched(SqliteStore):
        written: list[str] = []  # noqa: RUF012 - one store in this test

        def upsert(self, name: str, rows: Rows, *, space: str) -> None:
            super().upsert(name, rows, space=space)
            self.written += rows.ids

    embedder = ToyEmbedder()
    with Watched(tmp_path / "vectors.db") as watched:
        watched.create_index(IndexSpec(name="a__b_v1__2026-03-01", dims=32, space=embedder.space.vector_hash))
        run(spools, watched, "a__b_v1__2026-03-01", embedder, batches_of(documents(80), 3), workers=4)
        assert watched.written == [document.id for document in documents(80)]


@pytest.mark.usefixtures("no_thread_stays")
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("failing", [1, 4, 9])
def test_an_outage_stops_the_work_and_keeps_what_is_paid(
    spools: Path, store: VectorStore, new_index: NewIndex, workers: int, failing: int
) -> None:
    embedder = ToyEmbedder(faults=Faults(outage=range(failing, 1000)))
    index = new_index(embedder.space)
    with pytest.raises(ProviderOutage):
        run(spools, store, index, embedder, batches_of(documents(90), 5), workers=workers)
    assert len(stored(store, index)) == embedder.texts_seen == 5 * (failing - 1)
    again = ToyEmbedder()
    run(spools, store, index, again, batches_of(documents(90), 5), workers=workers)
    assert stored(store, index) == texts(documents(90))
    assert again.texts_seen == 90 - embedder.texts_seen


@pytest.mark.usefixtures("no_thread_stays")
def test_a_text_the_model_refuses_stops_the_work(spools: Path, store: VectorStore, new_index: NewIndex) -> None:
    embedder = ToyEmbedder(faults=Faults(poison="number42"))
    index = new_index(embedder.space)
    with pytest.raises(RejectedInput, match="refuses document 'd042'"):
        run(spools, store, index, embedder, batches_of(documents(60), 5), workers=2)
    kept = stored(store, index)
    assert "d042" not in kept
    assert kept.keys() >= {f"d{number:03d}" for number in range(35)}


@pytest.mark.usefixtures("no_thread_stays")
def test_an_error_of_the_store_is_raised(spools: Path, store: VectorStore, new_index: NewIndex) -> None:
    embedder = ToyEmbedder()
    index = new_index(embedder.space)

    def pulled_away() -> Iterator[Rows]:
        for number, rows in enumerate(batches_of(documents(200), 5)):
            if number == 4:
                store.drop_index(index)
            yield rows

    with pytest.raises(NotFound, match=index):
        run(spools, store, index, embedder, pulled_away(), workers=2)
    assert embedder.texts_seen <= 200


@pytest.mark.usefixtures("no_thread_stays")
def test_an_error_of_the_source_is_raised_and_what_was_embedded_is_kept(
    spools: Path, store: VectorStore, new_index: NewIndex
) -> None:
    embedder = ToyEmbedder()
    index = new_index(embedder.space)

    def torn() -> Iterator[Rows]:
        yield from batches_of(documents(20), 5)
        raise OSError("the file ends here")

    with pytest.raises(OSError, match="the file ends here"):
        run(spools, store, index, embedder, torn())
    assert len(stored(store, index)) == embedder.texts_seen
    assert embedder.texts_seen >= 15


@pytest.mark.usefixtures("no_thread_stays")
def test_an_error_of_the_listener_is_raised(spools: Path, store: VectorStore, new_index: NewIndex) -> None:
    embedder = ToyEmbedder()

    def gone(total: Filled) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(spools, store, new_index(embedder.space), embedder, batches_of(documents(20), 5), on_written=gone)


@given(st.lists(st.text(min_size=1, max_size=5), max_size=12), st.integers(min_value=1, max_value=5))
def test_batches_are_the_documents_in_order(held: list[str], size: int) -> None:
    made = [Document(id=f"{number}", text=text, metadata={"n": number}) for number, text in enumerate(held)]
    found = list(batches_of(made, size))
    assert all(len(rows) == size for rows in found[:-1])
    assert all(rows.vectors is None and rows.spaces is None for rows in found)
    columns = [
        (id_, text, metadata, hash_)
        for rows in found
        for id_, text, metadata, hash_ in zip(rows.ids, rows.texts, rows.metadata, rows.hashes, strict=True)
    ]
    assert columns == [(d.id, d.text, d.metadata, content_hash(d.text)) for d in made]


def test_vectors_that_did_not_reach_the_store_are_not_paid_again(
    spools: Path, store: VectorStore, new_index: NewIndex
) -> None:
    held = documents(60)
    first, again = ToyEmbedder(), ToyEmbedder()
    index = new_index(first.space)

    class Broken:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def upsert(self, name: str, rows: Rows, *, space: str) -> None:
            raise StoreFailure("the disk is full")

    with pytest.raises(StoreFailure):
        run(spools, cast(VectorStore, Broken()), index, first, batches_of(held, 5))
    run(spools, store, index, again, batches_of(held, 5))
    assert store.describe(index).rows == 60
    assert first.texts_seen + again.texts_seen == 60
    assert not (spools / index).exists()
