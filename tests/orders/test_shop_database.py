"""Orders from a shop's own database, on a real SQLite file."""

import sqlite3
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.orders.shop_database.adapter import ShopDatabase
from bot.orders.shop_database.settings import ShopDatabaseSettings
from bot.ports import PermanentFailure, TransientFailure

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


def source(url: str, query: str = QUERY) -> ShopDatabase:
    return ShopDatabase(ShopDatabaseSettings(url=url, seller="acme", query=query))


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
    ],
)
def test_only_one_select_by_number_is_allowed(query: str) -> None:
    with pytest.raises(ValidationError):
        ShopDatabaseSettings(url="sqlite://", seller="a", query=query)
