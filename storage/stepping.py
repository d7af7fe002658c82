"""One group of arrivals worked in memory: what every store writes afterwards, in its own manner; no I/O.

Laws:
 1. A step that raises, or whose outcome cannot be written, sets its arrival aside and changes nothing else.
 2. A chat's revision grows by one with every group that changes it or writes rows for it; it is the fence.
 3. A new conversation never takes the code of another: the event is stepped again with other chance.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from flows.changing import changed
from flows.conversation import Chat, ChatState, Conversation
from flows.effects import Effect
from flows.events import ChoiceMade, Event, Garbled, PhotoReceived
from flows.outcome import Outcome
from storage.codec import CodecFault, encode, encode_back
from storage.ports import Arrival, Committed, OutboxRow, Step
from storage.rows import row_id, row_of, tag_of, timer_of

logger = logging.getLogger(__name__)

Key = tuple[str, str]
State = TypeVar("State", Chat, Conversation)
DRAWS = 8
"""How often an event whose new case code is taken gets other chance."""


class OutcomeFault(ValueError):
    """The step returned what no chat may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An arrival that waits for its group; `inbox` is the number of the stored row that it came from, if any."""

    arrival: Arrival
    inbox: int | None = None

    @property
    def key(self) -> Key:
        """What makes it unique; without NUL, which PostgreSQL keeps in no text."""
        return self.arrival.source.replace("\0", ""), self.arrival.id.replace("\0", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A chat as it was loaded; `born` is when this life of it began."""

    chat: Chat
    born: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """An arrival that is kept for a person to look at."""

    waiting: Waiting
    body: str  # the event, encoded
    error: str  # class of the fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Generic[State]):
    """A state to write: `value` as it will be read, `before` as it was loaded (None = new)."""

    value: State
    body: str
    at: datetime  # when a chat was born; when a conversation changed
    before: State | None


def named_by(event: Event) -> frozenset[str]:
    """Collect the case codes that an event speaks of: they are loaded even when they are closed."""
    codes = {str(getattr(event, "case", ""))}
    if isinstance(event, ChoiceMade):
        codes.add(event.data.partition(".")[0])
    if isinstance(event, PhotoReceived):
        codes.add(event.reply_data.partition(".")[0])
    return frozenset(codes - {""})


def wanted_by(chat: Chat) -> frozenset[str]:
    """Collect the codes that a chat may speak of at any time."""
    return frozenset((*chat.open, chat.focus)) - {""}


