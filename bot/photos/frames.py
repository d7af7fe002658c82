"""What goes between the bot and its photo worker: a JSON header and blobs, each with its length first; standard library only."""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

LENGTH = struct.Struct(">I")
MOST_HEADER = 1_000_000  # bytes: more is no header of ours


def packed(header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """Pack a header and its blobs into one frame."""
    words = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}, separators=(",", ":")).encode()
    return b"".join([LENGTH.pack(len(words)), words, *blobs])


def header_length(prefix: bytes) -> int:
    """Read how long the header is; raises ValueError for what is no frame."""
    (length,) = LENGTH.unpack(prefix)
    if length > MOST_HEADER:
        raise ValueError("no frame")
    return int(length)


def header_of(words: bytes) -> tuple[dict[str, Any], list[int]]:
    """Read a header and the lengths of the blobs that follow it."""
    header: dict[str, Any] = json.loads(words)
    return header, [int(length) for length in header.pop("blobs")]
