"""Fill an index: read, embed and write at the same time, and skip what is already there.

The target itself is the checkpoint. After a crash its rows are read once (ids and hashes, no vectors) and whatever
stands there with the same text is not embedded again. Vectors that were on their way to the store are in the spool.
So only the batches that the model was working on are paid twice: one per worker.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np

from helmert.migration.group_writer import GroupWriter
from helmert.migration.spool import Key, Spool
from helmert.models.base import Embedder
from helmert.serving.embedding import embed_documents
from helmert.stores.base import Rows, VectorStore
from helmert.types import Document, content_hash


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


def fill(  # noqa: PLR0913 - what flows, through what, into where
    batches: Iterable[Rows],
    *,
    embedder: Embedder,
    store: VectorStore,
    index: str,
    space: str,
    spool: Spool,
    workers: int = 1,
    on_written: Callable[[Filled], None] = lambda _: None,
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

    with _Pipeline(embedder, write, spool, workers, on_written) as pipeline:
        for rows in batches:
            pipeline.offer(rows, _without(rows, done))
        pipeline.finish()
    return pipeline.total


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paid:
    """A batch that the model has answered and the spool has."""

    rows: Rows
    tokens: int
    path: Path


class _Pipeline:
    """Batches on their way: reading in the caller, embedding in `workers` threads, writing in one."""

    def __init__(
        self,
        embedder: Embedder,
        write: Callable[[Rows], None],
        spool: Spool,
        workers: int,
        on_written: Callable[[Filled], None],
    ) -> None:
        self.total = Filled()
        self._spool = spool
        self._recovered = spool.recover()
        self._spooled: deque[Path] = deque()
        self._embedder = embedder
        self._workers = workers
        self._on_written = on_written
        self._embedding = ThreadPoolExecutor(workers, thread_name_prefix="embed")
        self._embedded: deque[Future[_Paid]] = deque()
        self._writer = GroupWriter(write, on_written=self._count)

    def offer(self, rows: Rows, rest: Rows) -> None:
        """Take a batch, of which only `rest` is still to be embedded. Waits while the pipeline is full."""
        self.total += Filled(skipped=len(rows) - len(rest))
        if self._recovered:
            rest = self._write_recovered(rest)
        if len(rest):
            self._embedded.append(self._embedding.submit(self._embed, rest))
        self._drain(leave=self._workers)

    def finish(self) -> None:
        """Wait until everything is written."""
        self._drain(leave=0)
        self._writer.finish()
        self._spool.clear()

    def _drain(self, *, leave: int) -> None:
        while len(self._embedded) > leave:
            paid = self._embedded.popleft().result()
            self._spooled.append(paid.path)
            self._writer.add(paid.rows, paid.tokens)

    def _embed(self, rows: Rows) -> _Paid:
        """In a thread of the model: what it answered is on disk before it is asked again."""
        batch = embed_documents(self._embedder, rows.ids, rows.texts)
        complete = replace(rows, vectors=batch.vectors, spaces=None)
        return _Paid(rows=complete, tokens=batch.tokens or 0, path=self._spool.keep(complete))

    def _write_recovered(self, rows: Rows) -> Rows:
        """Write the rows whose vectors an earlier run paid for; returns the others."""
        keys = list(zip(rows.ids, rows.hashes, strict=True))
        paid = [place for place, key in enumerate(keys) if key in self._recovered]
        if not paid:
            return rows
        vectors = np.array([self._recovered[keys[place]] for place in paid])
        complete = replace(_taken(rows, paid), vectors=vectors)
        self._spooled.append(self._spool.keep(complete))
        self._writer.add(complete, 0)
        return _without(rows, {keys[place] for place in paid})

    def _count(self, batches: int, rows: int, tokens: int) -> None:
        self._spool.drop([self._spooled.popleft() for _ in range(batches)])
        self.total += Filled(written=rows, tokens=tokens)
        self._on_written(self.total)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with self._writer:
            self._embedding.shutdown(wait=True, cancel_futures=True)
            for future in self._embedded:
                if not future.cancelled() and future.exception() is None:
                    paid = future.result()
                    self._spooled.append(paid.path)
                    self._writer.keep(paid.rows, paid.tokens)


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


def in_batches(pages: Iterable[Rows], size: int) -> Iterator[Rows]:
    """Rows without vectors, cut into batches of at most `size`; a batch never holds rows of two pages."""
    for page in pages:
        for start in range(0, len(page), size):
            yield _taken(page, range(start, min(start + size, len(page))))


def _present(store: VectorStore, index: str) -> Container[Key]:
    if store.describe(index).rows == 0:
        return frozenset()
    return {key for rows in store.scan(index, batch=10_000) for key in zip(rows.ids, rows.hashes, strict=True)}


def _without(rows: Rows, done: Container[Key]) -> Rows:
    keys = zip(rows.ids, rows.hashes, strict=True)
    keep = [row for row, key in enumerate(keys) if key not in done]
    return rows if len(keep) == len(rows) else _taken(rows, keep)


def _taken(rows: Rows, places: Sequence[int]) -> Rows:
    return Rows(
        ids=[rows.ids[place] for place in places],
        vectors=None,
        texts=[rows.texts[place] for place in places],
        hashes=[rows.hashes[place] for place in places],
        metadata=[rows.metadata[place] for place in places],
    )
