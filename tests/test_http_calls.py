"""Calls to a help desk's API: an answer is read to its end, however it comes."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.http_calls import Calls
from bot.ports import TransientFailure


async def test_an_answer_that_comes_in_pieces_is_read_to_its_end() -> None:
    async def piecemeal(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for piece in (b'{"words": "', b"x" * 300_000, b'"}'):
            await answer.write(piece)
        await answer.write_eof()
        return answer

    site = web.Application()
    site.router.add_get("/", piecemeal)
    async with TestServer(site) as server:
        calls = Calls(
            str(server.make_url("")).rstrip("/"), name="desk", headers={}, timeout=5, allow_private=True
        )
        answer = await calls("GET", "/")
        await calls.aclose()

    assert len(answer["words"]) == 300_000


async def test_a_call_whose_answer_is_lost_is_made_once_and_told() -> None:
    arrived: list[bytes] = []

    async def lost(request: web.Request) -> web.StreamResponse:
        arrived.append(await request.read())
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    site = web.Application()
    site.router.add_route("*", "/", lost)
    async with TestServer(site) as server:
        calls = Calls(
            str(server.make_url("")).rstrip("/"), name="desk", headers={}, timeout=5, allow_private=True
        )
        for method in ("PUT", "POST"):
            with pytest.raises(TransientFailure):
                await calls(method, "/", json={"words": method})
        await calls.aclose()

    assert arrived == [b'{"words":"PUT"}', b'{"words":"POST"}']