def in_order(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Sort what waits together: within a chat and source by `order`; what has none keeps its place."""
    places: dict[tuple[int, str], list[int]] = defaultdict(list)
    for place, one in enumerate(waiting):
        if one.arrival.order:
            places[one.arrival.chat, one.arrival.source].append(place)
    result = list(waiting)
    for taken in places.values():
        by_order = sorted((waiting[place] for place in taken), key=lambda one: one.arrival.order)
        for place, one in zip(taken, by_order, strict=True):
            result[place] = one
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What one arrival changes, written out before it is taken over."""

    state: ChatState
    chat: Written[Chat] | None
    conversations: Mapping[str, Written[Conversation]]
    rows: Sequence[tuple[OutboxRow, str]]


class Worksheet:
    """A group in the making: `take` arrivals one by one, then write what it gathered."""

    def __init__(
        self,
        *,
        step: Step,
        now: datetime,
        chats: Mapping[int, Known],
        conversations: Mapping[str, Conversation],
        seen: AbstractSet[Key],
        is_taken: Callable[[str], bool],
    ) -> None:
        self._step = step
        self._now = now
        self._known = chats
        self._loaded = conversations
        self._seen = set(seen)
        self._is_taken = is_taken
        self._states: dict[int, ChatState] = {}
        self._places: dict[int, int] = defaultdict(int)
        self.settled: list[str] = []
        self.chats: dict[int, Written[Chat]] = {}
        self.conversations: dict[str, Written[Conversation]] = {}
        self.rows: dict[str, tuple[OutboxRow, str]] = {}
        self.asides: list[Aside] = []
        self.worked: list[int] = []  # inbox rows that are done

    def take(self, waiting: Waiting) -> Committed:
        """Step one arrival; never raises for what the step did."""
        self.settled += waiting.arrival.settles
        if waiting.inbox is None:
            if waiting.key in self._seen:
                return Committed(repeated=True)
            self._seen.add(waiting.key)
        try:
            prepared = self._prepare(waiting.arrival)
        except Exception as fault:  # noqa: BLE001 - law 1
            self.set_aside(waiting, fault)
            return Committed(set_aside=True)
        self._take_over(waiting.arrival.chat, prepared)
        if waiting.inbox is not None:
            self.worked.append(waiting.inbox)
        return Committed(rows=tuple(row for row, _ in prepared.rows))

    def set_aside(self, waiting: Waiting, fault: Exception) -> None:
        """Keep an arrival for a person to look at."""
        error = type(fault).__name__
        logger.error("arrival of %s set aside: %s at %s", waiting.arrival.source, error, _where(fault))
        try:
            body = encode(waiting.arrival.event)
        except CodecFault:
            body = encode(Garbled(what=type(waiting.arrival.event).__name__))
        self.asides.append(Aside(waiting=waiting, body=body, error=error))

    @property
    def timers(self) -> list[str]:
        """Name the timers that this group sets: earlier ones of these names give way."""
        return [name for row, _ in self.rows.values() if (name := timer_of(row.effect)) is not None]

    # -- one step ------------------------------------------------------------------------------------------

    def _prepare(self, arrival: Arrival) -> Prepared:
        before = self._state(arrival.chat)
        outcome = self._stepped(before, arrival.event)
        _check(arrival.chat, outcome)
        conversations = {
            code: self._write_conversation(conversation, arrival.event.at)
            for code, conversation in outcome.state.conversations.items()
            if conversation is not before.conversations.get(code)
            and conversation != before.conversations.get(code)
        }
        rows = self._rows(arrival, outcome.effects)
        changed = conversations or rows or outcome.state.chat != before.chat
        chat = self._write_chat(outcome.state.chat) if changed else None
        state = ChatState(
            chat=chat.value if chat else before.chat,
            conversations={
                **before.conversations,
                **{code: one.value for code, one in conversations.items()},
            },
        )
        return Prepared(state=state, chat=chat, conversations=conversations, rows=rows)

    def _stepped(self, before: ChatState, event: Event) -> Outcome:
        nonce = event.nonce
        for draw in range(DRAWS):
            outcome = self._step(before, event)
            fresh = [code for code in outcome.state.conversations if code not in before.conversations]
            if not any(self._is_foreign(code) for code in fresh):
                return outcome
            event = replace(event, nonce=_other_chance(nonce, draw))
        raise OutcomeFault("no free case code")

    def _is_foreign(self, code: str) -> bool:
        return code in self.conversations or code in self._loaded or self._is_taken(code)

    def _write_chat(self, chat: Chat) -> Written[Chat]:
        known = self._known.get(chat.id)
        body, back = encode_back(changed(chat, revision=self._revision(chat.id)))
        return Written(value=back, body=body, at=self._born(chat.id), before=known.chat if known else None)

    def _write_conversation(self, conversation: Conversation, at: datetime) -> Written[Conversation]:
        before = self._loaded.get(conversation.id)
        revision = (before.revision if before else 0) + 1
        body, back = encode_back(changed(conversation, revision=revision))
        return Written(value=back, body=body, at=at, before=before)

    def _rows(self, arrival: Arrival, effects: Sequence[Effect]) -> list[tuple[OutboxRow, str]]:
        chat = arrival.chat
        tag = tag_of(chat, born=self._born(chat))
        rows = []
        for place, effect in enumerate(effects, start=self._places[chat]):
            body, back = encode_back(effect)
            row = row_id(tag, revision=self._revision(chat), place=place)
            rows.append((row_of(back, row=row, chat=chat, now=self._now, at=arrival.event.at), body))
        return rows

    def _take_over(self, chat: int, prepared: Prepared) -> None:
        self._states[chat] = prepared.state
        self._places[chat] += len(prepared.rows)
        if prepared.chat is not None:
            self.chats[chat] = prepared.chat
        self.conversations.update(prepared.conversations)
        for row, body in prepared.rows:
            self._drop_timer(timer_of(row.effect))
            self.rows[row.id] = row, body

    def _drop_timer(self, name: str | None) -> None:
        if name is not None:
            stale = [row.id for row, _ in self.rows.values() if timer_of(row.effect) == name]
            for one in stale:
                del self.rows[one]

    # -- what is known -------------------------------------------------------------------------------------

    def _state(self, chat: int) -> ChatState:
        if chat not in self._states:
            known = self._known.get(chat)
            mine = {code: one for code, one in self._loaded.items() if one.chat == chat}
            self._states[chat] = ChatState(chat=known.chat if known else Chat(id=chat), conversations=mine)
        return self._states[chat]

    def _born(self, chat: int) -> datetime:
        known = self._known.get(chat)
        return known.born if known else self._now

    def _revision(self, chat: int) -> int:
        known = self._known.get(chat)
        return (known.chat.revision if known else 0) + 1


def _check(chat: int, outcome: Outcome) -> None:
    """Refuse an outcome that reaches into another chat."""
    if outcome.state.chat.id != chat:
        raise OutcomeFault("the outcome is another chat's")
    for code, conversation in outcome.state.conversations.items():
        if conversation.chat != chat or conversation.id != code:
            raise OutcomeFault("a conversation is not where it belongs")


def _other_chance(nonce: str, draw: int) -> str:
    """Draw 16 other hexadecimal digits, the same ones every time the group is tried."""
    return hashlib.blake2b(f"{nonce}:{draw}".encode(), digest_size=8).hexdigest()


def _where(fault: Exception) -> str:
    """Name the file and line that raised; what it happened on stays unsaid."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "nowhere"
