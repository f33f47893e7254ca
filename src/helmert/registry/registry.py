"""`Registry`: the durable state of a workspace behind one object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from helmert.registry.aliases import Aliases
from helmert.registry.database import Database
from helmert.registry.evaluations import Evaluations
from helmert.registry.indexes import Indexes
from helmert.registry.journal import Journal
from helmert.registry.leases import Leases
from helmert.registry.ledger import Ledger
from helmert.registry.migrations import Migrations
from helmert.registry.schema import ensure_current
from helmert.registry.spaces import Spaces
from helmert.types import Clock, system_clock


class Registry:
    """Spaces, indexes, aliases, ledger, journal, migrations, evaluations and leases.

    Threads may share one registry, and processes one database. Every method is a transaction of its own;
    `transaction()` makes several into one.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self.spaces = Spaces(database, clock)
        self.indexes = Indexes(database, clock, self.spaces)
        self.ledger = Ledger(database, clock)
        self.aliases = Aliases(database, clock, spaces=self.spaces, indexes=self.indexes, ledger=self.ledger)
        self.journal = Journal(database)
        self.migrations = Migrations(database, clock)
        self.evaluations = Evaluations(database, clock)
        self.leases = Leases(database, clock)

    @classmethod
    def open(cls, url: str, clock: Clock = system_clock) -> Self:
        """Open a registry; its tables are created or migrated where needed, also by racing processes.

        Args:
            url: `sqlite:///path/to/registry.db`, where `?timeout=30` waits that many seconds for a lock (by
                default 10), or `postgresql://user@host/database`.
            clock: Gives the moments that records carry.

        Raises:
            UsageError: the URL is malformed or names another kind of database.
            StoreFailure: a newer Helmert has migrated it, or the database refuses.
            StoreBusy: it is locked or cannot be reached.
        """
        database = Database(url)
        try:
            ensure_current(database)
        except BaseException:
            database.close()
            raise
        return cls(database, clock)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What this thread writes inside happens completely, or not at all when an exception leaves it.

        Keep it short: on SQLite nobody else can write meanwhile.
        """
        with self._database.transaction():
            yield

    def close(self) -> None:
        """Release every connection."""
        self.aliases.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
