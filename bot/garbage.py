"""How a long-lived process keeps small: how often it looks for garbage, and which freed memory the system has back."""

import ctypes
import gc

NEW_OBJECTS = 20_000
"""After so many new ones garbage is looked for; they hold some 10 MB at most."""
LARGE_BLOCK = 128 * 1024
"""Bytes; what glibc begins with, before it raises the limit to the largest block that it saw freed, up to 32 MB."""

_M_MMAP_THRESHOLD = -3
"""Its number in glibc's malloc.h."""


def rest_garbage() -> None:
    """Leave what was built for good out of every look for garbage, and look more seldom: a tap makes no cycles.

    The standard pace took a tenth of a busy bot's processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)


def return_large_blocks() -> None:
    """Give each large block pages of its own, which go back to the system with it, where the C library can.

    For every piece that a socket brings asyncio asks for 256 kB and keeps what came, mostly little. In the common heap
    small things that stay settle in the rest, so that the next such block needs new room: the heap grew with each
    conversation, a third of it free.
    """
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
    except (OSError, AttributeError):
        return
