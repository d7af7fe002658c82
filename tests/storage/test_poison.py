"""An arrival that ends every process that works it is set aside, and its chat goes on."""

import asyncio
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.open import open_storage
from storage.sql.suspects import DEADLY
from tests.postgres import PostgresServer
from tests.storage.counting import count

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'poison.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.database()


async def lives(url: str, *, most: int) -> list[str]:
    """Let process after process live until one ends well; what they said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.poisoned_writer", url, str(most),
        stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return said.decode().splitlines()


async def test_an_arrival_that_ends_its_process_five_times_is_set_aside_and_the_chat_goes_on(
    url: str,
) -> None:
    store = open_storage(url, owner="first", now=lambda: datetime.now(UTC))
    await store.upgrade()
    await store.close()

    said = await lives(url, most=DEADLY + 3)

    killed = [f"end {-signal.SIGKILL}"] * (DEADLY + 1)  # the first is not known to be deadly
    assert said == [*killed, "aside 666", "end 0"]
    store = open_storage(url, owner="last", now=lambda: datetime.now(UTC))
    await store.open(count)
    [aside] = await store.asides.aside()
    histories = [[*(await store.streams.load(chat)).conversations.values()] for chat in (1, 2, 3)]
    await store.close()
    assert (aside.chat, aside.error) == (1, "Deadly")
    assert [[one.history for one in found] for found in histories] == [
        [("665", "667")],
        [("700",)],
        [("701",)],
    ]
