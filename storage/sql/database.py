"""One database, two engines: synchronous work on a connection, run off the event loop, one transaction at a time."""

import asyncio
import contextlib
import fcntl
import math
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.pool import QueuePool, StaticPool

from storage.ports import StaleWrite, StorageFailure
from storage.sql.wall import stand_before

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

READERS = 2
"""Threads that read a SQLite file beside its writer."""
LOCK_WAIT = 10
"""Seconds to wait for another process (the command line) that writes to the same file."""
USED, RESTED = "used", 1.0
"""When a connection was given back, and for how many seconds after it is trusted."""
ROLLED_BACK = "40"
"""Class of SQLSTATE: deadlock, serialization failure; the next try may come through."""
BROKEN_RULE = (IntegrityError, sqlite3.IntegrityError)
BAD_VALUE = (DataError, sqlite3.DataError)
"""The toolkit's, and those of the driver where rows go straight to it (storage.sql.straight)."""


class Unwritable(ValueError):
    """A value that the engine takes in no transaction: trying again cannot help."""


class Database(Protocol):
    """Runs a function in a transaction: committed when it returns, rolled back when it raises.

    Raises StaleWrite for a broken uniqueness or a lost race, Unwritable for a value, StorageFailure when the engine
    fails.
    """

    name: str

    async def run(self, work: Callable[[Connection], T], *, seller: str | None = None) -> T:
        """Run `work`; with a `seller`, PostgreSQL lets it see and touch that seller's rows alone (storage.sql.wall)."""
        ...

    async def read(self, work: Callable[[Connection], T], *, seller: str | None = None) -> T:
        """Run what changes nothing, for a `seller` as above; it never waits for a writer."""
        ...

    async def snapshot(self, work: Callable[[Connection], T]) -> T:
        """Run what changes nothing, all of it as of one moment."""
        ...

    async def listen(self, channel: str, take: Callable[[str], None]) -> None:
        """Take notices until the connection ends; an engine without notices says nothing for ever."""
        ...

    async def close(self) -> None: ...


def named(failure: DBAPIError | sqlite3.Error) -> Exception:
    """Make our failure of an engine's, without the statement and its values (they may be personal)."""
    cause = failure.orig or failure if isinstance(failure, DBAPIError) else failure
    kind, state = type(cause).__name__, str(getattr(cause, "sqlstate", None) or "")
    if isinstance(failure, BROKEN_RULE) or state.startswith(ROLLED_BACK):
        return StaleWrite(kind)
    if isinstance(failure, BAD_VALUE):
        return Unwritable(kind)
    told = isinstance(failure, OperationalError | sqlite3.OperationalError)
    said = str(cause).strip().partition("\n")[0] if told else ""
    return StorageFailure(f"{kind}: {said}" if said else kind)


