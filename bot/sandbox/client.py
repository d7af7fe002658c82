"""Plays customers in a running sandbox: an HTTP client for tests, benches and drivers; HTTP is all that it shares with the server.

Messages are Telegram's Message objects as dicts. A mirror of each chat is fed by one open event stream, so that waiting means
waiting for an event, never asking again and again.
"""

import asyncio
import contextlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import aiohttp
import orjson

from bot.sandbox.markup import buttons
from bot.sandbox.mirror import Mirror
from bot.sandbox.shapes import Json

ChatRef: TypeAlias = int | Json
MessageRef: TypeAlias = int | Json
Predicate: TypeAlias = Callable[[Json], bool]
Picture: TypeAlias = bytes | Path

_WAIT_SECONDS = 10.0
_LARGEST_EVENT = 1 << 24


class SandboxRefused(Exception):
    """The sandbox would not do it; the message says why."""


class SandboxClient:
    """Drive a sandbox from outside.

    `async with SandboxClient(address) as client:`; a chat is given as its id or as the dict that `new_chat` returned, a
    message as its id or dict. Every sending method returns what was sent; `mark()` before acting and `after=` in a wait make
    sure that only later changes count.
    """

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._mirrors: dict[int, Mirror] = {}
        self._changed = asyncio.Condition()
        self._seq = 0
        self._events: list[Json] = []
        self._listening: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=120))
        self._seq = (await self._get("/sandbox/info"))["seq"]
        ready = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(ready))
        await ready.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
        if self._session is not None:
            await self._session.close()

    # chats

    async def new_chat(
        self,
        first_name: str = "Anna",
        *,
        language_code: str = "en",
        last_name: str = "",
        username: str = "",
        payload: str = "",
        bot: str = "",
    ) -> Json:
        """Make a customer with a chat that is not started yet; `payload` goes out with `start`."""
        body = {
            "first_name": first_name,
            "last_name": last_name,
            "username": username,
            "payload": payload,
            "bot": bot,
        }
        chat = await self._post("/sandbox/chats", {**body, "language_code": language_code})
        self._mirrors[chat["id"]] = Mirror((), 0)
        return chat

    async def bots(self) -> list[Json]:
        """Return who the bots are, how they receive ("webhook", "polling") and how many updates are pending."""
        return list((await self._get("/sandbox/info"))["bots"])

    async def chats(self) -> list[Json]:
        """Return every chat as the page's list shows it."""
        return list((await self._get("/sandbox/chats"))["chats"])

    async def messages(self, chat: ChatRef) -> list[Json]:
        """Return the chat's messages, oldest first, as the server has them now."""
        return list((await self._get(f"{_path(chat)}/messages"))["messages"])

    async def commands(self, chat: ChatRef) -> list[Json]:
        """Return the bot's commands as this customer sees them."""
        return list((await self._get(f"{_path(chat)}/commands"))["commands"])

    async def block(self, chat: ChatRef, *, blocked: bool = True) -> None:
        """Stop the bot, or let it write again."""
        await self._post(f"{_path(chat)}/block", {"blocked": blocked})

    # messages

    async def start(self, chat: ChatRef, payload: str = "") -> Json:
        """Press START."""
        return await self._sent_one(f"{_path(chat)}/start", {"payload": payload})

    async def send_text(self, chat: ChatRef, text: str, *, reply_to: MessageRef = 0) -> Json:
        """Write a text or a command."""
        return await self._sent_one(f"{_path(chat)}/text", {"text": text, "reply_to": _number(reply_to)})

    async def send_photos(
        self,
        chat: ChatRef,
        pictures: Sequence[Picture],
        *,
        as_file: bool = False,
        caption: str | None = None,
        reply_to: MessageRef = 0,
    ) -> list[Json]:
        """Send one picture or an album, recompressed or as files; return a message for each."""
        files = [_file(picture, index) for index, picture in enumerate(pictures, 1)]
        return await self._send_files(chat, files, as_file=as_file, caption=caption, reply_to=reply_to)

    async def send_document(
        self,
        chat: ChatRef,
        document: Picture,
        *,
        name: str | None = None,
        mime: str | None = None,
        caption: str | None = None,
        reply_to: MessageRef = 0,
    ) -> Json:
        """Send any file as it is."""
        guessed, data = _file(document, 1, suffix="bin")
        file = (name or guessed, data)
        sent = await self._send_files(
            chat, [file], as_file=True, caption=caption, reply_to=reply_to, mime=mime
        )
        return sent[0]

    async def send_stub(self, chat: ChatRef, kind: str) -> Json:
        """Send a voice, video, sticker, location or contact without content."""
        return await self._sent_one(f"{_path(chat)}/stub", {"kind": kind})

    async def edit(self, chat: ChatRef, message: MessageRef, text: str) -> Json:
        """Change an own text or caption."""
        path = f"{_path(chat)}/messages/{_number(message)}"
        answer = await self._call("PUT", path, data=orjson.dumps({"text": text}))
        return _first(answer)

    async def delete(self, chat: ChatRef, message: MessageRef) -> None:
        """Delete a message on both sides."""
        await self._call("DELETE", f"{_path(chat)}/messages/{_number(message)}")

    async def forward(self, chat: ChatRef, message: MessageRef, *, from_chat: ChatRef | None = None) -> Json:
        """Forward a message into the chat."""
        source = _chat_id(from_chat) if from_chat is not None else 0
        return await self._sent_one(
            f"{_path(chat)}/forward", {"message_id": _number(message), "from_chat": source}
        )

    async def press(
        self,
        chat: ChatRef,
        message: MessageRef,
        button: str,
        *,
        within: float = _WAIT_SECONDS,
        stale: bool = False,
    ) -> Json:
        """Press a button, named by its text or its data, and wait for the bot's answer at most `within` seconds.

        Returns {"query", "answer": {"text", "show_alert", "url"} or None, "seq"}. A stale press takes the data as it is, even
        when the button is gone.
        """
        data = button if stale else await self._button_data(chat, message, button)
        body = {"message_id": _number(message), "data": data, "within": within, "stale": stale}
        return await self._post(f"{_path(chat)}/press", body)

    async def _button_data(self, chat: ChatRef, message: MessageRef, button: str) -> str:
        number = _number(message)
        shown = (await self._mirror(chat)).messages.get(number, {})
        if not _named(shown, button):
            # The mirror may be an event behind.
            shown = next((one for one in await self.messages(chat) if one["message_id"] == number), {})
        found = _named(shown, button)
        if not found:
            raise SandboxRefused(f"no button {button!r} among {[one['text'] for one in buttons(shown)]}")
        return found[0]

    # waiting

    def mark(self) -> int:
        """Return a number to wait after: what is known now does not count any more."""
        return self._seq

    async def wait_for(
        self,
        chat: ChatRef,
        predicate: Predicate,
        timeout: float = _WAIT_SECONDS,  # noqa: ASYNC109 - part of the question
        *,
        after: int = 0,
    ) -> Json:
        """Return the newest message of the chat that satisfies the predicate, as soon as there is one.

        With `after`, only messages that came or were edited after that mark count. Raises TimeoutError.
        """

        def newest(mirror: Mirror) -> Json | None:
            fitting = [
                one
                for one in mirror.messages.values()
                if mirror.changed[one["message_id"]] > after and predicate(one)
            ]
            return max(fitting, key=lambda one: int(one["message_id"]), default=None)

        found = await self._wait(chat, newest, timeout)
        return dict(found)

    async def wait_until(
        self,
        chat: ChatRef,
        predicate: Callable[[list[Json]], bool],
        timeout: float = _WAIT_SECONDS,  # noqa: ASYNC109
    ) -> list[Json]:
        """Return all messages of the chat, oldest first, as soon as together they satisfy the predicate."""

        def complete(mirror: Mirror) -> list[Json] | None:
            messages = [mirror.messages[number] for number in sorted(mirror.messages)]
            return messages if predicate(messages) else None

        found = await self._wait(chat, complete, timeout)
        return list(found)

    async def wait_for_event(
        self,
        predicate: Predicate,
        timeout: float = _WAIT_SECONDS,  # noqa: ASYNC109 - part of the question
        *,
        after: int = 0,
    ) -> Json:
        """Return the first event of the feed after the mark that satisfies the predicate (actions, answers, deletions)."""

        def found() -> Json | None:
            return next((one for one in self._events if one["seq"] > after and predicate(one)), None)

        async with asyncio.timeout(timeout), self._changed:
            while (event := found()) is None:
                await self._changed.wait()
        return event

    async def _wait(self, chat: ChatRef, look: Callable[[Mirror], Any], timeout: float) -> Any:  # noqa: ASYNC109
        mirror = await self._mirror(chat)
        try:
            async with asyncio.timeout(timeout), self._changed:
                while (found := look(mirror)) is None:
                    await self._changed.wait_for(mirror.moved_on())
        except TimeoutError as late:
            shown = [one.get("text") or one.get("caption") or "(no text)" for one in mirror.messages.values()]
            raise TimeoutError(f"not within {timeout} s; the chat shows {shown[-8:]}") from late
        return found

    # faults and the journal

    async def faults(self, *orders: Json) -> list[Json]:
        """Order failures, or with no order return those that stand; see `bot.sandbox.faults` for the fields."""
        if not orders:
            return list((await self._get("/sandbox/faults"))["faults"])
        return [await self._post("/sandbox/faults", order) for order in orders]

    async def clear_faults(self) -> None:
        """Take all orders for failures back."""
        await self._call("DELETE", "/sandbox/faults")

    async def calls(self, *, after: int = 0, method: str = "") -> list[Json]:
        """Return what went over the Bot API, oldest first; `method` keeps only calls of one name."""
        entries = (await self._get(f"/sandbox/calls?after={after}&limit=4000"))["calls"]
        return [one for one in entries if method.lower() in ("", one["method"].lower())]

    async def download(self, file_id: str) -> bytes:
        """Return the bytes of a file that the chat shows."""
        assert self._session is not None  # noqa: S101 - used inside `async with`
        async with self._session.get(f"{self._address}/sandbox/files/{file_id}") as response:
            response.raise_for_status()
            return await response.read()

    # the wire

    async def _mirror(self, chat: ChatRef) -> Mirror:
        number = _chat_id(chat)
        if number not in self._mirrors:
            shown = await self._get(f"{_path(chat)}/messages")
            self._mirrors.setdefault(number, Mirror(shown["messages"], shown["seq"]))
        return self._mirrors[number]

    async def _listen(self, ready: asyncio.Event) -> None:
        assert self._session is not None  # noqa: S101 - started by __aenter__
        endless = aiohttp.ClientTimeout(total=None)
        address = f"{self._address}/sandbox/events?after={self._seq}"
        async with self._session.get(address, timeout=endless, read_bufsize=_LARGEST_EVENT) as stream:
            ready.set()
            with contextlib.suppress(aiohttp.ClientPayloadError, aiohttp.ClientConnectionError):
                async for line in stream.content:
                    if line.startswith(b"data: "):
                        await self._take(orjson.loads(line[6:]))

    async def _take(self, event: Json) -> None:
        if "seq" not in event:
            return
        async with self._changed:
            self._seq = event["seq"]
            self._events = [*self._events[-500:], event]
            chat = event.get("chat")
            if isinstance(chat, int) and chat in self._mirrors:
                self._mirrors[chat].take(event)
            self._changed.notify_all()

    async def _send_files(
        self,
        chat: ChatRef,
        files: Sequence[tuple[str, bytes]],
        *,
        as_file: bool,
        caption: str | None,
        reply_to: MessageRef,
        mime: str | None = None,
    ) -> list[Json]:
        # The name goes as it is, as browsers send it, not percent-encoded.
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("as_file", "true" if as_file else "false")
        form.add_field("caption", caption or "")
        form.add_field("reply_to", str(_number(reply_to)))
        for name, data in files:
            form.add_field(
                "files", io.BytesIO(data), filename=name, content_type=mime or "application/octet-stream"
            )
        answer = await self._call("POST", f"{_path(chat)}/photos", data=form)
        return list(answer["messages"])

    async def _sent_one(self, path: str, body: Json) -> Json:
        return _first(await self._post(path, body))

    async def _get(self, path: str) -> Json:
        return await self._call("GET", path)

    async def _post(self, path: str, body: Json) -> Json:
        return await self._call("POST", path, data=orjson.dumps(body))

    async def _call(self, verb: str, path: str, *, data: aiohttp.FormData | bytes | None = None) -> Json:
        assert self._session is not None  # noqa: S101 - used inside `async with`
        async with self._session.request(verb, self._address + path, data=data) as response:
            answer: Json = orjson.loads(await response.read())
            if response.status != 200:  # noqa: PLR2004 - HTTP's own word for "fine"
                raise SandboxRefused(answer.get("error", f"status {response.status}"))
            return answer


def _named(message: Json, button: str) -> list[str]:
    """Return the data of the buttons that bear this text or this data."""
    offered = [(one["text"], one["callback_data"]) for one in buttons(message) if "callback_data" in one]
    return [data for text, data in offered if button in (text, data)]


def _chat_id(chat: ChatRef) -> int:
    return int(chat["id"]) if isinstance(chat, dict) else chat


def _path(chat: ChatRef) -> str:
    return f"/sandbox/chats/{_chat_id(chat)}"


def _number(message: MessageRef) -> int:
    return int(message["message_id"]) if isinstance(message, dict) else message


def _first(answer: Json) -> Json:
    message: Json = answer["messages"][0]
    return message


def _file(picture: Picture, index: int, *, suffix: str = "jpg") -> tuple[str, bytes]:
    if isinstance(picture, Path):
        return picture.name, picture.read_bytes()
    return f"file_{index}.{suffix}", picture
