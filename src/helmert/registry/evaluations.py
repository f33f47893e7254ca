"""Results of evaluations and what the gate said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, select

from helmert.errors import NotFound
from helmert.registry import tables
from helmert.registry.database import Database
from helmert.registry.numbering import evaluation_id, evaluation_number, migration_id, migration_number
from helmert.types import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRecord:
    """One evaluation of an index, tied to what was evaluated."""

    id: str
    """`e1`, `e2`, ... in the order they were made."""
    migration: str | None
    index: str
    incumbent_index: str | None
    """What it was compared with."""
    evalset_name: str
    evalset_digest: str
    """Identity of the queries and judgements."""
    content_digest: str
    """Identity of the rows that were in the index."""
    verdict: str
    """What the gate said."""
    report: Mapping[str, object]
    applied_seq: int
    """How far the index had followed the journal."""
    at: datetime


class Evaluations:
    """Keeps every evaluation; none replaces another."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(  # noqa: PLR0913 - a record of facts, each under its own name
        self,
        *,
        index: str,
        incumbent_index: str | None = None,
        migration: str | None = None,
        evalset_name: str,
        evalset_digest: str,
        content_digest: str,
        verdict: str,
        report: Mapping[str, object],
        applied_seq: int,
    ) -> EvaluationRecord:
        """Write down an evaluation that was made now."""
        added = (
            tables.evaluations.insert()
            .values(
                index=index,
                incumbent_index=incumbent_index,
                migration=None if migration is None else migration_number(migration),
                evalset_name=evalset_name,
                evalset_digest=evalset_digest,
                content_digest=content_digest,
                verdict=verdict,
                report=dict(report),
                applied_seq=applied_seq,
                at=self._clock(),
            )
            .returning(tables.evaluations)
        )
        unknown = NotFound(f"There is no migration {migration!r}.")
        with self._database.transaction(conflict=lambda: unknown) as connection:
            return _record(connection.execute(added).mappings().one())

    def get(self, evaluation: str) -> EvaluationRecord:
        """The record of an evaluation. Raises `NotFound`."""
        query = select(tables.evaluations).where(tables.evaluations.c.number == evaluation_number(evaluation))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"There is no evaluation {evaluation!r}.")
        return _record(row)

    def latest(self, index: str, *, evalset_digest: str | None = None) -> EvaluationRecord | None:
        """The newest evaluation of an index, if it has any; with a digest, the newest on that eval set."""
        table = tables.evaluations
        query = select(table).where(table.c.index == index).order_by(table.c.number.desc()).limit(1)
        if evalset_digest is not None:
            query = query.where(table.c.evalset_digest == evalset_digest)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _record(row)

    def list(self, *, index: str | None = None, migration: str | None = None) -> tuple[EvaluationRecord, ...]:
        """Evaluations of an index or a migration, or all, oldest first."""
        query = select(tables.evaluations).order_by(tables.evaluations.c.number)
        if index is not None:
            query = query.where(tables.evaluations.c.index == index)
        if migration is not None:
            query = query.where(tables.evaluations.c.migration == migration_number(migration))
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(query).mappings())


def _record(row: RowMapping) -> EvaluationRecord:
    number = row["migration"]
    fields = {
        **row,
        "id": evaluation_id(row["number"]),
        "migration": None if number is None else migration_id(number),
    }
    del fields["number"]
    return EvaluationRecord(**fields)
