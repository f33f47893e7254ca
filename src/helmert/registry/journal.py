"""The ordered log of writes and deletes that every index of a collection follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, bindparam, select

from helmert.errors import StillNeeded, StoreFailure
from helmert.registry import tables
from helmert.registry.database import Database
from helmert.registry.indexes import FOLLOWING
from helmert.types import Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A document that was written, with its text, or the id of one that was deleted."""

    op: Literal["upsert", "delete"]
    id: str
    text: str = ""
    hash: str = ""
    """`helmert.types.content_hash` of the text."""
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """An entry and its place in the journal of its collection."""

    seq: int
    entry: JournalEntry


class Journal:
    """One log per collection, numbered 1, 2, 3 without gaps.

    The numbers come from a counter row that stays locked until the transaction ends. A database sequence
    would hand out numbers earlier: an entry could appear behind a place that a follower has passed, and be
    lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def append_many(self, collection: str, entries: Sequence[JournalEntry]) -> int:
        """Add entries in their order and return the number of the last one.

        A delete also erases the text of earlier entries of the same document: replaying those as deletes ends
        in the same state, and no deleted text stays behind in the journal.
        """
        if not entries:
            return self.head(collection)
        with self._database.transaction() as connection:
            head = self._reserve(connection, collection, len(entries))
            first = head - len(entries) + 1
            connection.execute(
                tables.journal.insert(),
                [
                    {
                        "collection": collection,
                        "seq": seq,
                        "op": entry.op,
                        "document": entry.id,
                        "text": entry.text,
                        "hash": entry.hash,
                        "metadata": dict(entry.metadata),
                    }
                    for seq, entry in enumerate(entries, start=first)
                ],
            )
            numbered = enumerate(entries, start=first)
            _erase(connection, collection, {entry.id: seq for seq, entry in numbered if entry.op == "delete"})
        return head

    def read(self, collection: str, after_seq: int, limit: int) -> tuple[JournalLine, ...]:
        """At most `limit` entries behind `after_seq`, in order.

        Raises `StoreFailure` when some of them were trimmed: who is that far behind can only be built anew.
        """
        head = self.head(collection)
        query = _behind(select(tables.journal), collection, after_seq).limit(limit)
        with self._database.reading() as connection:
            lines = tuple(_line(row) for row in connection.execute(query))
        _require_all(collection, after_seq, lines[0].seq if lines else head + 1)
        return lines

    def head(self, collection: str) -> int:
        """Number of the last entry ever appended, 0 before the first."""
        query = select(tables.journal_heads.c.head).where(tables.journal_heads.c.collection == collection)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def count(self, collection: str, after_seq: int) -> int:
        """How many entries somebody who has applied `after_seq` is behind."""
        return max(0, self.head(collection) - after_seq)

    def ids_after(self, collection: str, after_seq: int) -> frozenset[str]:
        """Documents that were written or deleted behind `after_seq`.

        Raises `StoreFailure` when some of those entries were trimmed.
        """
        head = self.head(collection)
        columns = select(tables.journal.c.seq, tables.journal.c.document)
        with self._database.reading() as connection:
            found = connection.execute(_behind(columns, collection, after_seq)).all()
        _require_all(collection, after_seq, found[0].seq if found else head + 1)
        return frozenset(row.document for row in found)

    def trim(self, collection: str, up_to_seq: int) -> int:
        """Remove entries up to and including `up_to_seq`; returns how many.

        Raises `StillNeeded` while an index that follows the journal has not applied them all.
        """
        with self._database.transaction() as connection:
            head = _locked_head(connection, collection)
            last = min(up_to_seq, head)
            _require_applied(connection, collection, last)
            removed = connection.execute(
                tables.journal.delete().where(tables.journal.c.collection == collection, tables.journal.c.seq <= last)
            )
        return removed.rowcount

    def _reserve(self, connection: Connection, collection: str, count: int) -> int:
        heads = tables.journal_heads
        connection.execute(self._database.insert_missing(heads).values(collection=collection, head=0))
        reserved = (
            heads.update()
            .where(heads.c.collection == collection)
            .values(head=heads.c.head + count)
            .returning(heads.c.head)
        )
        return int(connection.execute(reserved).scalar_one())


def _behind(query: Select[Any], collection: str, after_seq: int) -> Select[Any]:
    table = tables.journal
    return query.where(table.c.collection == collection, table.c.seq > after_seq).order_by(table.c.seq)


def _require_all(collection: str, after_seq: int, following: int) -> None:
    """Numbers have no gaps, so the entry that follows tells whether any were trimmed before it."""
    if following > after_seq + 1:
        raise StoreFailure(
            f"Entries {after_seq + 1} to {following - 1} of the journal of {collection!r} were trimmed.",
            next_step="Build the index that follows it anew: helmert plan",
        )


def _erase(connection: Connection, collection: str, deleted: dict[str, int]) -> None:
    if not deleted:
        return
    table = tables.journal
    connection.execute(
        table.update()
        .where(
            table.c.collection == collection,
            table.c.document == bindparam("deleted"),
            table.c.seq < bindparam("at"),
            table.c.op == "upsert",
        )
        .values(op="delete", text="", hash="", metadata={}),
        [{"deleted": document, "at": seq} for document, seq in deleted.items()],
    )


def _locked_head(connection: Connection, collection: str) -> int:
    query = select(tables.journal_heads.c.head).where(tables.journal_heads.c.collection == collection)
    return int(connection.execute(query.with_for_update()).scalar() or 0)


def _require_applied(connection: Connection, collection: str, last: int) -> None:
    table = tables.indexes
    query = (
        select(table.c.name, table.c.applied_seq)
        .where(table.c.collection == collection, table.c.state.in_(FOLLOWING), table.c.applied_seq < last)
        .order_by(table.c.applied_seq)
    )
    behind = connection.execute(query).all()
    if behind:
        names = ", ".join(f"{name} (at {applied})" for name, applied in behind)
        raise StillNeeded(
            f"The journal of {collection!r} cannot be trimmed up to {last}: {names} still follows it.",
            next_step=f"Trim up to {behind[0].applied_seq}, or let the index catch up: helmert apply",
        )


def _line(row: Row[tuple[object, ...]]) -> JournalLine:
    entry = JournalEntry(op=row.op, id=row.document, text=row.text, hash=row.hash, metadata=row.metadata)
    return JournalLine(seq=row.seq, entry=entry)
