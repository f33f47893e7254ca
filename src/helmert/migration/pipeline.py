"""Fill an index: read, embed and write at the same time, and skip what is already there.

The target itself is the checkpoint. After a crash its rows are read once (ids and hashes, no vectors) and
whatever stands there with the same text is not embedded again, so at most the batches in flight are paid twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

from helmert.migration.group_writer import GroupWriter
from helmert.models.base import Embedder, EmbeddingBatch
from helmert.stores.base import Rows, VectorStore
from helmert.types import Document, content_hash

Key = tuple[str, str]
"""Id and content hash of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a backfill did."""

    written: int = 0
    skipped: int = 0
    """Rows that were already there from an earlier run."""
    tokens: int = 0

    def __add__(self, other: Filled) -> Filled:
        return Filled(
            written=self.written + other.written,
            skipped=self.skipped + other.skipped,
            tokens=self.tokens + other.tokens,
        )


def fill(
    batches: Iterable[Rows],
    *,
    embedder: Embedder,
    store: VectorStore,
    index: str,
    space: str,
    workers: int = 1,
    on_written: Callable[[Filled], None] = lambda filled: None,
) -> Filled:
    """Embed the texts of each batch and write them, keeping the embedder busy.

    `workers` batches are embedded at the same time, one more waits ready, and writing happens beside it, several
    batches at a time when the model is faster than the store. `on_written` hears the running totals after each
    write that is safely in the store. The first error stops the work and is raised; batches that were already
    embedded are still written, since they are paid.
    """
    done = _present(store, index)

    def write(rows: Rows) -> None:
        store.upsert(index, rows, space=space)

    with _Pipeline(embedder, write, workers, on_written) as pipeline:
        for rows in batches:
            pipeline.offer(rows, _without(rows, done))
        pipeline.finish()
    return pipeline.total


class _Pipeline:
    """Batches on their way: reading in the caller, embedding in `workers` threads, writing in one."""

    def __init__(
        self,
        embedder: Embedder,
        write: Callable[[Rows], None],
        workers: int,
        on_written: Callable[[Filled], None],
    ) -> None:
        self.total = Filled()
        self._embedder = embedder
        self._workers = workers
        self._on_written = on_written
        self._embedding = ThreadPoolExecutor(workers, thread_name_prefix="embed")
        self._embedded: deque[tuple[Rows, Future[EmbeddingBatch]]] = deque()
        self._writer = GroupWriter(write, on_written=self._count)

    def offer(self, rows: Rows, rest: Rows) -> None:
        """Take a batch, of which only `rest` is still to be embedded. Waits while the pipeline is full."""
        self.total += Filled(skipped=len(rows) - len(rest))
        if len(rest):
            self._embedded.append((rest, self._embedding.submit(self._embedder.embed_documents, rest.texts)))
        self._drain(leave=self._workers)

    def finish(self) -> None:
        """Wait until everything is written."""
        self._drain(leave=0)
        self._writer.finish()

    def _drain(self, *, leave: int) -> None:
        while len(self._embedded) > leave:
            self._writer.add(*self._next())

    def _next(self) -> tuple[Rows, int]:
        rows, future = self._embedded.popleft()
        batch = future.result()
        return replace(rows, vectors=batch.vectors, spaces=None), batch.tokens or 0

    def _count(self, rows: int, tokens: int) -> None:
        self.total += Filled(written=rows, tokens=tokens)
        self._on_written(self.total)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with self._writer:
            self._embedding.shutdown(wait=True, cancel_futures=True)
            while self._embedded:
                future = self._embedded[0][1]
                if future.cancelled() or future.exception() is not None:
                    self._embedded.popleft()
                else:
                    self._writer.keep(*self._next())


def batches_of(documents: Iterable[Document], size: int) -> Iterator[Rows]:
    """Documents as batches of rows without vectors, with their content hashes."""
    iterator = iter(documents)
    while chunk := list(islice(iterator, size)):
        yield Rows(
            ids=[document.id for document in chunk],
            vectors=None,
            texts=[document.text for document in chunk],
            hashes=[content_hash(document.text) for document in chunk],
            metadata=[document.metadata for document in chunk],
        )


def _present(store: VectorStore, index: str) -> Container[Key]:
    if store.describe(index).rows == 0:
        return frozenset()
    return {key for rows in store.scan(index, batch=10_000) for key in zip(rows.ids, rows.hashes, strict=True)}


def _without(rows: Rows, done: Container[Key]) -> Rows:
    keys = zip(rows.ids, rows.hashes, strict=True)
    keep = [row for row, key in enumerate(keys) if key not in done]
    if len(keep) == len(rows):
        return rows
    return Rows(
        ids=[rows.ids[row] for row in keep],
        vectors=None,
        texts=[rows.texts[row] for row in keep],
        hashes=[rows.hashes[row] for row in keep],
        metadata=[rows.metadata[row] for row in keep],
    )
