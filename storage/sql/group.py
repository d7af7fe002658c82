"""THE group transaction: what waits is worked and written together, on either engine by the same code.

A group reads the repeats, the chats and their live conversations, runs the pure step for each arrival in order, and
writes each table once. Nothing is acknowledged before its commit, which is the caller's.
"""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, tuple_, update
from sqlmodel import SQLModel

from flows.conversation import Chat, ChatState, Conversation
from flows.effects import Effect
from flows.outcome import Outcome
from storage.codec import decode, encode
from storage.lanes import rows_of, timer_key
from storage.ports import Arrival, Committed, OutboxRow, Slot, StaleWrite, Step
from storage.sql.mapping import aware, conversation_columns
from storage.sql.tables import (
    ChatRow,
    ConversationRow,
    EffectRow,
    FingerprintRow,
    InboxRow,
    SeenRow,
    SlotRow,
)

logger = logging.getLogger(__name__)

HORIZON = timedelta(minutes=1)
"""Rows due within it are handed to the relay at once; later ones wait for a claim."""
COLLISIONS = 5
"""How often a new case draws another code when its code is taken."""


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


CHATS, CONVERSATIONS, SEEN = table(ChatRow), table(ConversationRow), table(SeenRow)
INBOX, OUTBOX, SLOTS, FINGERPRINTS = table(InboxRow), table(EffectRow), table(SlotRow), table(FingerprintRow)


@dataclass(slots=True, kw_only=True)
class Group:
    """What is written in one transaction."""

    arrivals: list[Arrival] = field(default_factory=list)
    inbox_ids: list[int] = field(default_factory=list)  # inbox rows that these arrivals came from
    settled: list[str] = field(default_factory=list)
    slots: dict[tuple[int, str], Slot] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Worked:
    """The state of a group while its arrivals are stepped."""

    states: dict[int, ChatState]
    loaded: dict[int, ChatState]
    committed: dict[tuple[str, str], Committed] = field(default_factory=dict)
    rows: list[OutboxRow] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    aside: list[tuple[Arrival, str]] = field(default_factory=list)


class Sequence64:
    """Numbers that only grow, also over restarts: microseconds since 1970, or one more than the last."""

    def __init__(self) -> None:
        self.last = 0

    def next(self, now: datetime) -> int:
        """Draw the next number."""
        self.last = max(self.last + 1, int(now.timestamp() * 1_000_000))
        return self.last


def apply(
    connection: Connection, group: Group, *, step: Step, owner: str, now: datetime, sequence: Sequence64
) -> list[Committed]:
    """Work and write a group; raises StaleWrite or the engine's errors, and then nothing of it counts."""
    repeated = _repeated(connection, group.arrivals)
    fresh = _without_repeats(group.arrivals, repeated)
    states = _load(connection, {arrival.chat for arrival in fresh}, lock=True)
    worked = Worked(states=dict(states), loaded=states)
    for arrival in sorted(fresh, key=lambda one: (one.chat, one.order)):
        _work(connection, arrival, worked, step=step, now=now)
    _write(connection, group, worked, owner=owner, now=now, sequence=sequence)
    return [
        worked.committed.get((arrival.source, arrival.id), Committed(repeated=True))
        for arrival in group.arrivals
    ]


