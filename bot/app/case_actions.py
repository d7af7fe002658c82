"""What a seller or an operator does to a case, as events for its customer's stream; no door into conversations."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.app.clock import Timepiece
from flows.events import (
    CaseAssigned,
    CaseReopened,
    CaseSettled,
    Event,
    HandedBack,
    PhotoRequested,
    RemarkMade,
    SellerAnswered,
    SellerSaw,
)
from flows.values import Attachment
from storage.ports import Arrival, Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The files that go with a seller's words, stored; `left_out` counts those that could not be."""

    files: tuple[Attachment, ...] = ()
    left_out: int = 0


NOTHING = Given()


class NoSuchCase(Exception):
    """There is no case with this code."""


class CaseActions:
    """Posts to the customer of a case; the same `key` counts once, so that a repeated answer is not told twice."""

    def __init__(self, *, streams: Streams, clock: Timepiece, source: str = "cli") -> None:
        self._streams = streams
        self._clock = clock
        self._source = source

    async def answer(
        self, case: str, text: str, *, author: str = "", key: str = "", given: Given = NOTHING
    ) -> None:
        """Bring the seller's words and files to the customer."""
        said = SellerAnswered(case=case, text=text, author=author, files=given.files, left_out=given.left_out)
        await self._post(case, said, key)

    async def request_photo(
        self,
        case: str,
        text: str = "",
        *,
        labels: Sequence[str] = (),
        author: str = "",
        key: str = "",
        given: Given = NOTHING,
    ) -> None:
        """Ask the customer for one more photo, in words or by the labels of shots."""
        wish = PhotoRequested(
            case=case,
            text=text,
            labels=tuple(labels),
            author=author,
            files=given.files,
            left_out=given.left_out,
        )
        await self._post(case, wish, key)

    async def settle(
        self, case: str, text: str = "", *, author: str = "", key: str = "", given: Given = NOTHING
    ) -> None:
        """Call the matter settled."""
        end = CaseSettled(case=case, text=text, author=author, files=given.files, left_out=given.left_out)
        await self._post(case, end, key)

    async def reopen(self, case: str, *, author: str = "", key: str = "") -> None:
        """Take back that the matter is settled."""
        await self._post(case, CaseReopened(case=case, author=author), key)

    async def saw(self, case: str, *, author: str = "") -> None:
        """Note that the seller has looked."""
        await self._post(case, SellerSaw(case=case, author=author), "")

    async def assign(self, case: str, agent: str, *, author: str = "", key: str = "") -> None:
        """Give the case to one of the seller's people, "" = to nobody."""
        await self._post(case, CaseAssigned(case=case, agent=agent, author=author), key)

    async def remark(self, case: str, text: str, *, author: str = "", key: str = "") -> None:
        """Keep a note that the customer never sees."""
        await self._post(case, RemarkMade(case=case, text=text, author=author), key)

    async def give_back(self, case: str, *, key: str = "") -> None:
        """Give a case that a person had taken over back to the bot."""
        await self._post(case, HandedBack(case=case), key)

    async def _post(self, case: str, event: Event, key: str) -> None:
        chat = await self._streams.chats_of(case)
        if chat is None:
            raise NoSuchCase(case)
        stamped = replace(event, at=self._clock.now(), nonce=secrets.token_hex(8))
        await self._streams.post(
            Arrival(source=self._source, id=key or secrets.token_hex(16), chat=chat, event=stamped)
        )
