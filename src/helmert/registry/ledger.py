"""What happened, who did it and why. Rows are added; nothing, not even SQL by hand, changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from helmert.registry import tables
from helmert.registry.database import Database
from helmert.types import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvent:
    """One thing that happened."""

    seq: int
    at: datetime
    who: str
    kind: str
    """What sort of thing, as `alias.moved`."""
    subject: str
    """The alias, index or migration it happened to."""
    why: str
    detail: Mapping[str, object] = field(default_factory=dict)


class Ledger:
    """Append and read; triggers in the database refuse everything else."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def append(
        self, *, kind: str, subject: str, who: str, why: str, detail: Mapping[str, object] | None = None
    ) -> LedgerEvent:
        """Write down one event, in the running transaction if there is one."""
        at, facts = self._clock(), dict(detail or {})
        row = tables.ledger.insert().values(at=at, who=who, kind=kind, subject=subject, why=why, detail=facts)
        with self._database.transaction() as connection:
            seq = int(connection.execute(row.returning(tables.ledger.c.seq)).scalar_one())
        return LedgerEvent(seq=seq, at=at, who=who, kind=kind, subject=subject, why=why, detail=facts)

    def read(
        self,
        *,
        kind: str | None = None,
        subject: str | None = None,
        after_seq: int = 0,
        limit: int | None = None,
    ) -> tuple[LedgerEvent, ...]:
        """Events in the order they were written, those that match every filter given."""
        query = select(tables.ledger).where(tables.ledger.c.seq > after_seq).order_by(tables.ledger.c.seq)
        if kind is not None:
            query = query.where(tables.ledger.c.kind == kind)
        if subject is not None:
            query = query.where(tables.ledger.c.subject == subject)
        with self._database.reading() as connection:
            return tuple(LedgerEvent(**row) for row in connection.execute(query.limit(limit)).mappings())
