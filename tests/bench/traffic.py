"""Many customers and Telegram itself, in a process of their own: posts updates by webhook, waits for what the bot says.

Speaks with whoever started it by lines: `warm` when every customer stands at the first question, then on a line from
there the measured part begins, and ends with one JSON object.
"""

import argparse
import asyncio
import itertools
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.bench.fake_api import ApiConnection, FakeApi, Json, header
from tests.bench.spread import share

TAP, TEXT = "tap", "text"
JSON = b"application/json"
Act = tuple[str, str, str]
"""What is done, the button or the words, and what the bot says then."""

KIND, DETAILS, FRONT = "What is wrong with it?", "Describe it", "The whole item from the front"
BROKEN: tuple[Act, ...] = (
    (TAP, "It is broken", DETAILS),
    (TEXT, "It came apart when I opened the box.", FRONT),
)
CIRCLE: tuple[Act, ...] = ((TAP, "Back", DETAILS), (TEXT, "It came apart, and a part is missing.", FRONT))
TO_CIRCLE: dict[str, tuple[Act, ...]] = {
    "clearshot": (
        (TEXT, "/start", "order number"),
        (TEXT, "X-{}", "postcode"),
        (TEXT, "00000", "Choose the shop"),
        (TAP, "Choose the shop", "Acme Outdoor"),
        (TAP, "Acme Outdoor", "Product defect"),
        (TAP, "Product defect", KIND),
        *BROKEN,
    ),
    "peer": ((TEXT, "/start", KIND), *BROKEN),
}
STILL = 0.3
"""Seconds without a call after which everything is said."""
PATIENCE = 60.0


class Line(asyncio.Protocol):
    """One kept-alive connection to the webhook."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._held = bytearray()
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError(str(exc)))

    def data_received(self, data: bytes) -> None:
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._held[:end])
        if len(self._held) < end + 4 + int(header(head, b"content-length") or 0) or self._waiting is None:
            return
        body = bytes(self._held[end + 4 :]) if header(head, b"content-type").startswith(JSON) else b""
        self._held.clear()
        self._waiting.set_result((int(head.split(b" ", 2)[1]), body))

    def post(self, request: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        """Send a whole request; its status comes, and the call that the answer may hold."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting


@dataclass
class Guest:
    """One chat: what it shows, and the answer that it waits for."""

    chat: int
    buttons: dict[str, tuple[str, Json]] = field(default_factory=dict)
    wished: str = ""
    seen: asyncio.Future[float] | None = None
    place: int = 0  # in the circle

    def hear(self, message: Json) -> None:
        rows = message.get("reply_markup", {}).get("inline_keyboard", ())
        data = [(button["text"], button["callback_data"]) for row in rows for button in row]
        words = message.get("text") or message.get("caption") or ""
        fits = self.wished in words or any(self.wished in label for label, _ in data)
        if self.seen is not None and not self.seen.done() and fits:
            self.buttons = {label: (told, message) for label, told in data}
            self.seen.set_result(time.perf_counter())


class Telegram:
    """Guests, the fake Bot API and the webhook that updates go to."""

    def __init__(self, *, delay: float) -> None:
        self.guests: dict[int, Guest] = {}
        self.api = FakeApi(hear=self._hear, delay=delay)
        self.took: list[float] = []
        self.refused = 0
        self._numbers = itertools.count(1)
        self._lines: deque[Line] = deque()
        self._head = b""

    def _hear(self, chat: int, message: Json) -> None:
        self.guests[chat].hear(message)

    async def serve(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: ApiConnection(self.api), "127.0.0.1", port, backlog=500)

    async def connect(self, lines: int) -> None:
        await self.api.hooked.wait()
        hook = urlsplit(self.api.hook)
        await asyncio.sleep(0.5)
        for _ in range(lines):
            _, line = await asyncio.get_running_loop().create_connection(
                Line, hook.hostname or "", hook.port or 80
            )
            self._lines.append(line)
        self._head = (
            f"POST {hook.path} HTTP/1.1\r\nHost: {hook.netloc}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {self.api.secret}\r\nContent-Length: "
        ).encode()

    async def act(self, guest: Guest, act: Act) -> float:
        """Let a guest act; seconds until the bot's answer is there."""
        kind, words, guest.wished = act
        guest.seen = asyncio.get_running_loop().create_future()
        body = orjson.dumps(self._update(guest, kind, words.format(guest.chat)))
        line = self._lines.popleft()
        begun = time.perf_counter()
        status, call = await line.post(self._head + b"%d\r\n\r\n" % len(body) + body)
        self._lines.append(line)
        if status != 200:
            self.refused += 1
            raise RuntimeError(f"the webhook answers {status}")
        given = orjson.loads(call) if call else {}
        if "method" in given:  # an answer without one asks for nothing, as aiogram's "{}"
            self.api.answer(given.pop("method"), given)
        try:
            return await asyncio.wait_for(guest.seen, PATIENCE) - begun
        except TimeoutError:
            raise RuntimeError(
                f"{act} of {guest.chat} was not answered; there is {list(guest.buttons)}"
            ) from None

    def _update(self, guest: Guest, kind: str, words: str) -> Json:
        number = next(self._numbers)
        person = {"id": guest.chat, "is_bot": False, "first_name": "Guest", "language_code": "en"}
        if kind == TAP:
            data, message = next(found for label, found in guest.buttons.items() if words in label)
            press = {
                "id": str(number), "from": person, "chat_instance": "1", "data": data, "message": message
            }  # fmt: skip
            return {"update_id": number, "callback_query": press}
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": guest.chat, "type": "private", "first_name": "Guest"},
            "from": person,
            "text": words,
        }
        if words.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(words)}]
        return {"update_id": number, "message": message}

    async def quiet(self) -> None:
        """Wait until the bot calls no more."""
        while time.perf_counter() - self.api.last_call < STILL + self.api.delay:  # noqa: ASYNC110 - another process's silence
            await asyncio.sleep(0.05)


