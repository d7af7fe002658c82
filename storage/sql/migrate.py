"""The schema's versions: Alembic run from code, on the connection that the store uses."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

from storage.ports import StorageFailure
from storage.sql import seller_tables, tables  # noqa: F401 - they declare the tables

FOLDER = Path(__file__).parent / "migrations"


def configuration(connection: Connection) -> Config:
    """Tell Alembic where its scripts are, and which connection to use."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest version."""
    command.upgrade(configuration(connection), "head")


def create_schema(connection: Connection) -> None:
    """Make the tables at once, where they live no longer than the process."""
    SQLModel.metadata.create_all(connection)
    MigrationContext.configure(connection).stamp(ScriptDirectory(str(FOLDER)), "head")


def check_schema(connection: Connection) -> None:
    """Refuse a database of another version."""
    found = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory(str(FOLDER)).get_current_head()
    if found != newest:
        raise StorageFailure(
            f"the database is at version {found or 'none'}, this release needs {newest}: clearshot db upgrade"
        )
