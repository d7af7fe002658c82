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
from bot.telegram.courtesies import Courtesies, Courtesy, answer
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

    async def take(self, update: Any) -> Courtesy | None:
        """Take one update; returns when it is committed, or needs no commit. Raises StorageFailure.

        What it returns goes out with the acknowledgement. A press that comes again is answered again: the answer
        may have been lost with the acknowledgement before.
        """
        arrival = self._arrival(update)
        if arrival is None:
            return None
        if isinstance(arrival.event, PhotoReceived):
            self._make_sure_of_room(arrival.chat, arrival.event.language)
        ruling = self._ruling(arrival, update)
        if ruling is not Ruling.TAKEN:
            return self._dropped(arrival, update, first=ruling is Ruling.DROPPED_FIRST)
        try:
            committed = await self._post(arrival)
        except StorageFailure:
            self._flood.give_back(arrival.chat, arrival.event)
            raise
        if committed.repeated:
            self._flood.give_back(arrival.chat, arrival.event)
        if logger.isEnabledFor(logging.DEBUG):
            _note(arrival, committed)
        if isinstance(arrival.event, ChoiceMade):
            return answer(_press(update))
        is_photo = isinstance(arrival.event, PhotoReceived) and not committed.repeated
        return self._courtesies.typing_mark(arrival.chat) if is_photo else None

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

    def _ruling(self, arrival: Arrival, update: Any) -> Ruling:
        sent = amount(thing(update, "message"), "date") or int(self._clock.now().timestamp())
        return self._flood.rule(arrival.chat, arrival.event, at=float(sent))

    def _dropped(self, arrival: Arrival, update: Any, *, first: bool) -> Courtesy | None:
        """Tell a chat that floods, once."""
        if first:
            logger.warning("update %s begins a flood: dropped until it calms down", arrival.id)
        language = arrival.event.language if isinstance(arrival.event, FromCustomer) else ""
        words = self._slow_down(language) if first else ""
        if isinstance(arrival.event, ChoiceMade):
            return answer(_press(update), notice=words)
        if words:
            self._courtesies.tell(arrival.chat, words)
        return None


def _note(arrival: Arrival, committed: Committed) -> None:
    """Say in the log which case an update came to."""
    with on_case(next(filter(None, (case_of(row.effect) for row in committed.rows)), "")):
        logger.debug(
            "update %s: %s, %d effects", arrival.id, type(arrival.event).__name__, len(committed.rows)
        )


def _press(update: Any) -> str:
    return string(thing(update, "callback_query"), "id")
