"""Fakes as strict as what they stand for: a clock, a chat, an inbox, a judge; no network, no pixels."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast, get_args

from bot.ports import (
    Gone,
    Inspected,
    NotAPicture,
    Parcel,
    PermanentFailure,
    Preparation,
    Receipt,
    Sent,
    TransientFailure,
)
from flows.effects import ForwardText, Say
from flows.values import Button, Place, Problem, Quality, Spans, Upload, Verdict

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEXT_LIMIT, CAPTION_LIMIT, DATA_LIMIT, BUTTON_LIMIT = 4096, 1024, 64, 100
"""Telegram's (Bot API: sendMessage, sendPhoto, InlineKeyboardButton; 100 buttons as measured by its community)."""

FILE_LIMIT = 50 * 1024 * 1024


class FixedClock:
    """A clock that moves only when told to; what sleeps on it wakes as its time comes."""

    def __init__(self, at: datetime = NOON) -> None:
        self._now = self._steady = at
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def steady(self) -> datetime:
        return self._steady

    async def sleep_until(self, due: datetime) -> None:
        if due > self._steady:
            woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._sleepers.append((due, woken))
            await woken

    def advance(self, by: timedelta) -> None:
        """Move on, and wake whoever waited for less."""
        self._now += by
        self._steady += by
        due = [woken for when, woken in self._sleepers if when <= self._steady]
        self._sleepers = [(when, woken) for when, woken in self._sleepers if when > self._steady]
        for woken in due:
            if not woken.done():
                woken.set_result(None)

    def jump(self, by: timedelta) -> None:
        """Be set to another time, as a machine's clock is: nobody who waits has waited longer."""
        self._now += by


@dataclass(slots=True, kw_only=True)
class Message:
    """One message of the bot as the customer sees it."""

    id: int
    text: str
    buttons: tuple[Button, ...] = ()
    picture: bytes | None = None
    edits: int = 0


def plain(spans: Spans) -> str:
    """The words without their styles."""
    return "".join(span.text for span in spans)


class RecordingChat:
    """A Telegram in memory: keeps what each chat shows, refuses what Telegram refuses, fails when told to."""

    def __init__(self) -> None:
        self.messages: dict[int, list[Message]] = defaultdict(list)
        self.uploads: dict[str, bytes] = {}
        self.calls: list[tuple[str, int]] = []
        self.blocked: set[int] = set()
        self._failures: dict[int | None, list[Exception]] = defaultdict(list)
        self._last_id = 100

    def fail(self, failure: Exception, *, times: int = 1, chat: int | None = None) -> None:
        """Let the next calls (of one chat, or of any) fail."""
        self._failures[chat].extend([failure] * times)

    def delete(self, chat: int, message: int) -> None:
        """Let the customer delete a message."""
        self.messages[chat] = [shown for shown in self.messages[chat] if shown.id != message]

    async def send(self, chat: int, say: Say, picture: bytes | None) -> Sent:
        self._call("send", chat)
        text = _checked(say, picture)
        self._last_id += 1
        shown = Message(id=self._last_id, text=text, buttons=_flat(say), picture=picture)
        self.messages[chat].append(shown)
        return Sent(message=shown.id, has_picture=picture is not None)

    async def edit(
        self, chat: int, message: int, say: Say, picture: bytes | None, *, has_picture: bool
    ) -> Sent:
        self._call("edit", chat)
        shown = self._find(chat, message)
        shown.text = _checked(say, picture if picture is not None else (b"" if has_picture else None))
        shown.buttons, shown.edits = _flat(say), shown.edits + 1
        shown.picture = picture if picture is not None else shown.picture
        return Sent(message=message, has_picture=shown.picture is not None)

    async def close_buttons(self, chat: int, message: int, say: Say, *, has_picture: bool) -> None:
        self._call("close_buttons", chat)
        shown = self._find(chat, message)
        if has_picture != (shown.picture is not None):
            raise PermanentFailure("Bad Request: there is no text in the message to edit")
        shown.buttons = ()
        if say.closing is not None:
            shown.text = plain(say.closing)

    async def download(self, upload: Upload, *, limit: int) -> bytes:
        self._call("download", 0)
        content = self.uploads.get(upload.file_id)
        if content is None:
            raise PermanentFailure("Bad Request: wrong file_id")
        if len(content) > limit:
            raise PermanentFailure("Bad Request: file is too big")
        return content

    def _call(self, name: str, chat: int) -> None:
        self.calls.append((name, chat))
        for queue in (self._failures[chat], self._failures[None]):
            if queue:
                raise queue.pop(0)
        if chat in self.blocked:
            raise PermanentFailure("Forbidden: bot was blocked by the user")

    def _find(self, chat: int, message: int) -> Message:
        for shown in self.messages[chat]:
            if shown.id == message:
                return shown
        raise Gone


def _flat(say: Say) -> tuple[Button, ...]:
    return tuple(button for row in say.buttons for button in row)


