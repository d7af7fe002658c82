import re

import aiohttp
import pytest

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox

LARGEST = 60_000


async def served(session: aiohttp.ClientSession, address: str) -> str:
    async with session.get(address, headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status == 200, address
        return await answer.text()


async def test_the_page_with_all_that_it_loads_weighs_less_than_60_kb(sandbox: Sandbox) -> None:
    wanted, seen = {"/"}, dict[str, str]()
    async with aiohttp.ClientSession() as session:
        while wanted - set(seen):
            path = (wanted - set(seen)).pop()
            seen[path] = await served(session, sandbox.address + path)
            wanted |= set(re.findall(r'(?:href|src)="(/[^"]+)"', seen[path]))
            wanted |= {f"/static/{name}" for name in re.findall(r'from ?"\./([a-z_]+\.js)"', seen[path])}

    assert len([path for path in seen if path.endswith(".js")]) > 5
    assert sum(len(content.encode()) for content in seen.values()) < LARGEST


async def test_the_page_asks_nothing_of_other_hosts(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session, session.get(sandbox.address + "/") as answer:
        policy = answer.headers["Content-Security-Policy"]
        content = await answer.text()

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "//" not in re.sub(r"<!.*?>", "", content)


async def test_a_link_to_the_bot_leads_to_the_page(sandbox: Sandbox) -> None:
    address = f"{sandbox.address}/t.me/clearshot_demo_bot?start=abc"

    async with aiohttp.ClientSession() as session, session.get(address, allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == "/?bot=clearshot_demo_bot&start=abc"


async def test_another_site_cannot_write_for_a_customer(sandbox: Sandbox) -> None:
    address = f"{sandbox.address}/sandbox/chats"
    headers = {"Origin": "https://elsewhere.example"}

    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(address, json={"first_name": "Eve"}) as answer,
    ):
        assert answer.status == 403


async def test_a_page_sent_as_a_file_is_never_shown_as_a_page(
    sandbox: Sandbox, client: SandboxClient, chat: int
) -> None:
    sent = await client.send_document(
        chat, b"<script>alert(1)</script>", name="<evil>.html", mime="text/html"
    )
    address = f"{sandbox.address}/sandbox/files/{sent['document']['file_id']}"

    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="_evil_.html"'
        assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/static/nothing.js", "/static/..%2fpage.py", "/sandbox/chats/1/messages/x"]
)
async def test_other_paths_are_not_found(sandbox: Sandbox, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(sandbox.address + path) as answer:
        assert answer.status in (404, 405)
