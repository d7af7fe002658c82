"""What `clearshot doctor` sees, beyond what its command's tests show."""

import sqlite3
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.bootstrap import upgrade
from bot.diagnosis import Finding, diagnose
from bot.settings import Settings
from tests.object_store import ObjectStore
from tests.postgres import PostgresServer


async def photos_in(place: str, folder: Path) -> Finding:
    findings = await diagnose(Settings(database=f"sqlite:///{folder / 'clearshot.db'}", blobs=place))
    return next(finding for finding in findings if finding.what == "photos")


async def database_at(url: str, folder: Path) -> Finding:
    findings = await diagnose(Settings(database=url, blobs=str(folder)))
    return next(finding for finding in findings if finding.what == "database")


@pytest.mark.postgres
async def test_the_doctor_warns_of_a_role_that_no_policy_binds(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    plain = postgres_server.database()
    name = plain.partition("@/")[2].partition("?")[0]
    postgres_server.server.psql("CREATE ROLE passes LOGIN BYPASSRLS IN ROLE plain")
    await upgrade(Settings(database=plain))

    found = {
        role: await database_at(postgres_server.address(name, role=role), tmp_path)
        for role in ("plain", "postgres", "passes")
    }

    assert all(finding.well for finding in found.values()), found
    assert [f"the role {role} passes row level security" in one.said for role, one in found.items()] == [
        False, True, True,
    ]  # fmt: skip


async def test_the_doctor_tries_the_object_store(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in object_store.environ.items():
        monkeypatch.setenv(name, value)
    place = f"s3://{object_store.bucket()}/photos"

    well = await photos_in(place, tmp_path)
    ill = await photos_in("s3://nobody-made-this", tmp_path)

    assert (well.well, well.said) == (True, f"{place} is writable")
    assert (ill.well, ill.said) == (False, "s3://nobody-made-this: object store: there is no such bucket")


async def test_the_doctor_asks_the_shops_for_orders(tmp_path: Path) -> None:
    query = "SELECT number, item, fact FROM orders WHERE number = :number"
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (number TEXT, item TEXT, fact TEXT)")
    connection.close()
    entries = [
        f"  - {{kind: shop_database, seller: acme, url: 'sqlite:///{tmp_path / name}', query: '{query}'}}\n"
        for name in ("shop.db", "missing/shop.db")
    ]
    (tmp_path / "orders.yaml").write_text(f"sources:\n{''.join(entries)}")
    settings = Settings(
        orders=tmp_path / "orders.yaml", database=f"sqlite:///{tmp_path / 'c.db'}", blobs=str(tmp_path)
    )

    said = {one.what: (one.well, one.said) for one in await diagnose(settings, trials=False)}

    assert said["orders, source 1"] == (True, "takes the query")
    assert said["orders, source 2"] == (False, "the shop's database: OperationalError")


@pytest.mark.parametrize("answer", ["[]", "{}", '{"ok": true}', '{"ok": true, "result": 7}', "7"])
async def test_the_doctor_says_when_no_bot_api_answers(answer: str, tmp_path: Path) -> None:
    async def take(_request: web.Request) -> web.Response:
        return web.Response(text=answer, content_type="application/json")

    site = web.Application()
    site.router.add_route("*", "/{rest:.*}", take)
    async with TestServer(site) as server:
        settings = Settings(
            telegram_token=SecretStr(f"123456:{'A' * 35}"),
            telegram_api=str(server.make_url("")).rstrip("/"),
            database=f"sqlite:///{tmp_path / 'c.db'}",
            blobs=str(tmp_path),
        )
        found = next(one for one in await diagnose(settings, trials=False) if one.what == "telegram")

    assert (found.well, "CLEARSHOT_TELEGRAM_API" in found.said or "Telegram" in found.said) == (False, True)
