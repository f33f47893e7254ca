"""An index follows the journal: one ordered path by which writes reach any index.

The live index, a target that catches up and an old index in its holdover all follow the same journal of their
collection, each from the position it has reached. Replaying is idempotent: the last entry of each id wins, and a
row whose text is already there is not embedded again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from helmert.errors import LeaseHeld, NotFound
from helmert.models.base import Embedder
from helmert.registry import FOLLOWING, IndexRecord, JournalEntry, JournalLine, Lease, Registry
from helmert.serving.canary import filling
from helmert.serving.embedding import embed_documents
from helmert.spaces import require_same
from helmert.stores.base import IndexSpec, Rows, VectorStore
from helmert.types import Vectors

PAGE = 512
CHUNK = 64
"""Texts embedded between two renewals of the lease."""
LEASE_SECONDS = 60.0
WAIT_SECONDS = 0.02
ERASE_SECONDS = 1.0
"""Far longer than anybody holds an index who has stopped reading the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a pass over the journal did to an index."""

    entries: int = 0
    embedded: int = 0
    metadata_only: int = 0
    deleted: int = 0
    tokens: int = 0

    def __add__(self, other: Followed) -> Followed:
        return Followed(**{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__})


class Follower:
    """Brings indexes up to the head of their collection's journal."""

    def __init__(
        self,
        registry: Registry,
        *,
        store: Callable[[str], VectorStore],
        embedder: Callable[[str], Embedder],
        owner: str,
        sleep: Callable[[float], None],
        patience: float = 30.0,
    ) -> None:
        self._registry = registry
        self._store = store
        self._embedder = embedder
        self._owner = owner
        self._sleep = sleep
        self._patience = patience
        self._specs: dict[str, IndexSpec] = {}

    def behind(self, index: str) -> int:
        """How many journal entries an index has not followed yet."""
        record = self._registry.indexes.get(index)
        return self._registry.journal.count(record.collection, after_seq=record.applied_seq)

    def follow(self, index: str) -> Followed:
        """Apply every entry after the index's position. Returns at once when there is none, or the index is retired.

        One follower works on an index at a time, so that entries are applied in order. Raises `LeaseHeld` when
        another one keeps the index longer than `patience` seconds.
        """
        total = Followed()
        if not self.behind(index):
            return total
        lease = self._acquire(f"follow:{index}")
        try:
            while page := self._next_page(index):
                self._renew(lease)
                total += self._apply(self._registry.indexes.get(index), [line.entry for line in page], lease)
                self._registry.indexes.advance(index, page[-1].seq)
        finally:
            self._registry.leases.release(lease)
        return total

    def specs(self, collection: str) -> tuple[IndexSpec, ...]:
        """What the indexes that follow a collection's journal were created with, as far as they exist yet."""
        following = self._registry.indexes.list(collection, states=FOLLOWING)
        for record in following:
            if record.name not in self._specs:
                with suppress(NotFound):
                    self._specs[record.name] = self._store(record.store).describe(record.name).spec
        return tuple(self._specs[record.name] for record in following if record.name in self._specs)

    def erase(self, collection: str, ids: Sequence[str], *, seq: int) -> None:
        """Remove rows from every index of a collection that has not come to their deletion at `seq` by following.

        Retired indexes never would. An index that has come to it is left alone, since the documents may have been
        written again; one into which somebody follows all the while comes to it that way.
        """
        for record in self._registry.indexes.list(collection):
            if record.applied_seq >= seq:
                continue
            with suppress(NotFound, LeaseHeld), self.pausing(record.name, patience=ERASE_SECONDS):
                if self._registry.indexes.get(record.name).applied_seq < seq:
                    self._store(record.store).delete(record.name, ids)

    def require_writable(self, index: str) -> None:
        """Raise `DifferentSpace` when the index's model, as it is configured now, does not make its vectors."""
        self._embedder_of(self._registry.indexes.get(index))

    @contextmanager
    def pausing(self, index: str | None, *, patience: float | None = None) -> Iterator[None]:
        """For the time of a block nobody else follows into this index, so no write to it is acknowledged.

        Whoever swaps an alias does it in here: what was acknowledged before is then in both indexes. Keep it far
        shorter than `patience`. None pauses nothing. Raises `LeaseHeld` when its turn does not come in `patience`
        seconds, by default those of this follower.
        """
        if index is None:
            yield
            return
        lease = self._acquire(f"follow:{index}", patience=patience)
        try:
            yield
        finally:
            self._registry.leases.release(lease)

    def _acquire(self, name: str, *, patience: float | None = None) -> Lease:
        waited, longest = 0.0, self._patience if patience is None else patience
        while True:
            try:
                return self._registry.leases.acquire(name, owner=self._owner, ttl_seconds=LEASE_SECONDS)
            except LeaseHeld:
                if waited >= longest:
                    raise
                self._sleep(WAIT_SECONDS)
                waited += WAIT_SECONDS

    def _next_page(self, index: str) -> Sequence[JournalLine]:
        record = self._registry.indexes.get(index)
        if record.state not in FOLLOWING:  # retired while its turn was waited for; the journal may be trimmed
            return ()
        return self._registry.journal.read(record.collection, after_seq=record.applied_seq, limit=PAGE)

    def _renew(self, lease: Lease) -> None:
        """Raise `LeaseHeld` when the lease is lost; else nobody else writes to the index for another while."""
        self._registry.leases.renew(lease, ttl_seconds=LEASE_SECONDS)

    def _apply(self, record: IndexRecord, entries: Sequence[JournalEntry], lease: Lease) -> Followed:
        last = {entry.id: entry for entry in entries}
        removed = [entry.id for entry in last.values() if entry.op == "delete"]
        written = [entry for entry in last.values() if entry.op == "upsert"]
        store = self._store(record.store)
        if removed:
            store.delete(record.name, removed)
        present = store.fetch(record.name, [entry.id for entry in written], with_vectors=True)
        rows = {id_: row for row, id_ in enumerate(present.ids)}
        known = [e for e in written if e.id in rows and present.hashes[rows[e.id]] == e.hash]
        if known and present.vectors is not None:
            vectors = present.vectors[[rows[entry.id] for entry in known]]
            store.upsert(record.name, _rows(known, vectors), space=record.vector_hash)
        unchanged = {entry.id for entry in known}
        fresh = [entry for entry in written if entry.id not in unchanged]
        tokens = self._embed(record, store, fresh, lease)
        return Followed(
            entries=len(entries),
            embedded=len(fresh),
            metadata_only=len(known),
            deleted=len(removed),
            tokens=tokens,
        )

    def _embedder_of(self, record: IndexRecord) -> Embedder:
        embedder = self._embedder(record.model)
        space = self._registry.spaces.get(record.space)
        require_same(space, embedder.space, doing=f"write to {record.name} with model {record.model!r}")
        return embedder

    def _embed(self, record: IndexRecord, store: VectorStore, entries: Sequence[JournalEntry], lease: Lease) -> int:
        if not entries:
            return 0
        embedder, tokens = filling(record, self._registry, self._embedder(record.model)), 0
        for start in range(0, len(entries), CHUNK):
            chunk = entries[start : start + CHUNK]
            batch = embed_documents(embedder, [entry.id for entry in chunk], [entry.text for entry in chunk])
            # A slow model may outlast the lease; whoever took over may have written newer texts by now.
            self._renew(lease)
            store.upsert(record.name, _rows(chunk, batch.vectors), space=record.vector_hash)
            tokens += batch.tokens or 0
        return tokens


def _rows(entries: Sequence[JournalEntry], vectors: Vectors) -> Rows:
    return Rows(
        ids=[entry.id for entry in entries],
        vectors=vectors,
        texts=[entry.text for entry in entries],
        hashes=[entry.hash for entry in entries],
        metadata=[entry.metadata for entry in entries],
    )
