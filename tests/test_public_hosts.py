"""Somebody else's address leads to the public internet or nowhere."""

import socket
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import TestServer

from bot.public_hosts import NoPublicHost, PublicResolver, is_public

INSIDE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
    "224.0.0.1", "255.255.255.255", "192.0.0.170", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:1:1:1:1:80ff:fffe",
    "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::808:808", "::127.0.0.1", "::10.0.0.1",
    "2a00:1450::5efe:a00:1", "2a00:1450::200:5efe:a00:1",
)  # fmt: skip
OUTSIDE = ("8.8.8.8", "2a00:1450:4001::200e", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8")


@pytest.mark.parametrize("address", INSIDE)
def test_what_leads_inside_is_no_public_host(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_leads_outside_is_one(address: str) -> None:
    assert is_public(address)


class ChangingName(AbstractResolver):
    """A name whose owner gives another answer each time."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[Any]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            {"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": 0}
            for one in found
        ]

    async def close(self) -> None:
        """Hold nothing."""


async def test_a_name_that_changes_its_answer_is_looked_at_each_time() -> None:
    resolver = PublicResolver(ChangingName(("8.8.8.8", "127.0.0.1", "64:ff9b::7f00:1"), ("127.0.0.1",)))

    first = await resolver.resolve("rebind.example", 443)

    assert [one["host"] for one in first] == ["8.8.8.8"]
    with pytest.raises(NoPublicHost):
        await resolver.resolve("rebind.example", 443)


async def test_nothing_on_this_machine_is_reached_by_a_name_and_it_is_asked_for_once() -> None:
    reached: list[str] = []

    async def canary(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response()

    site = web.Application()
    site.router.add_get("/", canary)
    name = ChangingName(("127.0.0.1",))
    async with TestServer(site) as server:
        connector = aiohttp.TCPConnector(resolver=PublicResolver(name), use_dns_cache=False)
        async with aiohttp.ClientSession(connector=connector) as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"http://rebind.example:{server.port}/")

    assert (reached, name.asked) == ([], 1)
