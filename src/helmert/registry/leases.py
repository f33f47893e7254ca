"""Who may work on something now. A token that grows with every owner gives a late worker away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, select

from helmert.errors import LeaseHeld, UsageError
from helmert.registry import tables
from helmert.registry.database import Database
from helmert.registry.owners import is_gone
from helmert.types import Clock

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on `name` until `expires_at`."""

    name: str
    owner: str
    token: int
    """The fencing token: 1 for the first owner of a name, one more for each after that."""
    expires_at: datetime


class Leases:
    """Leases by name. Machines that share a registry need clocks that agree far better than a lease lasts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def acquire(self, name: str, owner: str, ttl_seconds: float) -> Lease:
        """Take a lease that nobody holds, whose time ran out, or whose owner died on this machine.

        Raises `LeaseHeld` with the owner and the time when it is held, also by the same owner.
        """
        now = self._clock()
        expires = now + _duration(ttl_seconds)
        table = tables.leases
        taken = (
            table.update()
            .where(table.c.name == name, table.c.expires_at <= now)
            .values(owner=owner, token=table.c.token + 1, expires_at=expires)
            .returning(table)
        )
        first = self._database.insert_missing(table).values(name=name, owner="", token=0, expires_at=_NEVER)
        with self._database.transaction() as connection:
            connection.execute(first)
            row = connection.execute(taken).mappings().first() or _inherit(connection, name, owner, expires)
            if row is None:
                raise self._held(connection, name)
            return Lease(**row)

    def renew(self, lease: Lease, ttl_seconds: float) -> Lease:
        """Extend a lease from now on. Raises `LeaseHeld` when it is no longer ours, or ran out."""
        now = self._clock()
        extended = (
            tables.leases.update()
            .where(_is_current(lease, now))
            .values(expires_at=now + _duration(ttl_seconds))
            .returning(tables.leases)
        )
        with self._database.transaction() as connection:
            row = connection.execute(extended).mappings().first()
            if row is None:
                raise self._lost(connection, lease)
            return Lease(**row)

    def require(self, lease: Lease) -> None:
        """Raise `LeaseHeld` unless the lease is ours and has time left.

        Called inside the transaction that writes, it stays true until that transaction ends.
        """
        query = select(tables.leases.c.token).where(_is_current(lease, self._clock())).with_for_update()
        with self._database.reading() as connection:
            if connection.execute(query).first() is None:
                raise self._lost(connection, lease)

    def release(self, lease: Lease) -> None:
        """Give a lease back early. A lease that is no longer ours stays with whoever has it."""
        table = tables.leases
        with self._database.transaction() as connection:
            connection.execute(
                table.update().where(table.c.name == lease.name, table.c.token == lease.token).values(expires_at=_NEVER)
            )

    def current(self, name: str) -> Lease | None:
        """Who holds a lease now, if anybody."""
        table = tables.leases
        query = select(table).where(table.c.name == name, table.c.expires_at > self._clock())
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else Lease(**row)

    def _held(self, connection: Connection, name: str) -> LeaseHeld:
        holder = _row(connection, name)
        until = holder["expires_at"].isoformat(timespec="seconds")
        return LeaseHeld(
            f"{holder['owner']!r} is working on {name!r} until {until} at least.",
            next_step="Let it finish; if it died, its lease runs out by itself at that time.",
        )

    def _lost(self, connection: Connection, lease: Lease) -> LeaseHeld:
        holder = _row(connection, lease.name)
        if holder["token"] != lease.token:
            what = f"was taken over by {holder['owner']!r} (token {holder['token']} after {lease.token})"
        elif holder["expires_at"] == _NEVER:
            what = "was released"
        else:
            what = f"ran out at {holder['expires_at'].isoformat(timespec='seconds')}"
        return LeaseHeld(
            f"The lease of {lease.owner!r} on {lease.name!r} {what}; it may not write any more.",
            next_step="Stop this worker, and start it again if the work is not finished.",
        )


def _inherit(connection: Connection, name: str, owner: str, expires: datetime) -> RowMapping | None:
    """Take over from an owner whose process is known to be dead, so that a restart after a crash need not wait."""
    holder = _row(connection, name)
    if not is_gone(holder["owner"]):
        return None
    table = tables.leases
    inherited = (
        table.update()
        .where(table.c.name == name, table.c.token == holder["token"])
        .values(owner=owner, token=table.c.token + 1, expires_at=expires)
        .returning(table)
    )
    return connection.execute(inherited).mappings().first()


def _duration(ttl_seconds: float) -> timedelta:
    if not ttl_seconds > 0:
        raise UsageError(f"A lease needs a time to live above 0 seconds; got {ttl_seconds}.")
    return timedelta(seconds=ttl_seconds)


def _is_current(lease: Lease, now: datetime) -> ColumnElement[bool]:
    table = tables.leases
    return and_(table.c.name == lease.name, table.c.token == lease.token, table.c.expires_at > now)


def _row(connection: Connection, name: str) -> RowMapping:
    return connection.execute(select(tables.leases).where(tables.leases.c.name == name)).mappings().one()
