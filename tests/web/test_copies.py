"""Signed addresses of sellers' copies."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.copy_links import LASTS, CopyLinks
from bot.web.copies import copy_routes
from storage.blobs import MemoryBlobs

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINKS = CopyLinks(base="https://bot.example", secret="pepper")
Client = TestClient[web.Request, web.Application]


class Moment:
    """The time as the test sets it."""

    def __init__(self) -> None:
        self.now = NOW


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
async def client(blobs: MemoryBlobs, moment: Moment) -> AsyncIterator[Client]:
    site = web.Application()
    site.add_routes(copy_routes(blobs=blobs, links=LINKS, now=lambda: moment.now))
    async with TestClient(TestServer(site)) as client:
        yield client


def path_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


async def test_a_link_leads_to_the_very_bytes(client: Client, blobs: MemoryBlobs) -> None:
    key = await blobs.put("K7F3QX", b"jpeg bytes")

    answer = await client.get(path_of(LINKS.link(key, "ShippingDamage_Packaging.jpg", now=NOW)))

    assert (answer.status, await answer.read()) == (200, b"jpeg bytes")
    assert answer.content_type == "image/jpeg"
    assert answer.headers["Content-Disposition"] == 'inline; filename="ShippingDamage_Packaging.jpg"'
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_link_ends_after_a_week(client: Client, blobs: MemoryBlobs, moment: Moment) -> None:
    path = path_of(LINKS.link(await blobs.put("K7F3QX", b"x"), "A.jpg", now=NOW))

    moment.now = NOW + LASTS
    in_time = (await client.get(path)).status
    moment.now = NOW + LASTS + timedelta(seconds=1)
    late = (await client.get(path)).status

    assert (in_time, late) == (200, 404)


async def test_no_link_can_be_made_of_another(client: Client, blobs: MemoryBlobs) -> None:
    mine, other = await blobs.put("K7F3QX", b"mine"), await blobs.put("K7F3QY", b"other")
    path = path_of(LINKS.link(mine, "A.jpg", now=NOW))
    until = path.partition("until=")[2].partition("&")[0]

    forged = [
        path.replace(mine, other),
        path.replace("A.jpg", "B.jpg"),
        path.replace(until, str(int(until) + 1)),
        path.partition("?")[0],
        path.partition("&")[0],
        path[:-1],
        path.replace("signature=", "signature=%E2%82%AC"),
        path_of(CopyLinks(base="https://bot.example", secret="salt").link(mine, "A.jpg", now=NOW)),
        f"/copies/..%2f..%2f{mine}/A.jpg",
    ]

    assert [(await client.get(one)).status for one in forged] == [404] * len(forged)
    assert (await client.get(path)).status == 200


async def test_a_copy_that_is_forgotten_is_gone(client: Client, blobs: MemoryBlobs) -> None:
    key = await blobs.put("K7F3QX", b"x")
    await blobs.delete_case("K7F3QX")

    assert (await client.get(path_of(LINKS.link(key, "A.jpg", now=NOW)))).status == 404


def test_without_a_public_address_there_are_no_links() -> None:
    assert CopyLinks(base="", secret="pepper").link("K7F3QX/" + "a" * 64, "A.jpg", now=NOW) == ""