async def warm(telegram: Telegram, *, guests: int, walk: str, at_once: int) -> None:
    """Bring every guest to the circle."""
    waiting = deque(range(1001, 1001 + guests))

    async def bring() -> None:
        while waiting:
            chat = waiting.popleft()
            guest = telegram.guests[chat] = Guest(chat)
            for act in TO_CIRCLE[walk]:
                await telegram.act(guest, act)

    await asyncio.gather(*(bring() for _ in range(at_once)))
    await telegram.quiet()


async def walk_on(telegram: Telegram, guest: Guest) -> None:
    """One step of the circle, timed."""
    telegram.took.append(await telegram.act(guest, CIRCLE[guest.place]))
    guest.place = (guest.place + 1) % len(CIRCLE)


async def busy(telegram: Telegram, *, updates: int, at_once: int) -> None:
    """As many guests at once as said, each one circle long, then the next: nobody taps faster than a person."""
    resting = deque(telegram.guests.values())
    left = updates

    async def customer() -> None:
        nonlocal left
        while left > 0:
            guest = resting.popleft()
            for _ in CIRCLE:
                left -= 1
                await walk_on(telegram, guest)
            resting.append(guest)

    await asyncio.gather(*(customer() for _ in range(at_once)))


async def even(telegram: Telegram, *, updates: int, rate: float) -> None:
    """So many updates a second, each of the guest that rested longest, whatever becomes of those before."""
    resting, underway = deque(telegram.guests.values()), set[asyncio.Task[None]]()
    due = time.perf_counter()

    async def one(guest: Guest) -> None:
        await walk_on(telegram, guest)
        resting.append(guest)

    for _ in range(updates):
        underway.add(asyncio.create_task(one(resting.popleft())))
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await asyncio.gather(*underway)


async def serve(given: argparse.Namespace) -> None:
    """Be Telegram for one bot, until the measured part is over."""
    telegram = Telegram(delay=given.delay)
    await telegram.serve(given.port)
    say("listening")
    await telegram.connect(max(given.at_once, 1))
    await warm(telegram, guests=given.guests, walk=given.walk, at_once=given.at_once)
    for updates in given.updates:
        say("warm")
        await asyncio.to_thread(sys.stdin.readline)
        telegram.took.clear()
        telegram.api.calls.clear()
        begun = time.perf_counter()
        if given.rate:
            await even(telegram, updates=updates, rate=given.rate)
        else:
            await busy(telegram, updates=updates, at_once=given.at_once)
        ended = time.perf_counter()
        await telegram.quiet()
        say(orjson.dumps(found(telegram, took=ended - begun)).decode())


def found(telegram: Telegram, *, took: float) -> Json:
    """What was measured; milliseconds from an update to the message that answers it."""
    times = [seconds * 1000 for seconds in telegram.took]
    return {
        "updates": len(times),
        "seconds": took,
        "rate": len(times) / took,
        "p50": share(times, 0.5),
        "p99": share(times, 0.99),
        "calls": dict(telegram.api.calls),
    }


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve on a port."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--walk", choices=list(TO_CIRCLE), default="clearshot")
    parser.add_argument("--guests", type=int, default=512)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--updates", type=int, nargs="+", default=[2000])
    parser.add_argument(
        "--rate", type=float, default=0.0, help="updates a second; 0 = as fast as they are answered"
    )
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that each call takes")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
