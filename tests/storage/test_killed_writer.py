"""A writer killed at any moment: what it had acknowledged is there, once, with its rows."""

import asyncio
import os
import random
import signal
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from flows.effects import Say
from storage.open import open_storage
from storage.ports import OutboxRow
from storage.sql.store import SqlStorage
from tests.storage.counting import count
from tests.storage.dying_writer import CHATS

KILLS = 10
ROOT = Path(__file__).resolve().parents[2]


async def run_and_kill(url: str, *, seed: int, after: float) -> list[tuple[int, int]]:
    """Start a writer, kill it a while after its first commit; tell what it acknowledged."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.storage.dying_writer",
        url,
        str(seed),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    first = await process.stdout.readline()
    await asyncio.sleep(after)
    os.kill(process.pid, signal.SIGKILL)
    rest = await process.stdout.read()
    await process.wait()
    whole = [line for line in (first + rest).splitlines(keepends=True) if line.endswith(b"\n")]
    return [(int(chat), int(number)) for chat, number in (line.split() for line in whole)]


def said(rows: list[OutboxRow]) -> dict[int, list[str]]:
    by_chat: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        if isinstance(row.effect, Say):
            by_chat[row.chat].append(row.effect.spans[0].text)
    return by_chat


async def claim_all(store: SqlStorage) -> list[OutboxRow]:
    claimed: list[OutboxRow] = []
    while rows := await store.outbox.claim(now=datetime.now(UTC)):
        claimed += rows
    return claimed


async def test_a_killed_writer_loses_nothing_that_it_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'clearshot.db'}"
    store = open_storage(url, owner="first", now=lambda: datetime.now(UTC))
    await store.upgrade()
    await store.close()
    chance = random.Random(20261123)
    acknowledged: list[tuple[int, int]] = []

    for kill in range(KILLS):
        acknowledged += await run_and_kill(url, seed=kill * 1_000_000, after=chance.uniform(0.0, 0.25))

    store = open_storage(url, owner="heir", now=lambda: datetime.now(UTC))
    await store.open(count)
    rows = said(await claim_all(store))
    kept = {chat: (await store.streams.load(chat)).conversations for chat in range(1, CHATS + 1)}
    await store.close()
    assert len(acknowledged) > KILLS
    for chat in range(1, CHATS + 1):
        history = [number for case in kept[chat].values() for number in case.history]
        mine = [str(number) for who, number in acknowledged if who == chat]
        assert [number for number in mine if number not in set(history)] == []
        assert len(history) == len(set(history))
        assert history == sorted(history, key=int)
        assert rows[chat] == history
