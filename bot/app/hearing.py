"""What sellers say in their own inboxes, taken to the customers of their cases: one door for hooks, mail and chats."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace

from bot.app.attachments import Attachments
from bot.app.case_actions import NOTHING, CaseActions, Given, NoSuchCase
from bot.app.clock import Timepiece
from bot.ports import Heard, Tell, TransientFailure
from bot.seller_words import shortened
from storage.ports import StorageFailure, Streams

logger = logging.getLogger(__name__)

CODE = re.compile(r"[0-9A-Z]{4,12}")
LONGEST_KEY = 200
LONGEST_AUTHOR = 60
MOST_LABELS = 10


class Hearing:
    """Takes what was heard to the stream of the case's customer, when the case is that seller's, and once per key."""

    def __init__(
        self, *, streams: Streams, clock: Timepiece, attachments: Attachments, support: str = "support"
    ) -> None:
        self._streams = streams
        self._clock = clock
        self._attachments = attachments
        self._support = support

    def of(self, seller: str) -> Tell:
        """Make the ear of one seller: what is said of another's case changes nothing, and nobody is told of it."""
        actions = CaseActions(streams=self._streams, clock=self._clock, source=f"seller:{seller}")

        async def tell(heard: Heard) -> bool:
            if not CODE.fullmatch(heard.case) or not heard.key:
                logger.info("%s: something without a case is left out", seller)
                return False
            try:
                if await self._is_theirs(seller, heard.case):
                    given = await self._attachments.keep(heard.case, heard.files)
                    await _act(actions, heard, replace(given, left_out=given.left_out + heard.left_out))
                    return True
                logger.warning("%s: spoke of case %s, which is not theirs", seller, heard.case)
            except NoSuchCase:
                logger.warning("%s: spoke of case %s, which is gone", seller, heard.case)
            except StorageFailure as failure:
                raise TransientFailure(f"cannot be kept: {type(failure).__name__}") from None
            return False

        return tell

    async def _is_theirs(self, seller: str, case: str) -> bool:
        chat = await self._streams.chats_of(case)
        if chat is None:
            raise NoSuchCase(case)
        conversation = (await self._streams.load(chat)).conversations.get(case)
        if conversation is None or not conversation.bundles:
            return False
        own = conversation.seller.id if conversation.seller is not None else ""
        went_to = {sent.inbox or own or self._support for sent in conversation.bundles}
        return seller in went_to


async def _act(actions: CaseActions, heard: Heard, given: Given) -> None:
    text, author, key = (
        shortened(heard.text.strip()),
        heard.author.strip()[:LONGEST_AUTHOR],
        heard.key[:LONGEST_KEY],
    )
    if heard.kind == "settled":
        await actions.settle(heard.case, text, author=author, key=key, given=given)
    elif heard.kind == "photo":
        labels = heard.labels[:MOST_LABELS]
        await actions.request_photo(heard.case, text, labels=labels, author=author, key=key, given=given)
    elif text or given != NOTHING:
        await actions.answer(heard.case, text, author=author, key=key, given=given)


Ears = Callable[[str], Tell]
"""Gives the ear of a seller by id."""
