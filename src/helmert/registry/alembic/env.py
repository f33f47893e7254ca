"""Run by Alembic, over the connection and inside the transaction of `helmert.registry.upgrading`."""

from __future__ import annotations

from alembic import context

from helmert.registry.schema import VERSION_TABLE
from helmert.registry.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
