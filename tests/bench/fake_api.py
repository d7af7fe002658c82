"""A Bot API of a few lines on raw connections: costs so little that the bot is what is measured; knows no customer."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

Json = dict[str, Any]
ME = {"id": 42, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
SENDING = frozenset({"sendMessage", "sendPhoto"})
EDITING = frozenset({"editMessageText", "editMessageCaption", "editMessageMedia", "editMessageReplyMarkup"})


@dataclass
class FakeApi:
    """What the bot is answered; `hear` is told of every message that is sent or edited.

    `delay`: seconds until each answer is given.
    """

    hear: Callable[[int, Json], None]
    delay: float = 0.0
    hooked: asyncio.Event = field(default_factory=asyncio.Event)
    hook: str = ""
    secret: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    last_call: float = 0.0
    _number: int = 1000

    def answer(self, method: str, params: Json) -> Any:
        """Answer one call."""
        self.calls[method] += 1
        self.last_call = time.perf_counter()
        if method in SENDING or method in EDITING:
            return self._message(method, params)
        if method == "setWebhook":
            self.hook, self.secret = params["url"], params.get("secret_token", "")
            self.hooked.set()
        return ME if method == "getMe" else True

    def _message(self, method: str, params: Json) -> Json:
        chat = int(params["chat_id"])
        self._number += 1
        number = self._number if method in SENDING else int(params["message_id"])
        markup = params.get("reply_markup")
        markup = json.loads(markup) if isinstance(markup, str) else markup
        message: Json = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "Guest"},
            "from": ME,
            "text": params.get("text") or params.get("caption") or "",
        }
        if markup:
            message["reply_markup"] = markup
        if method == "sendPhoto":
            message["caption"] = message.pop("text")
            size = {"width": 640, "height": 640, "file_size": 20_000}
            message["photo"] = [{"file_id": "picture", "file_unique_id": "picture", **size}]
        if markup or method in SENDING:  # else a prompt is closed
            self.hear(chat, message)
        return message


class ApiConnection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection to the fake."""

    def __init__(self, api: FakeApi) -> None:
        self._api = api
        self._held = bytearray()
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._held[:end])
            length, kind = header(head, b"content-length"), header(head, b"content-type")
            whole = end + 4 + int(length or 0)
            if len(self._held) < whole:
                return
            body = bytes(self._held[end + 4 : whole])
            del self._held[:whole]
            method = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            self._say(self._api.answer(method, parameters(body, kind.decode())))

    def _say(self, result: Any) -> None:
        body = orjson.dumps({"ok": True, "result": result})
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        if self._api.delay:
            asyncio.get_running_loop().call_later(self._api.delay, self._transport.write, head + body)
        else:
            self._transport.write(head + body)


def header(head: bytes, name: bytes) -> bytes:
    """Find a header's value."""
    lowered = head.lower()
    begin = lowered.find(b"\r\n" + name + b":")
    if begin < 0:
        return b""
    begin += len(name) + 3
    end = lowered.find(b"\r\n", begin)
    return head[begin : len(head) if end < 0 else end].strip()


def parameters(body: bytes, kind: str) -> Json:
    """Read a body as bots send it: JSON, a form, or a form with files, which are left out."""
    if not body:
        return {}
    if kind.startswith("application/json"):
        found: Json = orjson.loads(body)
        return found
    if kind.startswith("multipart/"):
        return dict(_parts(body, kind.partition("boundary=")[2].strip('"').encode()))
    return dict(parse_qsl(body.decode()))


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, str]]:
    found = []
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if b"filename=" not in head:
            name = head.partition(b'name="')[2].partition(b'"')[0]
            found.append((name.decode(), content.removesuffix(b"\r\n").decode()))
    return found
