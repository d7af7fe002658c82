"""Orders from a shop's own database, on a real SQLite file."""

import asyncio
import socket
import sqlite3
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.bootstrap import Faulty, make_order_sources
from bot.orders.shop_database.adapter import ShopDatabase
from bot.orders.shop_database.settings import ShopDatabaseSettings
from bot.ports import PermanentFailure, TransientFailure
from bot.settings import Settings

QUERY = "SELECT o.no AS number, l.title AS item, o.mail AS fact_mail, o.zip AS fact_zip, o.day AS placed_on FROM o JOIN l ON l.no = o.no WHERE o.no = :number ORDER BY l.rowid"


@pytest.fixture
def shop(tmp_path: Path) -> str:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(
            "CREATE TABLE o (no TEXT, mail TEXT, zip TEXT, day TEXT); CREATE TABLE l (no TEXT, title TEXT);"
            "INSERT INTO o VALUES ('A1', 'Anna@Example.com', '10115', '2026-11-02'), ('A2', NULL, NULL, NULL);"
            "INSERT INTO l VALUES ('A1', 'Mug'), ('A1', 'Lid'), ('A2', 'Tent');"
        )
    connection.close()
    return f"sqlite:///{file}"


def source(url: str, query: str = QUERY, *, within: float = 10) -> ShopDatabase:
    return ShopDatabase(ShopDatabaseSettings(url=url, seller="acme", query=query), within=within)


async def test_an_order_is_found_by_its_number_and_any_fact(shop: str) -> None:
    database = source(shop)

    order = await database.find(number="A1", fact=" anna@example.com ")

    assert order is not None
    assert order.verified
    assert [item.title for item in order.items] == ["Mug", "Lid"]
    assert await database.find(number="A1", fact="10 115") == order
    await database.aclose()


@pytest.mark.parametrize(
    ("number", "fact"),
    [
        ("A1", "ben@example.com"),
        ("A9", "anna@example.com"),
        ("A2", ""),
        ("A2", "None"),
        ("A1' OR 1=1 --", "10115"),
    ],
)
async def test_wrong_and_unknown_are_answered_alike(shop: str, number: str, fact: str) -> None:
    database = source(shop)

    assert await database.find(number=number, fact=fact) is None
    await database.aclose()


async def test_a_database_that_is_away_is_worth_another_attempt(tmp_path: Path) -> None:
    database = source(f"sqlite:///{tmp_path}/missing/shop.db")

    with pytest.raises(TransientFailure):
        await database.find(number="A1", fact="x")
    await database.aclose()


async def test_a_database_that_hangs_holds_up_nothing_else(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = source(f"postgresql+psycopg://u:p@127.0.0.1:{silent.getsockname()[1]}/shop", within=0.5)
        asked = [asyncio.create_task(database.find(number="A1", fact="x")) for _ in range(40)]
        await asyncio.sleep(0.1)

        async with asyncio.timeout(0.3):
            assert await asyncio.to_thread(tmp_path.exists)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        await database.aclose()

    assert {str(one) for one in answers} == {"the shop's database does not answer"}
    assert all(isinstance(one, TransientFailure) for one in answers)


async def test_places_that_hanging_questions_took_are_free_again_when_they_end(shop: str) -> None:
    database = source(shop, within=0.3)
    with sqlite3.connect(shop.removeprefix("sqlite:///"), isolation_level=None) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        for _ in range(5):
            with pytest.raises(TransientFailure):
                await database.find(number="A1", fact="10115")
        lock.execute("ROLLBACK")
    lock.close()
    async with asyncio.timeout(10):
        while True:
            try:
                order = await database.find(number="A1", fact="10115")
                break
            except TransientFailure:
                await asyncio.sleep(0.1)

    assert order is not None
    await database.aclose()


async def test_an_order_of_somebody_else_with_the_same_number_stays_theirs(shop: str) -> None:
    with sqlite3.connect(shop.removeprefix("sqlite:///")) as connection:
        connection.execute("INSERT INTO o VALUES ('A1', 'ben@example.com', '20095', '2025-11-02')")
    connection.close()
    query = "SELECT no AS number, day AS item, mail AS fact_mail, zip AS fact_zip FROM o WHERE no = :number"
    database = source(shop, query)

    order = await database.find(number="A1", fact="ben@example.com")

    assert order is not None
    assert [item.title for item in order.items] == ["2025-11-02"]
    await database.aclose()


async def test_a_quantity_that_is_none_is_the_operator_s_to_mend_and_stays_unsaid(shop: str) -> None:
    database = source(shop, QUERY.replace("SELECT", "SELECT 'many: secret' AS quantity,"))

    with pytest.raises(PermanentFailure) as failure:
        await database.find(number="A1", fact="10115")
    await database.aclose()

    assert "secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://u:canary@h/db", "url is no address such as postgresql://"),
        ("shop.example", "url is no address such as postgresql://"),
        ("oracle+cx_oracle://u:canary@h/db", "url needs cx_Oracle, which is not installed"),
    ],
)
def test_an_address_that_cannot_be_opened_is_told_with_its_place(tmp_path: Path, url: str, said: str) -> None:
    file = tmp_path / "orders.yaml"
    entry = f"kind: shop_database, seller: acme, url: '{url}', query: '{QUERY}'"
    file.write_text(f"sources:\n  - {{{entry}}}\n")

    with pytest.raises(Faulty) as refusal:
        make_order_sources(Settings(orders=file))

    assert f"orders.yaml:2:5: {said}" in str(refusal.value)
    assert "canary" not in str(refusal.value)


def test_a_colon_within_a_word_is_no_parameter() -> None:
    query = "SELECT to_char(day, 'HH24:MI') AS item, no AS number FROM o WHERE no = :number"

    assert ShopDatabaseSettings(url="sqlite://", seller="a", query=query).query == query


async def test_a_query_without_the_columns_is_the_operator_s_to_mend(shop: str) -> None:
    database = source(shop, "SELECT no AS nr, mail AS fact FROM o WHERE no = :number")

    with pytest.raises(PermanentFailure):
        await database.find(number="A1", fact="anna@example.com")
    await database.aclose()


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM o WHERE no = :number",
        "SELECT 1; DROP TABLE o",
        "SELECT * FROM o",
        "SELECT :number, :other",
        "SELECT no FROM o WHERE no = :number::text",
    ],
)
def test_only_one_select_by_number_is_allowed(query: str) -> None:
    with pytest.raises(ValidationError):
        ShopDatabaseSettings(url="sqlite://", seller="a", query=query)
