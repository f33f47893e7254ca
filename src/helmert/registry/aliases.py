"""What the application calls an index: alias, index, query embedder and map move as one, or not at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from helmert.errors import AliasMoved, HelmertError, NotFound, Refused
from helmert.registry import tables
from helmert.registry.database import Database
from helmert.registry.indexes import FOLLOWING, Indexes
from helmert.registry.ledger import Ledger
from helmert.registry.quick_read import QuickRead
from helmert.registry.spaces import Spaces
from helmert.spaces import require_same
from helmert.types import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasRecord:
    """Where an alias points."""

    alias: str
    collection: str
    index: str
    model: str
    """Name in the configuration of the model that embeds the queries."""
    space: str
    """`EmbeddingSpace.record_hash` of that model's space."""
    map: str | None
    """Name of the map that carries its vectors into the index's space; None when they are in it."""
    generation: int
    """Counts the moves of this alias, from 1."""
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasMove:
    """One move of an alias: where it went, who moved it, why."""

    alias: str
    generation: int
    index: str
    model: str
    space: str
    map: str | None
    at: datetime
    who: str
    why: str


class Aliases:
    """Moves aliases by compare-and-swap on their generation, and remembers every move."""

    def __init__(self, database: Database, clock: Clock, *, spaces: Spaces, indexes: Indexes, ledger: Ledger) -> None:
        self._database = database
        self._clock = clock
        self._spaces = spaces
        self._indexes = indexes
        self._ledger = ledger
        self._generation = QuickRead(
            database,
            select(tables.aliases.c.generation).where(tables.aliases.c.alias == bindparam("wanted")),
            "wanted",
        )

    def get(self, alias: str) -> AliasRecord:
        """Where the alias points. Raises `NotFound` with the aliases that exist."""
        found = self.find(alias)
        if found is None:
            known = ", ".join(record.alias for record in self.list()) or "none"
            raise NotFound(
                f"There is no alias {alias!r}; there is {known}.",
                next_step="Build an index and point the alias at it: helmert plan, apply, promote",
            )
        return found

    def find(self, alias: str) -> AliasRecord | None:
        """Where the alias points, if it exists."""
        query = select(tables.aliases).where(tables.aliases.c.alias == alias)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else AliasRecord(**row)

    def list(self) -> tuple[AliasRecord, ...]:
        """All aliases by name."""
        query = select(tables.aliases).order_by(tables.aliases.c.alias)
        with self._database.reading() as connection:
            return tuple(AliasRecord(**row) for row in connection.execute(query).mappings())

    def generation(self, alias: str) -> int:
        """The committed generation of an alias, 0 when there is none. Cheap enough for every search."""
        return self._generation(alias) or 0

    def history(self, alias: str) -> tuple[AliasMove, ...]:
        """Every move of an alias, oldest first."""
        table = tables.alias_moves
        query = select(table).where(table.c.alias == alias).order_by(table.c.generation)
        with self._database.reading() as connection:
            return tuple(AliasMove(**row) for row in connection.execute(query).mappings())

    def swap(  # noqa: PLR0913 - these values move as one unit, each under its own name
        self,
        alias: str,
        *,
        expected_generation: int,
        index: str,
        model: str,
        space: str,
        map: str | None = None,  # noqa: A002
        who: str,
        why: str,
    ) -> AliasRecord:
        """Point the alias at (index, model, map) as one unit, if it is still at `expected_generation`.

        0 expects that the alias does not exist and creates it. The move, its history and its ledger row are
        written together or not at all.

        Raises:
            AliasMoved: somebody moved it in between; the message says who, when and where to.
            DifferentSpace: without a map, queries of `space` cannot search the index.
            NotFound: the index or the space is not in the registry, or the alias was expected and is not.
            Refused: the index is retired, or belongs to another collection.
        """

        def moved() -> HelmertError:
            return self._moved(alias, expected_generation)

        with self._database.transaction(conflict=moved) as connection:
            record = AliasRecord(
                alias=alias,
                collection=self._checked_collection(alias, index=index, space=space, mapped=map is not None),
                index=index,
                model=model,
                space=space,
                map=map,
                generation=expected_generation + 1,
                updated_at=self._clock(),
            )
            if not _put(connection, record):
                raise moved()
            self._write_down(connection, record, who=who, why=why)
        return record

    def close(self) -> None:
        """Give back the connection that `generation` keeps."""
        self._generation.close()

    def _checked_collection(self, alias: str, *, index: str, space: str, mapped: bool) -> str:
        target = self._indexes.locked(index)
        queries = self._spaces.get(space)
        if target.state not in FOLLOWING:
            raise Refused(f"Alias {alias!r} cannot point at index {index!r}, which is {target.state}.")
        present = self.find(alias)
        if present is not None and present.collection != target.collection:
            raise Refused(
                f"Alias {alias!r} belongs to collection {present.collection!r}; index {index!r} holds "
                f"{target.collection!r}."
            )
        if not mapped:
            require_same(self._spaces.get(target.space), queries, doing=f"point alias {alias!r} at {index!r}")
        return target.collection

    def _write_down(self, connection: Connection, record: AliasRecord, *, who: str, why: str) -> None:
        before = connection.execute(
            select(tables.alias_moves.c.index).where(
                tables.alias_moves.c.alias == record.alias,
                tables.alias_moves.c.generation == record.generation - 1,
            )
        ).scalar()
        move = AliasMove(
            alias=record.alias,
            generation=record.generation,
            index=record.index,
            model=record.model,
            space=record.space,
            map=record.map,
            at=record.updated_at,
            who=who,
            why=why,
        )
        connection.execute(tables.alias_moves.insert().values(asdict(move)))
        self._ledger.append(
            kind="alias.moved",
            subject=record.alias,
            who=who,
            why=why,
            detail={
                "from": before,
                "to": record.index,
                "model": record.model,
                "map": record.map,
                "generation": record.generation,
            },
        )

    def _moved(self, alias: str, expected: int) -> HelmertError:
        if self.find(alias) is None:
            return NotFound(f"There is no alias {alias!r}, which was expected at generation {expected}.")
        last = self.history(alias)[-1]
        return AliasMoved(
            f"Alias {alias!r} is at generation {last.generation}, not {expected}: {last.who} moved it at "
            f"{last.at.isoformat(timespec='seconds')} to index {last.index!r} with model {last.model!r} "
            f"({last.why}).",
            next_step="Nothing was changed. Look where it points now, then decide again: helmert status",
        )


def _put(connection: Connection, record: AliasRecord) -> bool:
    """Create or move in one statement; False when the alias was not at the generation before."""
    if record.generation == 1:
        connection.execute(tables.aliases.insert().values(asdict(record)))
        return True
    expected = record.generation - 1
    result = connection.execute(
        tables.aliases.update()
        .where(tables.aliases.c.alias == record.alias, tables.aliases.c.generation == expected)
        .values(asdict(record))
    )
    return result.rowcount == 1
