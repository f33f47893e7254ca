"""Physical indexes: the space each holds, how far it follows the journal, where it stands in its life."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, Select, func, select

from helmert.errors import HelmertError, NotFound, Refused, StillNeeded, StoreBusy
from helmert.registry import tables
from helmert.registry.database import Database
from helmert.registry.spaces import Spaces
from helmert.spaces import EmbeddingSpace
from helmert.types import Clock


class IndexState(StrEnum):
    """Where an index stands in its life."""

    BUILDING = "building"
    """Being filled."""
    BUILT = "built"
    """Filled and following; no alias points at it yet."""
    LIVE = "live"
    """An alias points at it."""
    HELD = "held"
    """Follows every write, so that a rollback to it loses nothing."""
    RETIRED = "retired"
    """Follows nothing any more; may be dropped."""
    DROPPED = "dropped"
    """Gone from the store; the record stays."""


FOLLOWING = (IndexState.BUILDING, IndexState.BUILT, IndexState.LIVE, IndexState.HELD)
"""States in which an index needs the journal."""

_NEXT: dict[IndexState, frozenset[IndexState]] = {
    IndexState.BUILDING: frozenset({IndexState.BUILT, IndexState.RETIRED}),
    IndexState.BUILT: frozenset({IndexState.BUILDING, IndexState.LIVE, IndexState.RETIRED}),
    IndexState.LIVE: frozenset({IndexState.HELD, IndexState.RETIRED}),
    IndexState.HELD: frozenset({IndexState.LIVE, IndexState.RETIRED}),
    IndexState.RETIRED: frozenset({IndexState.DROPPED}),
    IndexState.DROPPED: frozenset(),
}


def may_become(before: IndexState, after: IndexState) -> bool:
    """Whether an index in one state may go to another in one step."""
    return after in _NEXT[before]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRecord:
    """One physical index."""

    name: str
    collection: str
    store: str
    """Name of the store in the configuration."""
    model: str
    """Name in the configuration of the model that embeds its documents."""
    space: str
    """`EmbeddingSpace.record_hash`."""
    vector_hash: str
    version: int
    """Counts the indexes of a collection, from 1."""
    state: IndexState
    rows: int
    """As last counted."""
    applied_seq: int
    """Every journal entry up to this one is in the index."""
    created_at: datetime
    updated_at: datetime


class Indexes:
    """Records of indexes. Nothing here touches a store."""

    def __init__(self, database: Database, clock: Clock, spaces: Spaces) -> None:
        self._database = database
        self._clock = clock
        self._spaces = spaces

    def next_version(self, collection: str) -> int:
        """The version a new index would get. Two callers may be told the same; `add` takes the first."""
        query = select(func.max(tables.indexes.c.version)).where(tables.indexes.c.collection == collection)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar() or 0) + 1

    def add(  # noqa: PLR0913 - a record of facts, each under its own name
        self,
        *,
        name: str,
        collection: str,
        store: str,
        model: str,
        space: EmbeddingSpace,
        version: int,
        state: Literal[IndexState.BUILDING, IndexState.BUILT] = IndexState.BUILDING,
        applied_seq: int = 0,
    ) -> IndexRecord:
        """Write down a new index that follows the journal from `applied_seq` on, and remember its space.

        Raises `StoreBusy` when another index took the version meanwhile (ask for the next one and try again),
        `Refused` when the name is known already.
        """
        now = self._clock()
        record = IndexRecord(
            name=name,
            collection=collection,
            store=store,
            model=model,
            space=space.record_hash,
            vector_hash=space.vector_hash,
            version=version,
            state=state,
            rows=0,
            applied_seq=applied_seq,
            created_at=now,
            updated_at=now,
        )
        with self._database.transaction(conflict=lambda: self._taken(record)) as connection:
            self._spaces.remember(space)
            connection.execute(tables.indexes.insert().values(asdict(record)))
        return record

    def get(self, name: str) -> IndexRecord:
        """The record of an index. Raises `NotFound`."""
        return self._fetch(select(tables.indexes), name)

    def locked(self, name: str) -> IndexRecord:
        """The record of an index, which nobody else changes until the running transaction ends."""
        return self._fetch(select(tables.indexes).with_for_update(), name)

    def find(self, name: str) -> IndexRecord | None:
        """The record of an index, if the registry has one."""
        query = select(tables.indexes).where(tables.indexes.c.name == name)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _record(row)

    def list(
        self, collection: str | None = None, *, states: Collection[IndexState] | None = None
    ) -> tuple[IndexRecord, ...]:
        """Records of a collection, or of all, in the given states, by collection and version."""
        table = tables.indexes
        query = select(table).order_by(table.c.collection, table.c.version)
        if collection is not None:
            query = query.where(table.c.collection == collection)
        if states is not None:
            query = query.where(table.c.state.in_(states))
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(query).mappings())

    def set_state(self, name: str, state: IndexState) -> IndexRecord:
        """Move an index on in its life; being there already is no error.

        Raises `Refused` for a step that life does not have, `StillNeeded` for one that would take an index
        from under an alias.
        """
        with self._database.transaction() as connection:
            record = self.locked(name)
            if record.state is state:
                return record
            if not may_become(record.state, state):
                raise Refused(
                    f"Index {name!r} is {record.state} and cannot become {state}; it may become "
                    f"{' or '.join(sorted(_NEXT[record.state])) or 'nothing else'}."
                )
            if state not in FOLLOWING:
                _require_no_alias(connection, name, state)
            moved = replace(record, state=state, updated_at=self._clock())
            self._update(connection, moved)
        return moved

    def set_rows(self, name: str, rows: int) -> IndexRecord:
        """Note how many rows were counted. Raises `NotFound`."""
        with self._database.transaction() as connection:
            record = self.locked(name)
            counted = replace(record, rows=rows, updated_at=self._clock())
            self._update(connection, counted)
        return counted

    def advance(self, name: str, applied_seq: int) -> IndexRecord:
        """Note that every journal entry up to `applied_seq` is in the index. Never moves back: a lower number
        than the noted one changes nothing. Raises `NotFound`.
        """
        with self._database.transaction() as connection:
            record = self.locked(name)
            if applied_seq <= record.applied_seq:
                return record
            ahead = replace(record, applied_seq=applied_seq, updated_at=self._clock())
            self._update(connection, ahead)
        return ahead

    def _fetch(self, query: Select[Any], name: str) -> IndexRecord:
        with self._database.reading() as connection:
            row = connection.execute(query.where(tables.indexes.c.name == name)).mappings().first()
        if row is None:
            known = ", ".join(record.name for record in self.list()) or "none"
            raise NotFound(f"The registry knows no index {name!r}; it knows {known}.")
        return _record(row)

    def _update(self, connection: Connection, record: IndexRecord) -> None:
        connection.execute(
            tables.indexes.update()
            .where(tables.indexes.c.name == record.name)
            .values(
                state=record.state,
                rows=record.rows,
                applied_seq=record.applied_seq,
                updated_at=record.updated_at,
            )
        )

    def _taken(self, record: IndexRecord) -> HelmertError:
        for other in self.list(record.collection):
            if other.version == record.version and other.name != record.name:
                return StoreBusy(
                    f"Version {record.version} of {record.collection!r} was taken by {other.name!r}.",
                    next_step="Ask for the next version and try again.",
                )
        return Refused(f"Index {record.name!r} is in the registry already.")


def _require_no_alias(connection: Connection, name: str, state: IndexState) -> None:
    query = select(tables.aliases.c.alias).where(tables.aliases.c.index == name).limit(1)
    alias = connection.execute(query).scalar()
    if alias is not None:
        raise StillNeeded(
            f"Index {name!r} cannot become {state}: alias {alias!r} points at it.",
            next_step="Move the alias first: helmert promote, or helmert rollback",
        )


def _record(row: RowMapping) -> IndexRecord:
    return IndexRecord(**{**row, "state": IndexState(row["state"])})