def _repeated(connection: Connection, arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    keys = [(arrival.source, arrival.id) for arrival in arrivals]
    if not keys:
        return set()
    found = connection.execute(
        select(SEEN.c.source, SEEN.c.id).where(tuple_(SEEN.c.source, SEEN.c.id).in_(keys))
    )
    return {(row.source, row.id) for row in found}


def _without_repeats(arrivals: Sequence[Arrival], seen: set[tuple[str, str]]) -> list[Arrival]:
    fresh: dict[tuple[str, str], Arrival] = {}
    for arrival in arrivals:
        key = (arrival.source, arrival.id)
        if key not in seen:
            fresh.setdefault(key, arrival)
    return list(fresh.values())


def _load(connection: Connection, chats: set[int], *, lock: bool) -> dict[int, ChatState]:
    if not chats:
        return {}
    query = select(CHATS).where(CHATS.c.id.in_(chats)).order_by(CHATS.c.id)
    if lock and connection.dialect.name == "postgresql":
        query = query.with_for_update()
    heads = {
        row.id: replace(decode(row.body, expected=Chat), revision=row.revision)
        for row in connection.execute(query)
    }
    live = connection.execute(
        select(CONVERSATIONS).where(CONVERSATIONS.c.chat.in_(chats), CONVERSATIONS.c.live)
    )
    conversations: dict[int, dict[str, Conversation]] = {chat: {} for chat in chats}
    for row in live:
        conversations[row.chat][row.id] = replace(
            decode(row.body, expected=Conversation), revision=row.revision
        )
    return {
        chat: ChatState(chat=heads.get(chat, Chat(id=chat)), conversations=conversations[chat])
        for chat in chats
    }


def load(connection: Connection, chat: int) -> ChatState:
    """Read one chat and its live conversations."""
    return _load(connection, {chat}, lock=False)[chat]


def _work(connection: Connection, arrival: Arrival, worked: Worked, *, step: Step, now: datetime) -> None:
    key = (arrival.source, arrival.id)
    worked.seen.append(key)
    try:
        outcome = _stepped(connection, arrival, worked, step)
    except Exception as fault:  # noqa: BLE001 - a poisoned event is set aside, and the chat goes on
        logger.error(
            "set aside: %s from %s: %s", type(arrival.event).__name__, arrival.source, type(fault).__name__
        )
        worked.aside.append((arrival, type(fault).__name__))
        worked.committed[key] = Committed(set_aside=True)
        return
    worked.states[arrival.chat] = outcome.state
    rows = rows_of(arrival, outcome.effects, now=now)
    worked.rows += rows
    worked.committed[key] = Committed(rows=rows)


def _stepped(connection: Connection, arrival: Arrival, worked: Worked, step: Step) -> Outcome:
    """Step an arrival; a new case whose code is taken draws another."""
    state, event = worked.states[arrival.chat], arrival.event
    for _ in range(COLLISIONS):
        outcome = step(state, event)
        new = set(outcome.state.conversations) - set(state.conversations)
        if not new or not _taken(connection, new, worked):
            return outcome
        event = replace(event, nonce=secrets.token_hex(8))
    raise StaleWrite("no free case code")


def _taken(connection: Connection, codes: set[str], worked: Worked) -> bool:
    if any(code in state.conversations for state in worked.states.values() for code in codes):
        return True
    return (
        connection.execute(select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.id.in_(codes))).first()
        is not None
    )


# -- writing -----------------------------------------------------------------------------------------------------


def _write(
    connection: Connection, group: Group, worked: Worked, *, owner: str, now: datetime, sequence: Sequence64
) -> None:
    if worked.seen:
        connection.execute(
            insert(SEEN), [{"source": source, "id": key, "at": now} for source, key in worked.seen]
        )
    _write_states(connection, worked, now=now)
    _write_rows(connection, worked.rows, owner=owner, now=now, sequence=sequence)
    done = [*group.settled, *(row for arrival in group.arrivals for row in arrival.settles)]
    if done:
        connection.execute(delete(OUTBOX).where(OUTBOX.c.id.in_(done)))
    _write_slots(connection, group.slots)
    if worked.aside:
        connection.execute(insert(INBOX), [_aside(arrival, error, now) for arrival, error in worked.aside])
    if group.inbox_ids:
        connection.execute(delete(INBOX).where(INBOX.c.id.in_(group.inbox_ids)))


def _aside(arrival: Arrival, error: str, now: datetime) -> dict[str, Any]:
    return {**inbox_columns(arrival, now), "aside": True, "error": error}


def inbox_columns(arrival: Arrival, now: datetime) -> dict[str, Any]:
    """The columns of an arrival that waits."""
    return {
        "source": arrival.source, "arrival": arrival.id, "chat": arrival.chat, "place": arrival.order,
        "event": encode(arrival.event), "aside": False, "error": "", "at": now,
    }  # fmt: skip


