"""Customers by the hundred: each answers four questions in one breath, sends three photos, reads it through and sends."""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from PIL import Image

from bot.sandbox.client import SandboxClient, SandboxRefused
from tests.journeys.customer import labels, words
from tests.journeys.pictures import jpeg, scene

Json = dict[str, Any]
ISSUE = "Storm"
FLOW = """\
flow: storm
extends: issue_base
locales: [en]
order: 1
title: {en: Storm}
summary: {en: "Storm {first}"}
steps:
  first: {say: {en: "First word?"}, ask: {type: text, max: 40}}
  second: {say: {en: "Second word?"}, ask: {type: text, max: 40}}
  third: {say: {en: "Third word?"}, ask: {type: text, max: 40}}
  fourth: {say: {en: "Fourth word?"}, ask: {type: text, max: 40}}
  photos:
    shots:
      - {label: Storm_Front, say: {en: "The front"}}
      - {label: Storm_Side, say: {en: "The side"}}
      - {label: Storm_Back, say: {en: "The back"}}
  message:
    compose: {max: 900, template: {en: "Words: {first} {second} {third} {fourth}."}}
  send:
    send: {to: seller, bundle: labelled}
    say: {en: "Sent. Your case is {case.code}."}
"""
"""Words answered in one burst show whether they were worked in order; small, so that many walk it."""
SIZE = (960, 720)
SCENES = 12
PHOTOS = 3
IMPATIENT = 25.0
"""Seconds after which a customer does again what brought nothing."""
USE = "Use this message"
SENT = "Your case is"
DELIVERED = "Delivered to"


@cache
def _scene(number: int) -> Image.Image:
    return scene(number, size=SIZE)


def photo(conversation: int, place: int) -> bytes:
    """A sharp photo that no other conversation sends: its number is woven into a corner."""
    image = _scene((conversation * PHOTOS + place) % SCENES).copy()
    for bit in range(24):
        if (conversation * PHOTOS + place) >> bit & 1:
            image.paste((10, 10, 10), (8 + 12 * bit, 8, 18 + 12 * bit, 18))
    return jpeg(image)


@dataclass
class Talk:
    """One conversation, and what is to be found at the seller's."""

    number: int
    chat: Json = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    messages: int = 0
    repeats: int = 0
    done: bool = False
    why_not: str = ""

    @property
    def answers(self) -> list[str]:
        """What the customer answers to the four questions."""
        return [f"n{self.number}w{place}" for place in range(1, 5)]


class Walker:
    """Walks one talk; does again what brought nothing, as people do."""

    def __init__(self, client: SandboxClient, talk: Talk, *, patience: float) -> None:
        self._client = client
        self.talk = talk
        self._patience = patience

    async def walk(self, link: str) -> None:
        """Go the whole way; a talk that is not done in time says where it stands."""
        try:
            async with asyncio.timeout(self._patience):
                await self._walk(link)
            self.talk.done = True
        except (TimeoutError, SandboxRefused) as late:
            shown = [words(m)[:60] for m in await self._client.messages(self.talk.chat)]
            self.talk.why_not = f"{type(late).__name__}: {late}; last: {shown[-3:]}"
        await self._count()

    async def _walk(self, link: str) -> None:
        talk, client = self.talk, self._client
        talk.chat = await client.new_chat(f"Anna{talk.number}", language_code="en")
        await client.start(talk.chat, link)
        await self._choose()
        for answer in talk.answers:
            await client.send_text(talk.chat, answer)
        await self._sees("The front")
        await self._shoot()
        await self._send()
        await self._sees(DELIVERED)

    async def _choose(self) -> None:
        await self._tap(ISSUE, until="First word?")

    async def _shoot(self) -> None:
        talk, client = self.talk, self._client
        await client.send_photos(talk.chat, [photo(talk.number, 0), photo(talk.number, 1)])
        await client.send_photos(talk.chat, [photo(talk.number, 2)])

    async def _send(self) -> None:
        await self._tap(USE, until=SENT)

    async def _sees(self, text: str) -> Json:
        return await self._client.wait_for(self.talk.chat, lambda m: text in words(m), self._patience)

    async def _tap(self, button: str, *, until: str) -> None:
        """Tap the newest such button, and again while nothing follows."""
        while True:
            message = await self._client.wait_for(self.talk.chat, bears(button), self._patience)
            label = next(label for label in labels(message) if button in label)
            with contextlib.suppress(SandboxRefused):  # taken off meanwhile
                await self._client.press(self.talk.chat, message, label, within=0)
            try:
                await self._client.wait_for(self.talk.chat, lambda m: until in words(m), IMPATIENT)
            except TimeoutError:
                continue
            return

    async def _count(self) -> None:
        """Note the photos that went out, as the bot can download them, and texts that came twice."""
        shown = await self._client.messages(self.talk.chat)
        mine = [m for m in shown if not (m.get("from") or {}).get("is_bot")]
        for message in mine:
            if "photo" in message:
                content = await self._client.download(message["photo"][-1]["file_id"])
                self.talk.sent.append(hashlib.sha256(content).hexdigest())
        said = [words(m) for m in shown if (m.get("from") or {}).get("is_bot")]
        self.talk.messages = len(said)
        self.talk.repeats = sum(count - 1 for count in Counter(said).values())


def bears(button: str) -> Callable[[Json], bool]:
    """Make what is true of a message with such a button."""
    return lambda message: any(button in label for label in labels(message))


async def crowd(
    client: SandboxClient,
    links: Sequence[str],
    *,
    at_once: int,
    patience: float,
    first: int = 1,
) -> list[Talk]:
    """Let a customer come for each link, `at_once` at a time, numbered from `first`."""
    turns = asyncio.Semaphore(at_once)
    talks = [Talk(number) for number in range(first, first + len(links))]

    async def one(talk: Talk, link: str) -> None:
        async with turns:
            await Walker(client, talk, patience=patience).walk(link)

    await asyncio.gather(*(one(talk, link) for talk, link in zip(talks, links, strict=True)))
    return talks


async def crowds(
    client: SandboxClient,
    links: Sequence[str],
    *,
    at_once: int,
    patience: float,
    going: Callable[[], bool],
) -> list[Talk]:
    """Let crowds of `at_once` customers come, one after the other, as long as it goes on; at least one crowd."""
    talks: list[Talk] = []
    while len(talks) < len(links) and (going() or not talks):
        some = links[len(talks) : len(talks) + at_once]
        talks += await crowd(client, some, at_once=at_once, patience=patience, first=len(talks) + 1)
    return talks
