"""Updates come in: translated, committed to their chat's stream, and only then acknowledged by whoever brought them.

Law 1 (nothing acknowledged is lost): `Intake.take` returns after the commit and not before; the webhook answers 200
and the poller asks for the next offset only when it has returned.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.logs import case_of, on_case
from bot.ports import Clock
from bot.telegram.courtesies import Courtesies
from bot.telegram.flood import Flood, Ruling
from bot.telegram.reading import amount, string, thing
from bot.telegram.translate import Untranslatable, chat_of, translate
from flows.events import ChoiceMade, FromCustomer, Garbled, PhotoReceived
from storage.ports import Arrival, Committed, StorageFailure, Streams

logger = logging.getLogger(__name__)

Words = Callable[[str], str]
"""What a chat that floods is told, in the language of its app; "" = nothing."""


def _always() -> bool:
    return True


def _no_words(_language: str) -> str:
    return ""


class Intake:
    """Takes updates into their chats' streams, one call each; calls for different chats may run side by side."""

    def __init__(
        self,
        *,
        streams: Streams,
        courtesies: Courtesies,
        clock: Clock,
        flood: Flood | None = None,
        slow_down: Words = _no_words,
        room: Callable[[], bool] = _always,
        no_room: Words = _no_words,
    ) -> None:
        self._streams = streams
        self._courtesies = courtesies
        self._clock = clock
        self._flood = Flood() if flood is None else flood  # an empty one counts as false
        self._slow_down = slow_down
        self._room = room
        self._no_room = no_room
        self._told_of_room: set[int] = set()

    async def take(self, update: Any) -> None:
        """Take one update; returns when it is committed, or needs no commit. Raises StorageFailure."""
        arrival = self._arrival(update)
        if arrival is not None and isinstance(arrival.event, PhotoReceived):
            self._make_sure_of_room(arrival.chat, arrival.event.language)
        if arrival is None or self._is_too_much(arrival, update):
            return
        try:
            committed = await self._post(arrival)
        except StorageFailure:
            self._flood.give_back(arrival.chat, arrival.event)
            raise
        if committed.repeated:
            self._flood.give_back(arrival.chat, arrival.event)
        else:
            self._be_courteous(arrival, update)
        if logger.isEnabledFor(logging.DEBUG):
            _note(arrival, committed)

    def _make_sure_of_room(self, chat: int, language: str) -> None:
        """Leave a photo with Telegram, which keeps it a day, while the disk is full; its chat is told once."""
        if self._room():
            self._told_of_room.clear()
            return
        if chat not in self._told_of_room and (words := self._no_room(language)):
            self._courtesies.tell(chat, words)
        self._told_of_room.add(chat)
        raise StorageFailure("no room for photos")

    def _arrival(self, update: Any) -> Arrival | None:
        """Translate; what cannot be understood becomes Garbled where its chat is known, else its number is logged."""
        number = amount(update, "update_id") if isinstance(update, dict) else 0
        if not number:
            logger.warning("an update without a number is left out")
            return None
        at, nonce = self._clock.now(), secrets.token_hex(8)
        try:
            found = translate(update, at=at, nonce=nonce)
        except Untranslatable as fault:
            logger.warning("update %d set aside: %s", number, fault.reason)
            chat = fault.chat or chat_of(update)
            found = (chat, Garbled(at=at, nonce=nonce, what=fault.reason)) if chat else None
        if found is None:
            return None
        chat, event = found
        return Arrival(source="telegram", id=str(number), chat=chat, event=event, order=number)

    async def _post(self, arrival: Arrival) -> Committed:
        try:
            return await self._streams.post(arrival)
        except StorageFailure:
            raise
        except Exception as fault:  # noqa: BLE001 - a fault of ours in one update must not stop all the others
            logger.error("update %s set aside: %s", arrival.id, type(fault).__name__)
            return await self._post_garbled(arrival, fault)

    async def _post_garbled(self, arrival: Arrival, fault: Exception) -> Committed:
        event = Garbled(at=arrival.event.at, nonce=arrival.event.nonce, what=type(fault).__name__)
        try:
            return await self._streams.post(replace(arrival, event=event))
        except StorageFailure:
            raise
        except Exception as again:  # noqa: BLE001 - as above; Telegram brings the update again
            raise StorageFailure(type(again).__name__) from None

    def _is_too_much(self, arrival: Arrival, update: Any) -> bool:
        sent = amount(thing(update, "message"), "date") or int(self._clock.now().timestamp())
        ruling = self._flood.rule(arrival.chat, arrival.event, at=float(sent))
        if ruling is Ruling.TAKEN:
            return False
        first = ruling is Ruling.DROPPED_FIRST
        if first:
            logger.warning("update %s begins a flood: dropped until it calms down", arrival.id)
        language = arrival.event.language if isinstance(arrival.event, FromCustomer) else ""
        words = self._slow_down(language) if first else ""
        if isinstance(arrival.event, ChoiceMade):
            self._courtesies.answer(_press(update), notice=words)
        elif words:
            self._courtesies.tell(arrival.chat, words)
        return True

    def _be_courteous(self, arrival: Arrival, update: Any) -> None:
        if isinstance(arrival.event, ChoiceMade):
            self._courtesies.answer(_press(update))
        elif isinstance(arrival.event, PhotoReceived):
            self._courtesies.mark_typing(arrival.chat)


def _note(arrival: Arrival, committed: Committed) -> None:
    """Say in the log which case an update came to."""
    with on_case(next(filter(None, (case_of(row.effect) for row in committed.rows)), "")):
        logger.debug(
            "update %s: %s, %d effects", arrival.id, type(arrival.event).__name__, len(committed.rows)
        )


def _press(update: Any) -> str:
    return string(thing(update, "callback_query"), "id")
