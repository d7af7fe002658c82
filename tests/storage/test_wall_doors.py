"""The second wall between sellers, seen from the store: every door of a seller's names the seller, and nothing stays named."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, select, text, update

from storage.open import open_storage
from storage.ports import StorageFailure
from storage.seller_ports import Agents, Canned, CaseFilter, SellerCases
from storage.sql.database import Unwritable
from storage.sql.group import CONVERSATIONS
from storage.sql.store import SqlStorage
from tests.postgres import PostgresServer
from tests.storage.walled import OWN
from tests.web.cases import ACME, BOLT, Cases, catalogue_of

pytestmark = pytest.mark.postgres

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
Door = Callable[[SqlStorage, str, Mapping[str, str]], Awaitable[Any]]


async def exported(store: SqlStorage) -> list[str]:
    return [
        row.case
        async for row in store.seller_cases.export("acme", since=NOW - 900 * DAY, until=NOW + 900 * DAY)
    ]


DOORS: Mapping[str, Callable[[SqlStorage, Mapping[str, str]], Awaitable[Any]]] = {
    "page": lambda store, _ids: store.seller_cases.page("acme", chosen=CaseFilter(view="all", text="mug")),
    "counts": lambda store, _ids: store.seller_cases.counts("acme", agent=""),
    "case": lambda store, ids: store.seller_cases.case("acme", ids["case"]),
    "issues": lambda store, _ids: store.seller_cases.issues("acme"),
    "pulse": lambda store, _ids: store.seller_cases.pulse("acme"),
    "statistics": lambda store, _ids: store.seller_cases.statistics(
        "acme", since=NOW - 900 * DAY, until=NOW + 900 * DAY, now=NOW
    ),
    "export": lambda store, _ids: exported(store),
    "of_seller": lambda store, _ids: store.agents.of_seller("acme"),
    "canned": lambda store, _ids: store.agents.canned("acme"),
    "change": lambda store, ids: store.agents.change("acme", ids["agent"], name="Ann Lee"),
    "end_all": lambda store, ids: store.agents.end_all("acme", ids["agent"]),
    "disable": lambda store, ids: store.agents.disable("acme", ids["agent"], disabled=False),
    "save_canned": lambda store, ids: store.agents.save_canned(
        Canned(id=ids["canned"], seller="acme", title="Sorry", text="We are sorry.")
    ),
    "invite": lambda store, _ids: store.agents.invite("acme", name="Eve", role="agent", locale="en", at=NOW),
    "delete_canned": lambda store, ids: store.agents.delete_canned("acme", ids["canned"]),
}  # fmt: skip
"""Each door of a seller's, asked in this order; the last of them takes away."""


@pytest.fixture
async def store(postgres_server: PostgresServer) -> AsyncIterator[SqlStorage]:
    found = open_storage(postgres_server.database(), owner="one", now=lambda: datetime.now(UTC))
    await found.upgrade()
    cases = Cases(storage=found, catalogue=catalogue_of(ACME, BOLT))
    await found.open(cases.step)
    for seller in ("acme", "bolt"):
        await cases.add(seller)
    yield found
    await found.close()


async def ids_of(store: SqlStorage) -> dict[str, str]:
    """Give acme a person with a session and a link, and an answer; tell their ids and the case's code."""
    agent = await store.agents.invite("acme", name="Ann", role="owner", locale="en", at=NOW)
    for _ in range(2):
        token = await store.agents.link(agent.id, at=NOW, expires=NOW + DAY)
    assert await store.agents.redeem(token, at=NOW) is not None
    canned = await store.agents.save_canned(Canned(seller="acme", title="Sorry", text="Sorry."))
    [row] = (await store.seller_cases.page("acme", chosen=CaseFilter(view="all"))).rows
    return {"agent": agent.id, "canned": canned.id, "case": row.case}


def stricter(connection: Connection) -> None:
    """Show those who name no seller nothing at all."""
    for table, column in OWN.items():
        shown = f"{column} = substr(current_setting('clearshot.seller', true), 2)"
        connection.execute(text(f"ALTER POLICY wall ON {table} USING ({shown})"))


def everybodys(connection: Connection) -> list[str | None]:
    """Ask a question that forgot to name the seller."""
    return sorted(connection.execute(select(CONVERSATIONS.c.desk)).scalars())


def named(method: Any) -> bool:
    given = inspect.signature(method).parameters
    return "seller" in given or any(one.annotation is Canned for one in given.values())


def test_every_door_of_a_sellers_is_asked_here() -> None:
    doors = {
        name
        for port in (SellerCases, Agents)
        for name, method in inspect.getmembers(port, inspect.isfunction)
        if not name.startswith("_") and named(method)
    }

    assert set(DOORS) == doors


async def test_every_door_of_a_sellers_names_the_seller(store: SqlStorage) -> None:
    ids = await ids_of(store)
    await store._database.run(stricter)

    answers = {name: await ask(store, ids) for name, ask in DOORS.items()}

    assert await store._database.read(everybodys) == []  # whoever names nobody finds nothing now
    assert [name for name, answer in answers.items() if not answer] == []
    assert answers["counts"]["all"] == len(answers["export"]) == answers["statistics"].cases == 1
    assert answers["pulse"] != await store.seller_cases.pulse("nobody")


async def test_a_question_that_forgot_the_seller_shows_and_changes_nothing_of_another(
    store: SqlStorage,
) -> None:
    database = store._database

    seen = await database.read(everybodys, seller="acme")
    moved = update(CONVERSATIONS).values(summary="broken")
    changed = await database.run(lambda c: c.execute(moved).rowcount, seller="acme")
    deleted = await database.run(lambda c: c.execute(delete(CONVERSATIONS)).rowcount, seller="acme")
    with pytest.raises(StorageFailure):
        await database.run(lambda c: c.execute(update(CONVERSATIONS).values(desk="acme")), seller="bolt")

    assert (seen, changed, deleted) == (["acme"], 1, 1)
    assert await database.read(everybodys) == ["bolt"]


async def test_a_connection_that_served_a_seller_is_nobodys_afterwards(store: SqlStorage) -> None:
    database = store._database
    await store.close()  # nobody else takes a connection meanwhile

    def served(connection: Connection) -> tuple[int, list[str | None]]:
        return connection.execute(select(func.pg_backend_pid())).scalar_one(), everybodys(connection)

    def fails(connection: Connection) -> None:
        everybodys(connection)
        raise KeyError

    (one, acmes), (two, cores), (three, bolts) = (
        await database.read(served, seller="acme"),
        await database.read(served),
        await database.run(served, seller="bolt"),
    )
    for way in (database.read, database.run):
        with pytest.raises(KeyError):
            await way(fails, seller="acme")
    with pytest.raises(Unwritable):
        await database.read(lambda c: c.execute(text("SELECT 1/0")), seller="acme")
    four, again = await database.run(served)

    assert one == two == three == four
    assert (acmes, bolts) == (["acme"], ["bolt"])
    assert cores == again == ["acme", "bolt"]
    await database.close()


async def test_a_connection_that_broke_is_a_storage_failure_and_replaced(
    store: SqlStorage, postgres_server: PostgresServer
) -> None:
    names = await store.agents.of_seller("acme")
    postgres_server.server.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'plain'"
    )

    failures = 0
    for _ in range(9):  # as many as the pool may hold, and one
        try:
            assert await store.agents.of_seller("acme") == names
        except StorageFailure:
            failures += 1

    assert failures < 9
    assert await store.agents.of_seller("acme") == names
