"""Liveness and readiness."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.health import health_routes
from storage.ports import StorageFailure


async def statuses(check: Callable[[], Awaitable[str]]) -> dict[str, tuple[int, str]]:
    site = web.Application()
    site.add_routes(health_routes({"database": check}))
    async with TestClient(TestServer(site)) as client:
        found = {}
        for path in ("/health", "/health/live", "/health/ready"):
            answer = await client.get(path)
            found[path] = (answer.status, await answer.text())
        return found


async def test_a_bot_whose_database_answers_is_live_and_ready() -> None:
    async def well() -> str:
        return "sqlite"

    found = await statuses(well)

    assert {status for status, _ in found.values()} == {200}


async def test_a_bot_without_its_database_is_live_and_not_ready_and_says_no_secrets() -> None:
    async def ill() -> str:
        raise StorageFailure("postgresql://user:canary@host/db")

    found = await statuses(ill)

    assert {path: status for path, (status, _) in found.items()} == {
        "/health": 503,
        "/health/live": 200,
        "/health/ready": 503,
    }
    assert "StorageFailure" in found["/health"][1]
    assert "canary" not in found["/health"][1]
