"""The first schema, and the triggers that keep the ledger as it was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from helmert.registry.columns import BigNumber, Moment

revision = "0001"
down_revision = None

ACTIVE = sa.text("state IN ('planned', 'running', 'ready', 'promoted')")


def upgrade() -> None:
    """Create every table."""
    _spaces()
    _indexes_and_aliases()
    _ledger()
    _journal()
    _migrations()
    _leases()


def _spaces() -> None:
    op.create_table(
        "spaces",
        sa.Column("record_hash", sa.String, primary_key=True),
        sa.Column("vector_hash", sa.String, nullable=False),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("recorded_at", Moment, nullable=False),
    )
    op.create_index("ix_spaces_vector_hash", "spaces", ["vector_hash"])
    op.create_table(
        "fingerprints",
        sa.Column("number", BigNumber, primary_key=True, autoincrement=True),
        sa.Column("space", sa.String, sa.ForeignKey("spaces.record_hash"), nullable=False),
        sa.Column("probe_set", sa.String, nullable=False),
        sa.Column("probes", sa.Integer, nullable=False),
        sa.Column("vectors", sa.LargeBinary, nullable=False),
        sa.Column("noise", sa.LargeBinary, nullable=False),
        sa.Column("reported_model", sa.String),
        sa.Column("recorded_at", Moment, nullable=False),
    )
    op.create_index("ix_fingerprints_space_probe_set", "fingerprints", ["space", "probe_set"])


def _indexes_and_aliases() -> None:
    op.create_table(
        "indexes",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("collection", sa.String, nullable=False),
        sa.Column("store", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("space", sa.String, sa.ForeignKey("spaces.record_hash"), nullable=False),
        sa.Column("vector_hash", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("rows", BigNumber, nullable=False),
        sa.Column("applied_seq", BigNumber, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.UniqueConstraint("collection", "version", name="uq_indexes_collection_version"),
    )
    op.create_table(
        "aliases",
        sa.Column("alias", sa.String, primary_key=True),
        sa.Column("collection", sa.String, nullable=False),
        sa.Column("index", sa.String, sa.ForeignKey("indexes.name"), nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("space", sa.String, sa.ForeignKey("spaces.record_hash"), nullable=False),
        sa.Column("map", sa.String),
        sa.Column("generation", BigNumber, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
    )
    op.create_table(
        "alias_moves",
        sa.Column("alias", sa.String, sa.ForeignKey("aliases.alias"), primary_key=True),
        sa.Column("generation", BigNumber, primary_key=True, autoincrement=False),
        sa.Column("index", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("space", sa.String, nullable=False),
        sa.Column("map", sa.String),
        sa.Column("at", Moment, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("seq", BigNumber, primary_key=True, autoincrement=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_kind", "ledger", ["kind"])
    op.create_index("ix_ledger_subject", "ledger", ["subject"])
    if op.get_bind().dialect.name == "sqlite":
        _guard_ledger_in_sqlite()
    else:
        _guard_ledger_in_postgres()


def _guard_ledger_in_sqlite() -> None:
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_refuses_{action.lower()} BEFORE {action} ON ledger "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER ledger_refuses_replace BEFORE INSERT ON ledger "
        "WHEN EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    )


def _guard_ledger_in_postgres() -> None:
    op.execute(
        "CREATE FUNCTION helmert_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_refuses_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION helmert_ledger_is_append_only()"
    )


def _journal() -> None:
    op.create_table(
        "journal_heads",
        sa.Column("collection", sa.String, primary_key=True),
        sa.Column("head", BigNumber, nullable=False),
    )
    op.create_table(
        "journal",
        sa.Column("collection", sa.String, sa.ForeignKey("journal_heads.collection"), primary_key=True),
        sa.Column("seq", BigNumber, primary_key=True, autoincrement=False),
        sa.Column("op", sa.String, nullable=False),
        sa.Column("document", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.CheckConstraint("op IN ('upsert', 'delete')", name="ck_journal_op"),
    )
    op.create_index("ix_journal_document", "journal", ["collection", "document", "seq"])


def _migrations() -> None:
    op.create_table(
        "migrations",
        sa.Column("number", BigNumber, primary_key=True, autoincrement=True),
        sa.Column("collection", sa.String, nullable=False),
        sa.Column("alias", sa.String, nullable=False),
        sa.Column("source_index", sa.String),
        sa.Column("target_index", sa.String, nullable=False),
        sa.Column("target_model", sa.String, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_migrations_one_active",
        "migrations",
        ["alias"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
    op.create_table(
        "stage_runs",
        sa.Column("migration", BigNumber, sa.ForeignKey("migrations.number"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("started_at", Moment),
        sa.Column("finished_at", Moment),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_table(
        "evaluations",
        sa.Column("number", BigNumber, primary_key=True, autoincrement=True),
        sa.Column("migration", BigNumber, sa.ForeignKey("migrations.number")),
        sa.Column("index", sa.String, nullable=False),
        sa.Column("incumbent_index", sa.String),
        sa.Column("evalset_name", sa.String, nullable=False),
        sa.Column("evalset_digest", sa.String, nullable=False),
        sa.Column("content_digest", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
        sa.Column("applied_seq", BigNumber, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_evaluations_index", "evaluations", ["index"])


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("token", BigNumber, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )
