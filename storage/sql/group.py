"""THE group transaction: what waits is worked and written together, on either engine by the same code.

Laws:
 1. Chats are locked first, then arrivals are marked, which tells repeats: whoever held a chat before has left its marks.
    A process that is alone locks nothing, and trusts what it wrote last (storage.sql.recent).
 2. Every state is written WHERE its revision is the one loaded; a wrong row count rolls the group back.
 3. Nothing is acknowledged before the commit, which is the caller's.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlmodel import SQLModel

from flows.conversation import Chat, ChatState, Conversation
from storage.ports import Committed, OutboxRow, Slot, StaleWrite, Step
from storage.rows import fingerprints_of, may_go
from storage.sql.desk import FIRSTS
from storage.sql.mapping import conversation_columns, inbox_columns, outbox_columns, slot_columns
from storage.sql.recent import Recent
from storage.sql.statements import among, deleting, holding, inserting, marking, updating
from storage.sql.straight import returned, write
from storage.sql.tables import (
    LATER,
    ChatRow,
    ConversationRow,
    EffectRow,
    FingerprintRow,
    InboxRow,
    SeenRow,
    SlotRow,
)
from storage.sql.times import aware, hour_after
from storage.stepping import Key, Known, Waiting, Worksheet, Written, in_order, named_by, wanted_by


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


CHATS, CONVERSATIONS, SEEN = table(ChatRow), table(ConversationRow), table(SeenRow)
INBOX, OUTBOX, SLOTS, FINGERPRINTS = table(InboxRow), table(EffectRow), table(SlotRow), table(FingerprintRow)

_THESE_CHATS = (
    select(CHATS.c.id, CHATS.c.born, CHATS.c.body).where(among(CHATS.c.id, "ids")).order_by(CHATS.c.id)
)
_LOCKED_CHATS = _THESE_CHATS.with_for_update()
"""SQLite knows no row locks, and needs none: one transaction writes at a time."""
_THESE_CONVERSATIONS = select(CONVERSATIONS.c.id, CONVERSATIONS.c.body).where(
    among(CONVERSATIONS.c.id, "ids")
)
_SETTLING = delete(OUTBOX).where(among(OUTBOX.c.id, "ids"), OUTBOX.c.owner == bindparam("mine"))

Owners = Callable[[Connection, Sequence[OutboxRow]], Mapping[str, str]]
"""Tells which lanes, of those of some rows, belong to another process now: lane -> owner."""


@dataclass(slots=True, kw_only=True)
class Group:
    """What is written in one transaction: `rows`, `chats`, `conversations` are those that it wrote."""

    arrivals: Sequence[Waiting] = ()
    settled: Collection[str] = ()
    slots: Mapping[tuple[int, str], tuple[Slot, str]] = field(
        default_factory=dict
    )  # with the row that set it
    unsure: Collection[str] = ()  # rows of an earlier group whose commit may have come through unheard
    rows: list[OutboxRow] = field(default_factory=list)
    chats: list[Written[Chat]] = field(default_factory=list)
    conversations: list[Written[Conversation]] = field(default_factory=list)
    handed: list[OutboxRow] = field(default_factory=list)  # for this process's relay, in commit order


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who writes, with what: the same for every group of a process."""

    step: Step
    owner: str
    elsewhere: Owners
    relayed: Callable[[], bool]  # whether a relay takes rows from memory
    careful: Callable[[], bool] = lambda: False  # whether a process died lately, perhaps of an arrival
    recent: Recent = field(default_factory=Recent)


def work(connection: Connection, group: Group, office: Office, *, now: datetime) -> list[Committed]:
    """Work and write a group; raises StaleWrite or the engine's errors, and then nothing of it counts."""
    arrivals = in_order(group.arrivals)
    sheet = _sheet(connection, arrivals, office, now=now)
    results = {id(one): sheet.take(one) for one in arrivals if _still_waits(connection, one)}
    group.rows = [row for row, _ in sheet.rows.values()]
    group.chats, group.conversations = list(sheet.chats.values()), list(sheet.conversations.values())
    _write(connection, group, sheet, office, now=now)
    return [results.get(id(one), Committed(repeated=True)) for one in group.arrivals]


def set_aside(connection: Connection, waiting: Waiting, fault: Exception, *, now: datetime) -> Committed:
    """Keep an arrival that no transaction can take, or that ends whatever works it."""
    if waiting.inbox is None and not _mark(connection, {waiting.key}, now=now):
        return Committed(repeated=True)
    sheet = Worksheet(step=_never, now=now, chats={}, conversations={}, seen=set(), is_taken=_free)
    sheet.set_aside(waiting, fault)
    _write_inbox(connection, sheet, now=now)
    _delete(connection, OUTBOX, waiting.arrival.settles)
    return Committed(set_aside=True)


def load(connection: Connection, chat: int) -> ChatState:
    """Read one chat and the conversations that it may speak of."""
    known = _chats(connection, {chat}, Recent(), lock=False)
    if chat not in known:
        return ChatState(chat=Chat(id=chat))
    found = _conversations(connection, wanted_by(known[chat].chat), Recent())
    mine = {code: one for code, one in found.items() if one.chat == chat}
    return ChatState(chat=known[chat].chat, conversations=mine)


# -- reading -------------------------------------------------------------------------------------------------


def _sheet(
    connection: Connection, arrivals: Sequence[Waiting], office: Office, *, now: datetime
) -> Worksheet:
    office.recent.look(connection)
    chats = _chats(connection, {one.arrival.chat for one in arrivals}, office.recent, lock=True)
    codes = {code for known in chats.values() for code in wanted_by(known.chat)}
    codes |= {code for one in arrivals for code in named_by(one.arrival.event)}
    return Worksheet(
        step=office.step,
        now=now,
        chats=chats,
        conversations=_conversations(connection, codes, office.recent),
        seen=_marked_before(connection, arrivals, now=now),
        is_taken=lambda code: _is_taken(connection, code),
    )


def _chats(connection: Connection, chats: Collection[int], recent: Recent, *, lock: bool) -> dict[int, Known]:
    found = recent.chats(chats)
    if missing := [chat for chat in chats if chat not in found]:
        for row in connection.execute(_LOCKED_CHATS if lock else _THESE_CHATS, {"ids": missing}):
            born = aware(row.born)
            chat = recent.read(row.id, row.body, expected=Chat, born=born)
            found[row.id] = Known(chat=chat, born=born)
    return found


def _conversations(connection: Connection, codes: Collection[str], recent: Recent) -> dict[str, Conversation]:
    found = recent.conversations(codes)
    if missing := [code for code in codes if code not in found]:
        for row in connection.execute(_THESE_CONVERSATIONS, {"ids": missing}):
            found[row.id] = recent.read(row.id, row.body, expected=Conversation)
    return found


def _marked_before(connection: Connection, arrivals: Sequence[Waiting], *, now: datetime) -> set[Key]:
    """Mark what came for the first time, and return the keys of the rest."""
    keys = {one.key for one in arrivals if one.inbox is None}
    return keys - _mark(connection, keys, now=now)


def _is_taken(connection: Connection, code: str) -> bool:
    query = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.id == code)
    return connection.execute(query).first() is not None


def _still_waits(connection: Connection, waiting: Waiting) -> bool:
    """A stored arrival counts once, whichever process comes first; its chat is locked already."""
    if waiting.inbox is None:
        return True
    query = select(INBOX.c.id).where(INBOX.c.id == waiting.inbox, ~INBOX.c.aside).with_for_update()
    return connection.execute(query).first() is not None


def _never(_state: ChatState, _event: Any) -> Any:
    raise NotImplementedError


def _free(_code: str) -> bool:
    return False


# -- writing -------------------------------------------------------------------------------------------------


def _write(connection: Connection, group: Group, sheet: Worksheet, office: Office, *, now: datetime) -> None:
    elsewhere = office.elsewhere(connection, group.rows) if group.rows else {}
    _write_chats(connection, sheet.chats.values(), now=now)
    _write_conversations(connection, sheet.conversations.values())
    _write_slots(connection, group.slots, owner=office.owner)
    _delete(connection, OUTBOX, sheet.settled)
    _settle(connection, group.settled, owner=office.owner)
    if sheet.timers:
        connection.execute(delete(OUTBOX).where(OUTBOX.c.timer.in_(sheet.timers)))
    _write_rows(connection, group, sheet, office, elsewhere, now=now)
    _write_inbox(connection, sheet, now=now)
    if group.unsure:
        mine = OUTBOX.c.id.in_(group.unsure) & (OUTBOX.c.owner == office.owner)
        connection.execute(update(OUTBOX).where(mine).values(handed=False))


def _mark(connection: Connection, keys: Collection[Key], *, now: datetime) -> set[Key]:
    """Mark arrivals as come; returns those that were not marked before."""
    if not keys:
        return set()
    # in order, so that two groups that mark the same do not wait for each other
    rows = [{"source": source, "id": key, "at": aware(now)} for source, key in sorted(keys)]
    return {
        (source, key) for source, key in returned(connection, marking(SEEN, connection.dialect.name), rows)
    }


