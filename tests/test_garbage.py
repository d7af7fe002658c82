"""A long-lived process's heap stays dense: seen in processes of their own, for what is set holds for all of a process."""

import platform
import subprocess
import sys

import pytest

from bot.garbage import READ_AT_ONCE
from tests.conftest import in_ci

BUFFERS = """
import resource
from bot.garbage import keep_heap_dense


def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 2**20


keep_heap_dense()
del (first := [b"x" * 300_000])[:]
before = resident()
received, kept = [], []
for _ in range(200):
    received.append(b"x" * 256 * 1024)
    kept.append(b"y" * 1000)
del received
print(resident() - before)
"""
"""Print the MB that stay when 50 MB of buffers are gone, and some small things live on between them."""

READING = """
import asyncio, socket
from bot.garbage import keep_heap_dense


class Taking(asyncio.Protocol):
    def __init__(self):
        self.pieces, self.ended = [], asyncio.get_running_loop().create_future()

    def data_received(self, data):
        self.pieces.append(len(data))

    def connection_lost(self, exc):
        self.ended.set_result(None)


async def largest():
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
    theirs.setblocking(False)
    theirs.send(bytes(150_000))
    theirs.close()
    _, taking = await asyncio.get_running_loop().create_connection(Taking, sock=ours)
    await taking.ended
    return max(taking.pieces)


keep_heap_dense()
print(asyncio.run(largest()))
"""
"""Print the size of the largest piece that a connection hands on, of 150 kB that wait for it."""


def printed(program: str) -> int:
    return int(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    )


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" and not in_ci(), reason="other C libraries have no such limit to set"
)
def test_large_buffers_leave_nothing_behind_though_small_things_between_them_stay() -> None:
    left = printed(BUFFERS)

    assert left <= 5


def test_a_connection_reads_no_more_at_once_than_the_heap_can_lend() -> None:
    largest = printed(READING)

    assert largest <= READ_AT_ONCE
