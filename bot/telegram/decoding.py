"""Decodes JSON that comes from outside: fast where it is well formed, patient where only a character is broken."""

import json
from typing import Any

import orjson


class NotJson(Exception):
    """The bytes are no JSON."""


def decode(content: bytes) -> Any:
    """Return what the bytes say; raises NotJson.

    orjson refuses bytes that are no UTF-8 and half surrogate pairs: one such character must not cost a message.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(content.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise NotJson from None
