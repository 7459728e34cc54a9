"""What alembic runs to apply the revisions: in the transaction of the connection that it was given."""

from __future__ import annotations

from alembic import context

from errata.tools.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations(folder=context.config.attributes["folder"])