def _checked(say: Say, picture: bytes | None) -> str:
    text = plain(say.spans)
    limit = TEXT_LIMIT if picture is None else CAPTION_LIMIT
    if picture is not None and len(picture) > FILE_LIMIT:
        raise PermanentFailure("Request Entity Too Large")
    if not text.strip() and picture is None:
        raise PermanentFailure("Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > limit:
        raise PermanentFailure("Bad Request: message is too long")
    buttons = _flat(say)
    wrong = [one for one in buttons if len(one.data.encode()) > DATA_LIMIT or not (one.data or one.url)]
    if wrong or len(buttons) > BUTTON_LIMIT:
        raise PermanentFailure("Bad Request: BUTTON_DATA_INVALID")
    return text


class RecordingInbox:
    """A seller's inbox in memory: one delivery per key, one thread per case, out of order when told to."""

    def __init__(self) -> None:
        self.parcels: dict[str, Parcel] = {}
        self.notes: dict[str, ForwardText] = {}
        self.attempts: list[str] = []
        self.down: Exception | None = None
        self.closed = False
        self.silent: asyncio.Event | None = None  # set: answers come only when it is
        self.answered_after_acceptance = 0  # failures that come after the delivery was taken

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        await self._attempt(idempotency_key)
        self.parcels.setdefault(idempotency_key, parcel)
        if self.answered_after_acceptance:
            self.answered_after_acceptance -= 1
            raise TransientFailure("the answer was lost")
        return Receipt(place="memory", reference=idempotency_key)

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        await self._attempt(idempotency_key)
        self.notes.setdefault(idempotency_key, note)
        return Receipt(place="memory", reference=idempotency_key)

    async def _attempt(self, key: str) -> None:
        if self.closed:
            raise RuntimeError("the inbox is closed")
        self.attempts.append(key)
        await asyncio.sleep(0)  # a delivery is never done in one go: others get their turn
        if self.silent is not None:
            await self.silent.wait()
        if self.down is not None:
            raise self.down

    async def check(self) -> str:
        if self.down is not None:
            raise self.down
        return "in memory"

    async def aclose(self) -> None:
        self.closed = True


MARK = b"picture:"
PROBLEMS = frozenset(get_args(Problem))


def picture(what: str = "ok", *, serial: int = 0) -> bytes:
    """Make the bytes of a picture with these problems (`blur dark`), or `ok`, for FakeJudge."""
    unknown = set(what.split()) - PROBLEMS - {"ok"}
    if unknown:
        raise ValueError(f"no such problem: {', '.join(sorted(unknown))}")
    return MARK + f"{what}:{serial}".encode()


@dataclass(slots=True)
class FakeJudge:
    """A judge that reads its verdict from the bytes that `picture` makes; anything else is no picture."""

    width: int = 1280
    height: int = 960
    judged: list[Quality] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def inspect(self, content: bytes) -> Inspected:
        self._fail()
        _problems(content)
        return Inspected(mime="image/jpeg", width=self.width, height=self.height)

    async def judge(
        self, content: bytes, *, quality: Quality, others: Sequence[str], earlier: Sequence[str] = ()
    ) -> Verdict:
        self._fail()
        self.judged.append(quality)
        fingerprint = hashlib.sha256(content).hexdigest()[:16]
        problems: list[Problem] = list(_problems(content))
        if min(self.width, self.height) < quality.min_side and "small" not in problems:
            problems.append("small")
        problems += ["duplicate"] if fingerprint in others else []
        problems += ["seen_before"] if fingerprint in earlier else []
        sharpness = 0.1 if "blur" in problems else 0.9
        return Verdict(problems=tuple(problems), sharpness=sharpness, fingerprint=fingerprint)

    async def explain(self, content: bytes, *, problem: str, caption: str) -> bytes:
        _problems(content)
        return MARK + f"ok:explains {problem}, {caption}".encode()

    async def prepare(
        self, content: bytes, *, how: Preparation, cover: Sequence[Place] = ()
    ) -> tuple[bytes, str, int, int]:
        self._fail()
        _problems(content)
        scale = min(1.0, how.longest_side / max(self.width, self.height))
        return (
            content + b" prepared" + b" covered" * len(cover),
            "image/jpeg",
            int(self.width * scale),
            int(self.height * scale),
        )

    async def sheet(self, pictures: Sequence[bytes], *, captions: Sequence[str]) -> bytes:
        if len(pictures) != len(captions):
            raise ValueError("one caption for each picture")
        return MARK + f"ok:sheet of {len(pictures)}".encode()

    async def aclose(self) -> None:
        return

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


def _problems(content: bytes) -> tuple[Problem, ...]:
    if not content.startswith(MARK):
        raise NotAPicture("unreadable")
    words = content[len(MARK) :].split(b":")[0].decode().split()
    return tuple(cast("Problem", word) for word in words if word in PROBLEMS)
