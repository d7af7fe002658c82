"""What a long-lived process gives back to the system, seen in processes of their own: the allocator's mode is the process's."""

import platform
import subprocess
import sys

import pytest

from tests.conftest import in_ci

PROGRAM = """
import resource
from bot.garbage import return_large_blocks


def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 2**20


%s
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


def left_behind(first: str) -> int:
    ran = subprocess.run([sys.executable, "-c", PROGRAM % first], capture_output=True, text=True, check=True)
    return int(ran.stdout)


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" and not in_ci(), reason="other C libraries have no such limit to set"
)
def test_large_buffers_leave_nothing_behind_though_small_things_between_them_stay() -> None:
    left = left_behind("return_large_blocks()")

    assert left <= 5
