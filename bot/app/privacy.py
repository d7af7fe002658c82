"""What customers may ask for themselves: a copy of everything that is kept of their chat, and that it is deleted."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, replace

import orjson

from bot.app.erasing import Eraser
from bot.app.jobs import Result
from bot.app.speaking import is_blocked
from bot.ports import Chat, PermanentFailure
from bot.zipped import zipped
from flows.catalogue import Texts
from flows.conversation import ChatState, Claim, Conversation
from flows.effects import ForgetChat, HandOutCopy, Say
from flows.values import Picture, Span
from storage.ports import BlobStore, Cases, OutboxRow, Streams

MOST_OF_A_FILE = 40 * 1024 * 1024
"""Bytes of one file: a bot may send 50 MB (Bot API, sendDocument)."""
NAMES = {b"\xff\xd8": "jpg", b"\x89P": "png", b"RI": "webp", b"%P": "pdf", b"{": "json"}

Entry = tuple[str, bytes]


class HandingOut:
    """HandOutCopy: sends ZIP files with `data.json` and every photo; one file at a time is in memory."""

    def __init__(self, *, chat: Chat, blobs: BlobStore, cases: Cases, streams: Streams, texts: Texts) -> None:
        self._chat = chat
        self._blobs = blobs
        self._cases = cases
        self._streams = streams
        self._texts = texts

    async def __call__(self, row: OutboxRow) -> Result:
        """Send all files; a repeat sends them again, which does no harm."""
        effect: HandOutCopy = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        state, cases = await self._streams.load(row.chat), await self._cases.of_chat(row.chat)
        caption = self._texts.plain(effect.locale, "privacy.copy", {})
        number = 0
        try:
            async for entries in self._parts(state, cases):
                number += 1
                content = await asyncio.to_thread(zipped, entries)
                await self._chat.send(row.chat, _file(f"clearshot-{number}.zip", caption), content)
        except PermanentFailure as failure:
            if not is_blocked(failure):
                raise
        return Result()

    async def _parts(self, state: ChatState, cases: Sequence[Conversation]) -> AsyncIterator[list[Entry]]:
        entries, size = [("data.json", told(state, cases))], 0
        for name, key in _photos(cases):
            try:
                content = await self._blobs.get(key)
            except KeyError:  # dropped as its flow wants it, or swept
                continue
            if size and size + len(content) > MOST_OF_A_FILE:
                yield entries
                entries, size = [], 0
            entries.append((f"{name}.{NAMES.get(content[:2], NAMES.get(content[:1], 'bin'))}", content))
            size += len(content)
        yield entries


class ForgettingChat:
    """ForgetChat: photos first, then rows, then a farewell that says what sellers keep."""

    def __init__(self, *, chat: Chat, erase: Eraser, texts: Texts) -> None:
        self._chat = chat
        self._erase = erase
        self._texts = texts

    async def __call__(self, row: OutboxRow) -> Result:
        """Forget; this row goes with the rest, so after a crash in between everything is done again."""
        effect: ForgetChat = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        cases = await self._erase(row.chat)
        try:
            await self._chat.send(row.chat, self._farewell(cases, effect.locale), None)
        except PermanentFailure as failure:
            if not is_blocked(failure):
                raise
        return Result()

    def _farewell(self, cases: Sequence[Conversation], locale: str) -> Say:
        lines = [self._texts.plain(locale, "privacy.forgotten", {})]
        given = [case for case in cases if case.bundles]
        if given:
            lines += ["", self._texts.plain(locale, "privacy.sellers_have", {})]
        lines += [self._texts.plain(locale, "privacy.seller_has", names_of(case)) for case in given]
        if given and self._erase.record_for:
            days = self._erase.record_for.days
            lines += ["", self._texts.plain(locale, "privacy.record", {"days": days})]
        return Say(spans=(Span(text="\n".join(lines)),))


def _file(name: str, caption: str) -> Say:
    return Say(spans=(Span(text=caption),), picture=Picture(source="file", refs=(), captions=(name,)))


def names_of(case: Conversation) -> dict[str, str | int]:
    """What a line about a case that a seller has may speak of."""
    photos = {photo for bundle in case.bundles for photo in bundle.photo_ids}
    seller = case.seller.name if case.seller else case.inbox
    who = dict.fromkeys(bundle.inbox or seller for bundle in case.bundles)
    return {"case": case.id, "who": ", ".join(who), "count": len(photos)}


def told(state: ChatState, cases: Sequence[Conversation]) -> bytes:
    """Everything that is kept in words, as JSON; sellers' notes among themselves are not the customer's."""
    own = [
        replace(case, timeline=tuple(one for one in case.timeline if one.kind != "remark")) for case in cases
    ]
    body = {"chat": asdict(state.chat), "cases": [asdict(case) for case in own]}
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)


def _photos(cases: Sequence[Conversation]) -> Iterator[tuple[str, str]]:
    """Name every stored photo and file: originals by label, what sellers answered with, what sellers got."""
    for case in cases:
        for label, claims in _claims(case):
            for place, claim in enumerate(claims, 1):
                if claim.photo is not None:
                    yield f"{case.id}/{label}_{place}", claim.photo.key
        for line in case.timeline:
            for place, file in enumerate(line.files, 1):
                yield f"{case.id}/answers/{line.at:%Y-%m-%d_%H%M%S}_{place}", file.key
        for bundle in case.bundles:
            for place, key in enumerate(filter(None, (bundle.manifest, *bundle.copies))):
                yield f"{case.id}/sent-{bundle.number}/{place:02}", key


def _claims(case: Conversation) -> Iterator[tuple[str, tuple[Claim, ...]]]:
    yield from ((label, shot.claims) for label, shot in case.shots.items())
    yield "more", case.tray
