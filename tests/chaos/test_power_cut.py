"""A power cut: what is acknowledged is synced. Seen in the order of the bot's own system calls, by strace."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.chaos.crowd import photo
from tests.chaos.world import World, world
from tests.conftest import in_ci
from tests.journeys.customer import words

CALLS = "trace=fsync,fdatasync,recvfrom,sendto,rename,renameat,renameat2"
SYNC = r"(fsync|fdatasync)\(.*= 0$"
PATIENCE = 60.0


@asynccontextmanager
async def traced(place: World, file: Path) -> AsyncIterator[None]:
    """Write down the bot's system calls while the block lasts."""
    if shutil.which("strace") is None:
        if in_ci():
            pytest.fail("strace must not be missing here")
        pytest.skip("no strace: apt-get install strace")
    strace = await asyncio.create_subprocess_exec(
        "strace", "-f", "-y", "-s", "80", "-e", CALLS, "-o", str(file), "-p", str(place.pack.replicas[0].pid),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert strace.stderr is not None
        said = await asyncio.wait_for(strace.stderr.readline(), PATIENCE)
        assert b"attached" in said, said
        yield
    finally:
        if strace.returncode is None:
            strace.terminate()
        await strace.wait()


def whole(lines: list[str]) -> list[str]:
    """Join calls that another thread interrupted, at the place where they ended."""
    begun: dict[tuple[str, str], str] = {}
    found = []
    for line in lines:
        thread, _, call = line.strip().partition(" ")
        resumed = re.match(r"<\.\.\. (\w+) resumed>(.*)", call.strip())
        if call.endswith("<unfinished ...>"):
            begun[thread, call.strip().partition("(")[0]] = call.strip().removesuffix("<unfinished ...>")
        elif resumed:
            found.append(begun.pop((thread, resumed[1]), "") + resumed[2])
        else:
            found.append(call.strip())
    return found


def place_of(calls: list[str], pattern: str, *, after: int = -1) -> int:
    """The first call after another that fits."""
    fitting = [index for index, call in enumerate(calls) if index > after and re.search(pattern, call)]
    assert fitting, (pattern, calls[after + 1 :])
    return fitting[0]


@pytest.mark.slow
async def test_an_update_is_synced_before_it_is_acknowledged_and_a_photo_before_its_tick(
    tmp_path: Path,
) -> None:
    async with world(engine="sqlite", conversations=1) as place:
        chat = await place.client.new_chat("Anna", language_code="en")
        await place.client.start(chat, place.links[0])
        shown = await place.client.wait_for(chat, lambda m: "What happened?" in words(m), PATIENCE)
        await place.client.press(chat, shown, "Storm", within=5)
        await place.client.wait_for(chat, lambda m: "First word?" in words(m), PATIENCE)
        for answer in ("one", "two", "three", "four"):
            await place.client.send_text(chat, answer)
        await place.client.wait_for(chat, lambda m: "The front" in words(m), PATIENCE)

        async with traced(place, tmp_path / "calls"):
            await place.client.send_photos(chat, [photo(1, 0)])
            await place.client.wait_for(chat, lambda m: "The side" in words(m), PATIENCE)

    calls = whole((tmp_path / "calls").read_text(errors="replace").splitlines())
    came = place_of(calls, r'recvfrom\(.*"POST /telegram')
    acknowledged = place_of(calls, r'sendto\(.*"HTTP/1.1 200 OK', after=came)
    database = [index for index, call in enumerate(calls) if re.search(SYNC, call) and "c.db-wal" in call]
    assert any(came < index < acknowledged for index in database)
    moved = place_of(calls, r"rename\w*\(.*blobs/")
    synced = [index for index, call in enumerate(calls) if re.search(SYNC, call) and "/blobs/" in call]
    assert min(synced) < moved < max(synced)
    stored = next(index for index in database if index > max(synced))
    assert stored < place_of(calls, r'sendto\(.*"POST /bot[^ ]*/sendMessage', after=max(synced))