class SqliteDatabase:
    """SQLite: one thread owns the connection that writes (WAL, synchronous=FULL, BEGIN IMMEDIATE), others read."""

    def __init__(self, url: str, *, exclusive: bool) -> None:
        self.name = "sqlite"
        self._file = make_url(url).database or ""
        self._in_memory = self._file in {"", ":memory:"}
        self._lock = _locked(Path(self._file)) if exclusive and not self._in_memory else None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._engine = _sqlite_engine(url)
        self._connection: Connection | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._reading = None if self._in_memory else _sqlite_engine(url, readers=READERS)

    async def run(self, work: Callable[[Connection], T], *, seller: str | None = None) -> T:  # noqa: ARG002 - one wall here
        """Run `work` in a transaction, on the thread that owns the connection."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def read(self, work: Callable[[Connection], T], *, seller: str | None = None) -> T:  # noqa: ARG002 - one wall here
        """Run `work` on a snapshot; memory has but one connection."""
        if self._reading is None:
            return await self.run(work)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def snapshot(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a snapshot, as every read here."""
        return await self.read(work)

    async def listen(self, channel: str, take: Callable[[str], None]) -> None:  # noqa: ARG002 - the port's shape
        """Wait for ever: SQLite has no notices."""
        await asyncio.Event().wait()

    def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                self._connection.exec_driver_sql("BEGIN IMMEDIATE")
                return work(self._connection)
        except (DBAPIError, sqlite3.Error) as failure:
            if not isinstance(failure, (*BROKEN_RULE, *BAD_VALUE)):
                self._drop_connection()
            raise named(failure) from None

    def _read(self, work: Callable[[Connection], T]) -> T:
        if self._reading is None:
            raise StorageFailure("memory is read where it is written")
        try:
            with self._reading.begin() as connection:
                connection.exec_driver_sql("BEGIN")
                return work(connection)
        except DBAPIError as failure:
            raise named(failure) from None

    def _drop_connection(self) -> None:
        """A connection that failed is not trusted again; memory lives in it, so there it stays."""
        if self._connection is not None and not self._in_memory:
            with contextlib.suppress(DBAPIError):
                self._connection.invalidate()
                self._connection.close()
            self._connection = None

    async def close(self) -> None:
        """Close the connection, end the thread, let the file go."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()
        self._readers.shutdown()
        if self._lock is not None:
            self._lock.close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()
        if self._reading is not None:
            self._reading.dispose()


def _sqlite_engine(url: str, *, readers: int = 0) -> Engine:
    """Build an engine with the settings that durability asks for; `readers` = several that only read.

    Who begins a transaction says so itself: a listener to "begin" would make every statement look for listeners.
    """
    connect = {"check_same_thread": False, "timeout": LOCK_WAIT}
    engine = (
        create_engine(url, poolclass=QueuePool, pool_size=readers, connect_args=connect)
        if readers
        else create_engine(url, poolclass=StaticPool, connect_args=connect)
    )

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={LOCK_WAIT * 1000}"):
            connection.execute(f"PRAGMA {pragma}")

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
                pool_size=6,
                max_overflow=2,
                connect_args={
                    "connect_timeout": 5,
                    "options": "-c idle_in_transaction_session_timeout=15000 -c statement_timeout=30000 -c timezone=UTC",
                },
            )
        except (ImportError, ArgumentError) as failure:
            raise StorageFailure(
                f"PostgreSQL cannot be used: {failure} (install the extra `postgres`)"
            ) from None
        _try_what_rested(self._engine.sync_engine)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._still = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self.name = "postgresql"

    async def run(self, work: Callable[[Connection], T], *, seller: str | None = None) -> T:
        """Run `work` in a transaction."""
        return await self._on(self._engine, work, seller)

    async def read(self, work: Callable[[Connection], T], *, seller: str | None = None) -> T:
        """Run `work`; here readers never wait for writers.

        Each statement stands alone, which saves two round trips; a seller's needs a transaction, whose end ends the name.
        """
        return await self._on(self._reading if seller is None else self._engine, work, seller)

    async def snapshot(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on what was committed when it began."""
        return await self._on(self._still, work)

    async def _on(
        self, engine: "AsyncEngine", work: Callable[[Connection], T], seller: str | None = None
    ) -> T:
        try:
            async with engine.begin() as connection:
                if seller is not None:
                    await stand_before(connection, seller)
                return await connection.run_sync(work)
        except DBAPIError as failure:
            raise named(failure) from None
        except (OSError, TimeoutError) as failure:
            raise StorageFailure(type(failure).__name__) from None

    async def listen(self, channel: str, take: Callable[[str], None]) -> None:
        """Take notices until the connection ends."""
        try:
            async with self._engine.connect() as connection:
                settled = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await settled.exec_driver_sql(f"LISTEN {channel}")
                driver: Any = (await settled.get_raw_connection()).driver_connection
                async for notice in driver.notifies():
                    take(notice.payload)
        except DBAPIError as failure:
            raise named(failure) from None
        except (OSError, TimeoutError) as failure:
            raise StorageFailure(type(failure).__name__) from None

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _try_what_rested(engine: Engine) -> None:
    """Ask a connection that rested whether it lives; asking before every transaction takes a round trip of each."""

    @event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: Any) -> None:
        record.info[USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _try(connection: Any, record: Any, _proxy: object) -> None:
        if time.monotonic() - record.info.get(USED, math.inf) < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None


def database(url: str, *, exclusive: bool) -> Database:
    """Choose the engine by the URL; raises StorageFailure for what is no database."""
    try:
        kind, named_file = make_url(url).get_backend_name(), make_url(url).database
    except (ArgumentError, ValueError):  # their words may quote the password
        kind, named_file = url.rstrip("/"), None
    if kind == "memory:":
        return SqliteDatabase("sqlite://", exclusive=False)
    if kind == "sqlite" and named_file not in {None, "", ":memory:"}:
        return SqliteDatabase(url, exclusive=exclusive)
    if kind in {"postgresql", "postgres"}:
        return PostgresDatabase(url)
    raise StorageFailure("a database is memory:, sqlite:///FILE or postgresql://...")