def _write_states(connection: Connection, worked: Worked, *, now: datetime) -> None:
    new_chats: list[dict[str, Any]] = []
    old_chats: list[dict[str, Any]] = []
    new_cases: list[dict[str, Any]] = []
    old_cases: list[dict[str, Any]] = []
    prints: list[dict[str, Any]] = []
    for chat_id, state in worked.states.items():
        before = worked.loaded[chat_id]
        if state.chat != before.chat:
            columns = {
                "id": chat_id,
                "revision": before.chat.revision + 1,
                "body": encode(replace(state.chat, revision=0)),
            }
            (old_chats if before.chat.revision else new_chats).append(columns)
        for code, conversation in state.conversations.items():
            known = before.conversations.get(code)
            live = code in state.chat.open
            if known == conversation and live == (code in before.chat.open):
                continue
            columns = conversation_columns(conversation, live=live, now=now)
            (old_cases if known is not None else new_cases).append(columns)
            prints += [
                {"case": code, "seller": columns["seller"], "hash": one}
                for one in _new_prints(conversation, known)
            ]
    _insert(connection, CHATS, new_chats)
    _insert(connection, CONVERSATIONS, new_cases)
    _update(connection, CHATS, old_chats)
    _update(connection, CONVERSATIONS, old_cases)
    _insert(connection, FINGERPRINTS, prints)


def _new_prints(conversation: Conversation, known: Conversation | None) -> set[str]:
    return _prints(conversation) - (_prints(known) if known is not None else set())


def _prints(conversation: Conversation) -> set[str]:
    claims = (claim for state in conversation.shots.values() for claim in state.claims)
    return {
        c.verdict.fingerprint
        for c in claims
        if c.status == "accepted" and c.verdict and c.verdict.fingerprint
    }


def _insert(connection: Connection, target: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    if target is FINGERPRINTS:
        connection.execute(_or_nothing(connection, target), rows)
    else:
        connection.execute(insert(target), rows)


def _or_nothing(connection: Connection, target: Table) -> Any:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert  # noqa: PLC0415 - only where it is the engine
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert  # type: ignore[assignment] # noqa: PLC0415
    return upsert(target).on_conflict_do_nothing()


def _update(connection: Connection, target: Table, rows: list[dict[str, Any]]) -> None:
    """Update by id and the revision that was loaded; a wrong count means that somebody else wrote."""
    if not rows:
        return
    names = [name for name in rows[0] if name not in {"id", "created"}]
    statement = (
        update(target)
        .where(target.c.id == bindparam("key"), target.c.revision == bindparam("was"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    parameters = [
        {"key": row["id"], "was": row["revision"] - 1, **{f"new_{name}": row[name] for name in names}}
        for row in rows
    ]
    result = connection.execute(statement, parameters)
    if result.rowcount != len(rows):
        raise StaleWrite(f"{len(rows) - result.rowcount} rows of {target.name} were written by somebody else")


def _write_rows(
    connection: Connection, rows: Sequence[OutboxRow], *, owner: str, now: datetime, sequence: Sequence64
) -> None:
    if not rows:
        return
    latest = {timer_key(row.effect): row.id for row in rows if timer_key(row.effect)}
    if latest:
        connection.execute(delete(OUTBOX).where(OUTBOX.c.timer.in_(list(latest))))
    columns = [
        {
            "id": row.id, "seq": sequence.next(now), "chat": row.chat, "lane": row.lane, "effect": encode(row.effect),
            "due": row.due, "attempts": row.attempts, "created": row.created, "error": row.error, "owner": owner,
            "timer": timer_key(row.effect), "dead": False,
        }
        for row in rows
        if timer_key(row.effect) is None or latest[timer_key(row.effect)] == row.id
    ]  # fmt: skip
    connection.execute(insert(OUTBOX), columns)


def _write_slots(connection: Connection, slots: Mapping[tuple[int, str], Slot]) -> None:
    if not slots:
        return
    connection.execute(delete(SLOTS).where(tuple_(SLOTS.c.chat, SLOTS.c.name).in_(list(slots))))
    connection.execute(
        insert(SLOTS),
        [
            {
                "chat": chat,
                "name": name,
                "message": s.message,
                "has_picture": s.has_picture,
                "has_buttons": s.has_buttons,
            }
            for (chat, name), s in slots.items()
        ],
    )


def outbox_row(row: Any) -> OutboxRow:
    """Make the value of an outbox row."""
    return OutboxRow(
        id=row.id, chat=row.chat, lane=row.lane, effect=decode(row.effect, expected=Effect), due=aware(row.due), attempts=row.attempts,
        created=aware(row.created), error=row.error,
    )  # fmt: skip
