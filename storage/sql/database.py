"""One database, two engines: synchronous work on a connection, run off the event loop, one transaction at a time."""

import asyncio
import contextlib
import fcntl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.pool import StaticPool

from storage.ports import StaleWrite, StorageFailure

T = TypeVar("T")


class Database(Protocol):
    """Runs a function in a transaction: committed when it returns, rolled back when it raises.

    Raises StaleWrite for a broken uniqueness, StorageFailure when the engine fails.
    """

    name: str

    async def run(self, work: Callable[[Connection], T]) -> T: ...

    async def close(self) -> None: ...


def named(failure: DBAPIError) -> StorageFailure:
    """Make our failure of an engine's, without the statement and its values (they may be personal)."""
    kind = type(failure.orig).__name__ if failure.orig is not None else type(failure).__name__
    return StaleWrite(kind) if isinstance(failure, IntegrityError) else StorageFailure(kind)


class SqliteDatabase:
    """SQLite in one thread that owns the connection: WAL, synchronous=FULL, BEGIN IMMEDIATE."""

    def __init__(self, url: str, *, exclusive: bool) -> None:
        self.name = "sqlite"
        self._file = make_url(url).database or ""
        self._lock = _locked(Path(self._file)) if exclusive and self._file not in {"", ":memory:"} else None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        self._engine = sqlite_engine(url)
        self._connection: Connection | None = None

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction, on the thread that owns the connection."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                return work(self._connection)
        except DBAPIError as failure:
            self._drop_connection()
            raise named(failure) from None

    def _drop_connection(self) -> None:
        """A connection that failed is not trusted again; memory lives in it, so there it stays."""
        if self._connection is not None and self._lock is not None:
            with contextlib.suppress(DBAPIError):
                self._connection.close()
            self._connection = None

    async def close(self) -> None:
        """Close the connection, end the thread, let the file go."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()
        if self._lock is not None:
            self._lock.close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


def sqlite_engine(url: str) -> Engine:
    """Build the engine with the settings that durability and one writer ask for."""
    engine = create_engine(
        url, poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": 30}
    )

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # our own BEGIN below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _locked(file: Path) -> IO[str]:
    """Hold a lock file, so that one bot works on one database file."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = Path(f"{file}.lock").open("w")  # noqa: SIM115 - held while the database is open
    except OSError as failure:
        raise StorageFailure(f"cannot write beside {file}: {failure.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise StorageFailure(f"another bot works on {file} already") from None
    return handle


class PostgresDatabase:
    """PostgreSQL on an asynchronous driver; the same synchronous work, run in its greenlet."""

    def __init__(self, url: str) -> None:
        try:
            from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - only where it is the engine

            driver = make_url(url).set(drivername="postgresql+psycopg")
            self._engine = create_async_engine(
                driver,
                pool_size=4,
                max_overflow=2,
                pool_pre_ping=True,
                connect_args={
                    "connect_timeout": 5,
                    "options": "-c idle_in_transaction_session_timeout=15000 -c statement_timeout=30000 -c timezone=UTC",
                },
            )
        except (ImportError, ArgumentError) as failure:
            raise StorageFailure(
                f"PostgreSQL cannot be used: {failure} (install the extra `postgres`)"
            ) from None
        self.name = "postgresql"

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction."""
        try:
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)
        except DBAPIError as failure:
            raise named(failure) from None
        except OSError as failure:
            raise StorageFailure(type(failure).__name__) from None

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def database(url: str, *, exclusive: bool) -> Database:
    """Choose the engine by the URL; raises StorageFailure for what is no database."""
    if url == "memory:":
        return SqliteDatabase("sqlite://", exclusive=False)
    if url.startswith("sqlite:"):
        return SqliteDatabase(url, exclusive=exclusive)
    if url.startswith(("postgresql:", "postgres:")):
        return PostgresDatabase(
            url.replace("postgres:", "postgresql:", 1) if url.startswith("postgres:") else url
        )
    raise StorageFailure("a database is memory:, sqlite:///FILE or postgresql://...")