def _write_chats(connection: Connection, chats: Iterable[Written[Chat]], *, now: datetime) -> None:
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    for one in chats:
        columns = {
            "id": one.value.id,
            "born": aware(one.at),
            "revision": one.value.revision,
            "touched": hour_after(now),
            "body": one.body,
        }
        (new if one.before is None else old).append(columns)
    _insert(connection, CHATS, new)
    _update(connection, CHATS, old, keep=("born",))


def _write_conversations(connection: Connection, conversations: Iterable[Written[Conversation]]) -> None:
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    for one in conversations:
        (new if one.before is None else old).append(conversation_columns(one))
        _write_fingerprints(connection, one)
    _insert(connection, CONVERSATIONS, new)
    _update(connection, CONVERSATIONS, old, keep=("created",), firsts=FIRSTS)


def _write_fingerprints(connection: Connection, written: Written[Conversation]) -> None:
    before = fingerprints_of(written.before) if written.before is not None else frozenset()
    after, case = fingerprints_of(written.value), written.value.id
    if before == after:
        return
    connection.execute(delete(FINGERPRINTS).where(FINGERPRINTS.c.case == case))
    rows = [
        {"case": case, "hash": one, "seller": seller, "at": aware(written.at)}
        for seller, one in sorted(after)
    ]
    _insert(connection, FINGERPRINTS, rows)


def _write_rows(
    connection: Connection,
    group: Group,
    sheet: Worksheet,
    office: Office,
    elsewhere: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    relayed = office.relayed()
    columns = []
    for row, body in sheet.rows.values():
        owner, goes = elsewhere.get(row.lane, office.owner), may_go(row, now=now)
        mine = relayed and owner == office.owner
        columns.append(outbox_columns(row, body, owner=owner if goes else LATER, handed=mine and goes))
        if mine:  # timers of later too: the relay forgets the ones that they replace
            group.handed.append(row)
    _insert(connection, OUTBOX, columns)


def _write_slots(
    connection: Connection, slots: Mapping[tuple[int, str], tuple[Slot, str]], *, owner: str
) -> None:
    """Write who holds which slot.

    Slots of rows that are gone with their chat do not count, nor of those that another process took over: it shows a
    later message. So this comes before the rows are settled.
    """
    if slots:
        write(connection, holding(SLOTS, OUTBOX, connection.dialect.name), slot_columns(slots, owner=owner))


def _settle(connection: Connection, ids: Collection[str], *, owner: str) -> None:
    """Delete rows that are done; one that another process took over is its own to settle."""
    if ids:
        connection.execute(_SETTLING, {"ids": list(ids), "mine": owner})


def _write_inbox(connection: Connection, sheet: Worksheet, *, now: datetime) -> None:
    """Keep what was set aside, let go what is done."""
    for aside in sheet.asides:
        if aside.waiting.inbox is not None:
            own = INBOX.c.id == aside.waiting.inbox
            connection.execute(update(INBOX).where(own).values(aside=True, error=aside.error))
            continue
        columns = inbox_columns(
            aside.waiting.arrival, body=aside.body, now=now, aside=True, error=aside.error
        )
        connection.execute(insert(INBOX), [columns])
    _delete(connection, INBOX, sheet.worked)


def _delete(connection: Connection, target: Table, ids: Collection[Any]) -> None:
    if ids:
        connection.execute(deleting(target), {"ids": list(ids)})


def _insert(connection: Connection, target: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        write(connection, inserting(target), rows, columns=tuple(rows[0]))


def _update(
    connection: Connection,
    target: Table,
    rows: Sequence[dict[str, Any]],
    *,
    keep: tuple[str, ...],
    firsts: Collection[str] = (),
) -> None:
    """Update by id and the revision that was loaded; a wrong count means that somebody else wrote.

    Columns in `keep` stay as they are, those in `firsts` once they are set.
    """
    if not rows:
        return
    names = tuple(name for name in rows[0] if name not in {"id", *keep})
    statement = updating(target, names, frozenset(firsts))
    parameters = [
        {"key": row["id"], "was": row["revision"] - 1, **{f"new_{name}": row[name] for name in names}}
        for row in rows
    ]
    changed = write(connection, statement, parameters)
    if changed != len(rows):
        raise StaleWrite(f"{len(rows) - changed} rows of {target.name} were written by somebody else")
