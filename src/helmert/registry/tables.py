"""Every table of the registry as it is today; `alembic/versions` tells how it became so."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from helmert.registry.columns import BigNumber, Moment

metadata = MetaData()

spaces = Table(
    "spaces",
    metadata,
    Column("record_hash", String, primary_key=True),
    Column("vector_hash", String, nullable=False, index=True),
    Column("definition", JSON, nullable=False),
    Column("recorded_at", Moment, nullable=False),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("number", BigNumber, primary_key=True, autoincrement=True),
    Column("space", ForeignKey("spaces.record_hash"), nullable=False),
    Column("probe_set", String, nullable=False),
    Column("probes", Integer, nullable=False),
    Column("vectors", LargeBinary, nullable=False),
    Column("noise", LargeBinary, nullable=False),
    Column("reported_model", String),
    Column("recorded_at", Moment, nullable=False),
    Index("ix_fingerprints_space_probe_set", "space", "probe_set"),
)

indexes = Table(
    "indexes",
    metadata,
    Column("name", String, primary_key=True),
    Column("collection", String, nullable=False),
    Column("store", String, nullable=False),
    Column("model", String, nullable=False),
    Column("space", ForeignKey("spaces.record_hash"), nullable=False),
    Column("vector_hash", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("rows", BigNumber, nullable=False),
    Column("applied_seq", BigNumber, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("collection", "version", name="uq_indexes_collection_version"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("alias", String, primary_key=True),
    Column("collection", String, nullable=False),
    Column("index", ForeignKey("indexes.name"), nullable=False),
    Column("model", String, nullable=False),
    Column("space", ForeignKey("spaces.record_hash"), nullable=False),
    Column("map", String),
    Column("generation", BigNumber, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

alias_moves = Table(
    "alias_moves",
    metadata,
    Column("alias", ForeignKey("aliases.alias"), primary_key=True),
    Column("generation", BigNumber, primary_key=True, autoincrement=False),
    Column("index", String, nullable=False),
    Column("model", String, nullable=False),
    Column("space", String, nullable=False),
    Column("map", String),
    Column("at", Moment, nullable=False),
    Column("who", String, nullable=False),
    Column("why", Text, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", BigNumber, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("who", String, nullable=False),
    Column("kind", String, nullable=False, index=True),
    Column("subject", String, nullable=False, index=True),
    Column("why", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    sqlite_autoincrement=True,
)

journal_heads = Table(
    "journal_heads",
    metadata,
    Column("collection", String, primary_key=True),
    Column("head", BigNumber, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("collection", ForeignKey("journal_heads.collection"), primary_key=True),
    Column("seq", BigNumber, primary_key=True, autoincrement=False),
    Column("op", String, CheckConstraint("op IN ('upsert', 'delete')", name="ck_journal_op"), nullable=False),
    Column("document", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("hash", String, nullable=False),
    Column("metadata", JSON, nullable=False),
    Index("ix_journal_document", "collection", "document", "seq"),
)

_ACTIVE = text("state IN ('planned', 'running', 'ready', 'promoted')")

migrations = Table(
    "migrations",
    metadata,
    Column("number", BigNumber, primary_key=True, autoincrement=True),
    Column("collection", String, nullable=False),
    Column("alias", String, nullable=False),
    Column("source_index", String),
    Column("target_index", String, nullable=False),
    Column("target_model", String, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("uq_migrations_one_active", "alias", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    sqlite_autoincrement=True,
)

stage_runs = Table(
    "stage_runs",
    metadata,
    Column("migration", ForeignKey("migrations.number"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("stage", String, nullable=False),
    Column("state", String, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("detail", JSON, nullable=False),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("number", BigNumber, primary_key=True, autoincrement=True),
    Column("migration", ForeignKey("migrations.number")),
    Column("index", String, nullable=False, index=True),
    Column("incumbent_index", String),
    Column("evalset_name", String, nullable=False),
    Column("evalset_digest", String, nullable=False),
    Column("content_digest", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("report", JSON, nullable=False),
    Column("applied_seq", BigNumber, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("token", BigNumber, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
