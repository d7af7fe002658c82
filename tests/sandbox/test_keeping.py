import asyncio
import sys
from pathlib import Path

from telegram import Bot

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import library_bot
from tests.sandbox.echo_bot import picture


async def conversation(client: SandboxClient, bot: Bot) -> int:
    chat = await client.new_chat("Anna", language_code="de")
    await client.start(chat)
    await client.send_photos(chat, [picture("#456")], caption="kept")
    await bot.set_my_commands([("help", "Help")])
    sent = await bot.send_message(chat["id"], "before")
    await bot.edit_message_text("after", chat["id"], sent.message_id)
    return int(chat["id"])


async def test_chats_files_updates_and_commands_outlive_a_restart(tmp_path: Path) -> None:
    async with (
        Sandbox(data=tmp_path) as first,
        SandboxClient(first.address) as client,
        library_bot(first) as bot,
    ):
        chat = await conversation(client, bot)
        before = await client.messages(chat)

    async with (
        Sandbox(data=tmp_path) as second,
        SandboxClient(second.address) as client,
        library_bot(second) as bot,
    ):
        after = await client.messages(chat)
        updates = await bot.get_updates()
        kept = await client.download(after[1]["photo"][-1]["file_id"])
        commands = await client.commands(chat)
        next_message = await bot.send_message(chat, "and on")
        other = await client.new_chat("Ben")

    assert after == before
    assert after[2]["text"] == "after"
    assert [one.message.caption for one in updates if one.message] == [None, "kept"]
    assert len(kept) == after[1]["photo"][-1]["file_size"]
    assert [one["command"] for one in commands] == ["help"]
    assert next_message.message_id == before[-1]["message_id"] + 1
    assert other["id"] != chat


async def test_what_was_acknowledged_and_deleted_stays_away(tmp_path: Path) -> None:
    async with (
        Sandbox(data=tmp_path) as first,
        SandboxClient(first.address) as client,
        library_bot(first) as bot,
    ):
        chat = await conversation(client, bot)
        updates = await bot.get_updates()
        await bot.get_updates(offset=updates[-1].update_id + 1)
        await client.delete(chat, 1)

    async with (
        Sandbox(data=tmp_path) as second,
        SandboxClient(second.address) as client,
        library_bot(second) as bot,
    ):
        await client.send_text(chat, "new")
        (update,) = await bot.get_updates()
        numbers = [one["message_id"] for one in await client.messages(chat)]

    assert update.update_id > updates[-1].update_id
    assert 1 not in numbers


async def test_it_runs_by_itself_and_says_in_one_line_that_its_port_is_taken(sandbox: Sandbox) -> None:
    port = sandbox.address.rsplit(":", 1)[1]

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox", "--port", port, stderr=asyncio.subprocess.PIPE
    )
    _, told = await process.communicate()

    assert process.returncode == 1
    assert told.decode().count("\n") == 1
    assert "Traceback" not in told.decode()


async def test_by_itself_it_prints_its_addresses_and_answers() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        async with SandboxClient(line.split()[-1]) as client:
            (told,) = await client.bots()
    finally:
        process.terminate()
        await process.wait()

    assert told["username"] == "clearshot_demo_bot"
