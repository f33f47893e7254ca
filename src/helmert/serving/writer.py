"""Write through a collection: journal first, then the live index, then the acknowledgement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helmert.registry import JournalEntry, Registry
from helmert.serving.admission import require_storable
from helmert.serving.follower import Followed, Follower
from helmert.types import Document, content_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A write that is durable: journal and live index have it."""

    seq: int
    """Journal position of the last entry."""
    followed: Followed


class Writer:
    """Takes upserts and deletes for a collection that has a live index.

    A write is in the journal before it is in an index, so a crash between the two is repaired by following the
    journal, and every other index of the collection can be brought to the same state.
    """

    def __init__(self, registry: Registry, follower: Follower) -> None:
        self._registry = registry
        self._follower = follower

    def upsert(self, alias: str, documents: Sequence[Document]) -> Acknowledgement:
        """Insert or replace documents by id. When this returns, searches through the alias see them.

        Raises `BadInput` for a document that some index of the collection could not hold and `DifferentSpace` when
        the configured model is not that of the live index; nothing was written then. After any other error the
        write stays in the journal and reaches the indexes later.
        """
        specs = self._follower.specs(self._registry.aliases.get(alias).collection)
        for position, document in enumerate(documents):
            require_storable(document, specs, position=position)
        return self._write(alias, [_entry(document) for document in documents])

    def delete(self, alias: str, ids: Sequence[str]) -> Acknowledgement:
        """Remove documents by id; ids that do not exist are ignored.

        A deletion needs no model, so it reaches every generation at once: the live index, one that is being built,
        one that is held for rollback, and those that are retired.
        """
        acknowledgement = self._write(alias, [JournalEntry(op="delete", id=id_) for id_ in ids])
        if ids:
            self._follower.erase(self._registry.aliases.get(alias).collection, ids, seq=acknowledgement.seq)
        return acknowledgement

    def _write(self, alias: str, entries: Sequence[JournalEntry]) -> Acknowledgement:
        live = self._registry.aliases.get(alias)
        if not entries:
            return Acknowledgement(seq=self._registry.journal.head(live.collection), followed=Followed())
        if any(entry.op == "upsert" for entry in entries):
            self._follower.require_writable(live.index)
        seq = self._registry.journal.append_many(live.collection, entries)
        followed, index = Followed(), ""
        # The alias is read after the entry is in the journal, and again until it stands still: whichever index
        # is live when this returns has the entry, even if a promotion came in between.
        while (now := self._registry.aliases.get(alias)).index != index:
            index = now.index
            followed += self._follower.follow(index)
        return Acknowledgement(seq=seq, followed=followed)


def _entry(document: Document) -> JournalEntry:
    return JournalEntry(
        op="upsert",
        id=document.id,
        text=document.text,
        hash=content_hash(document.text),
        metadata=document.metadata,
    )
