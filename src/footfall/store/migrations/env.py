"""Alembic's entry: migrate on the connection that `footfall.store.database` hands in, inside its transaction."""

from __future__ import annotations

from alembic import context

from footfall.store.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
