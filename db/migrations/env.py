"""Run by Alembic: upgrades through the connection that `migrate` hands over."""

from alembic import context

from db import review_tables, tables  # noqa: F401 they complete the metadata
from db.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    transactional_ddl=True,  # true for SQLite too, since session.py sends BEGIN itself
)
context.run_migrations()
