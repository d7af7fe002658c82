"""How a long-lived process keeps small: how often it looks for garbage, and how its heap stays dense."""

import asyncio.selector_events
import asyncio.sslproto
import ctypes
import gc

NEW_OBJECTS = 20_000
"""After so many new ones garbage is looked for; they hold some 10 MB at most."""
READ_AT_ONCE = 16 * 1024
"""Bytes that a connection reads at once, as TLS does: calls of the Bot API and answers are smaller, photos come in pieces."""
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


def keep_heap_dense() -> None:
    """Take no large block from the common heap; call it before the first connection.

    Where a large block was, small things that stay settle, and the next one needs new room: the heap grew with each
    conversation, a third of it free.
    """
    _read_less_at_once()
    _return_large_blocks()


def _read_less_at_once() -> None:
    """Make asyncio's reads smaller: for every piece it took 256 kB, and cut off what did not come.

    As large blocks of their own they would cost a busy bot a twentieth of its processor time. asyncio has no setting.
    """
    for kind in (
        asyncio.selector_events._SelectorTransport,  # type: ignore[attr-defined]  # noqa: SLF001 - of no public name
        asyncio.sslproto.SSLProtocol,
    ):
        kind.max_size = READ_AT_ONCE


def _return_large_blocks() -> None:
    """Give each large block pages of its own, which go back to the system with it, where the C library can."""
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
    except (OSError, AttributeError):
        return
