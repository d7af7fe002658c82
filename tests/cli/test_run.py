"""`clearshot run` and `doctor` against a local Telegram: polling and webhook, started late, stopped gently."""

import asyncio
import base64
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.cli.conftest import environment

pytestmark = pytest.mark.slow
SELLERS = "sellers:\n  acme: {name: Acme}\n  bolt: {name: Bolt}\n"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def bot(folder: Path, *arguments: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    (folder / "sellers.yaml").write_text(SELLERS)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *(arguments or ("run",)), cwd=folder,
        env=environment(**{"sellers": "sellers.yaml", **settings}),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended(process: asyncio.subprocess.Process) -> str:
    """Stop a bot gently; answers its log."""
    process.send_signal(signal.SIGTERM)
    _, log = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    return log.decode()


async def greeted(client: SandboxClient) -> int:
    chat = int((await client.new_chat("Anna"))["id"])
    await client.start(chat)
    await client.wait_for(chat, lambda one: "order number" in str(one.get("text")), timeout=30)
    return chat


async def test_the_bot_runs_by_polling_and_stops_when_told(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, SandboxClient(sandbox.address) as client:
        settings = {"telegram_token": sandbox.token, "telegram_api": sandbox.address}
        async with bot(tmp_path, **settings, listen="127.0.0.1:0") as process:
            await greeted(client)
            log = await ended(process)

    assert "runs by polling" in log
    assert sandbox.token.partition(":")[2] not in log
    assert "Anna" not in log


async def test_the_bot_runs_by_webhook_and_answers_its_health_page(tmp_path: Path) -> None:
    public = f"127.0.0.1:{free_port()}"
    async with Sandbox() as sandbox, SandboxClient(sandbox.address) as client:
        settings = {"telegram_token": sandbox.token, "telegram_api": sandbox.address}
        async with bot(tmp_path, **settings, listen=public, public_url=f"http://{public}") as process:
            await greeted(client)
            async with aiohttp.ClientSession() as session, session.get(f"http://{public}/health") as page:
                assert (page.status, await page.json()) == (200, {"status": "ready"})
            async with aiohttp.ClientSession() as session, session.post(f"http://{public}/telegram") as hook:
                assert hook.status == 401
            log = await ended(process)

    assert "runs by webhook" in log


async def test_a_bot_that_starts_before_telegram_can_be_reached_takes_up_its_work_then(
    tmp_path: Path,
) -> None:
    port = free_port()
    token = Sandbox().token
    settings = {"telegram_token": token, "telegram_api": f"http://127.0.0.1:{port}"}
    async with bot(tmp_path, **settings, listen="127.0.0.1:0") as process:
        assert process.stderr is not None
        async with asyncio.timeout(30):
            while b"trying again" not in await process.stderr.readline():
                continue
        async with Sandbox(port=port) as sandbox, SandboxClient(sandbox.address) as client:
            await greeted(client)
            await ended(process)


async def test_a_token_that_telegram_refuses_is_one_line(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        settings = {"telegram_token": "999999:canary-of-another-bot", "telegram_api": sandbox.address}
        async with bot(tmp_path, **settings, listen="127.0.0.1:0") as process:
            _, log = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == 1
    assert log.decode().strip().splitlines()[-1] == "Telegram refuses the token"
    assert b"Traceback" not in log
    assert b"canary" not in log


async def test_a_second_bot_on_the_same_database_is_refused(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, SandboxClient(sandbox.address) as client:
        settings = {"telegram_token": sandbox.token, "telegram_api": sandbox.address, "listen": "127.0.0.1:0"}
        async with bot(tmp_path, **settings) as first:
            await greeted(client)
            async with bot(tmp_path, **settings) as second:
                _, log = await asyncio.wait_for(second.communicate(), 30)
            await ended(first)

    assert second.returncode == 1
    assert b"another bot works on" in log.splitlines()[-1]


async def test_a_seller_s_answer_from_the_shell_reaches_the_customer_of_a_running_bot(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, SandboxClient(sandbox.address) as client:
        settings = {"telegram_token": sandbox.token, "telegram_api": sandbox.address, "listen": "127.0.0.1:0"}
        async with bot(tmp_path, **settings) as running:
            chat = await greeted(client)
            await client.send_text(chat, "A-17")
            asked = await client.wait_for(chat, lambda one: "reply_markup" in one)
            code = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"].partition(".")[0]
            async with bot(tmp_path, "cases", "answer", code, "We look into it.", **settings) as shell:
                said, _ = await asyncio.wait_for(shell.communicate(), 30)
            await client.wait_for(chat, lambda one: "We look into it." in str(one.get("text")))
            await ended(running)

    assert said.decode().strip() == f"{code}: answered"


async def test_the_doctor_sends_a_test_bundle_and_tries_the_way_back(tmp_path: Path) -> None:
    secret = f"whsec_{base64.b64encode(bytes(32)).decode()}"
    events: list[tuple[str, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        events.append((request.path, await request.read()))
        return web.Response(status=200 if request.path == "/in" else 401)

    site = web.Application()
    site.router.add_post("/in", take)
    site.router.add_post("/hooks/acme", take)
    async with Sandbox() as sandbox, TestServer(site) as server:
        address = str(server.make_url("/in"))
        (tmp_path / "hooked.yaml").write_text(
            f"sellers:\n  acme:\n    name: Acme\n    locale: de\n    inbox: webhook\n    photos: {{names: '{{case}}_{{n}}', format: webp}}\n"
            f"    settings: {{url: '{address}', secrets: ['{secret}'], allow_private: true}}\n"
        )
        settings = {
            "telegram_token": sandbox.token,
            "telegram_api": sandbox.address,
            "sellers": "hooked.yaml",
        }
        public = str(server.make_url("")).rstrip("/")
        async with bot(tmp_path, "doctor", **settings, public_url=public) as shell:
            said, faults = await asyncio.wait_for(shell.communicate(), 40)

    assert "ok    inbox of acme: webhook takes a signed test bundle" in said.decode(), faults
    assert "FAIL  answers of acme: a signed test call to" in said.decode()
    assert shell.returncode == 1
    [(_, event), (path, _)] = events
    bundle = json.loads(event)["data"]["bundle"]
    assert (json.loads(event)["type"], bundle["case"], path) == ("trial", "TRYOUT", "/hooks/acme")
    assert [photo["file"] for photo in bundle["photos"]] == ["TRYOUT_01.webp"]
    assert "Test" in bundle["message"]


async def test_the_doctor_finds_everything_well_and_says_what_is_not(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        settings = {"telegram_token": sandbox.token, "telegram_api": sandbox.address}
        async with bot(tmp_path, "doctor", **settings) as well:
            seen, _ = await asyncio.wait_for(well.communicate(), 30)
    async with bot(tmp_path, "doctor", **settings) as ill:
        missed, faults = await asyncio.wait_for(ill.communicate(), 30)

    assert well.returncode == 0, seen
    for what in (
        "telegram: clearshot_demo_bot",
        "database: sqlite",
        "photos: ",
        "inbox of acme: ",
        "flows: ",
    ):
        assert f"ok    {what}" in seen.decode()
    assert ill.returncode == 1
    assert "FAIL  telegram:" in missed.decode()
    assert b"Traceback" not in faults
