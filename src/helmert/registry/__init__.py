"""Durable state: which spaces, indexes and aliases exist, what happened, who works on what.

The only room that imports SQLAlchemy and Alembic. May import `spaces`, `types` and `errors`; it knows neither
stores nor models, and `evaluation` and `registry` do not know each other.
"""

from helmert.registry.aliases import Aliases, AliasMove, AliasRecord
from helmert.registry.evaluations import EvaluationRecord, Evaluations
from helmert.registry.indexes import FOLLOWING, Indexes, IndexRecord, IndexState
from helmert.registry.journal import Journal, JournalEntry, JournalLine
from helmert.registry.leases import Lease, Leases
from helmert.registry.ledger import Ledger, LedgerEvent
from helmert.registry.migrations import ACTIVE, MigrationRecord, Migrations, MigrationState
from helmert.registry.owners import this_process
from helmert.registry.registry import Registry
from helmert.registry.spaces import Fingerprint, Spaces
from helmert.registry.stages import StageRun, Stages, StageState

__all__ = [
    "ACTIVE",
    "FOLLOWING",
    "AliasMove",
    "AliasRecord",
    "Aliases",
    "EvaluationRecord",
    "Evaluations",
    "Fingerprint",
    "IndexRecord",
    "IndexState",
    "Indexes",
    "Journal",
    "JournalEntry",
    "JournalLine",
    "Lease",
    "Leases",
    "Ledger",
    "LedgerEvent",
    "MigrationRecord",
    "MigrationState",
    "Migrations",
    "Registry",
    "Spaces",
    "StageRun",
    "StageState",
    "Stages",
    "this_process",
]
