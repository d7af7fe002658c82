"""Alembic's entry: always online, on the connection that the store hands over."""

from alembic import context
from sqlmodel import SQLModel

from storage.sql import tables  # noqa: F401 - declares the tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
context.run_migrations()
