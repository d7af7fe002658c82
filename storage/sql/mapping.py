"""Between values and columns: arrivals that wait, outbox rows, and what lists show of a conversation."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from flows.conversation import Conversation
from flows.effects import Effect
from flows.events import Event
from storage.codec import decode
from storage.ports import Arrival, OutboxRow, SetAside, Slot
from storage.rows import photos_of, timer_of
from storage.sql.desk import desk_columns
from storage.sql.times import aware
from storage.stepping import Waiting, Written


def shown(text: str) -> str:
    """Take out NUL, which PostgreSQL keeps in no text; bodies are JSON, where it is escaped."""
    return text.replace("\0", "")


def conversation_columns(written: Written[Conversation]) -> dict[str, Any]:
    """The columns of a conversation; `created` is used for a new one only."""
    conversation = written.value
    return {
        "id": conversation.id,
        "chat": conversation.chat,
        "seller": shown(conversation.seller.id) if conversation.seller else "",
        "phase": conversation.phase,
        "issue": conversation.origin,
        "summary": shown(conversation.summary or conversation.issue_title),
        "photos": photos_of(conversation),
        "bundles": len(conversation.bundles),
        "created": aware(written.at),
        "changed": aware(written.at),
        "revision": conversation.revision,
        **desk_columns(conversation, at=written.at),
        "body": written.body,
    }


def outbox_columns(row: OutboxRow, body: str, *, owner: str, handed: bool) -> dict[str, Any]:
    """The columns of a new outbox row."""
    return {
        "id": row.id,
        "chat": row.chat,
        "lane": row.lane,
        "effect": body,
        "due": aware(row.due),
        "attempts": row.attempts,
        "created": aware(row.created),
        "error": row.error,
        "owner": owner,
        "handed": handed,
        "timer": timer_of(row.effect),
        "dead": False,
    }


def outbox_row(row: Any) -> OutboxRow:
    """Make the value of an outbox row."""
    return OutboxRow(
        id=row.id,
        chat=row.chat,
        lane=row.lane,
        effect=decode(row.effect, expected=Effect),
        due=aware(row.due),
        attempts=row.attempts,
        created=aware(row.created),
        error=row.error,
    )


def inbox_columns(arrival: Arrival, *, body: str, now: datetime, aside: bool, error: str) -> dict[str, Any]:
    """The columns of an arrival that waits, or was set aside."""
    return {
        "source": shown(arrival.source),
        "arrival": shown(arrival.id),
        "chat": arrival.chat,
        "place": arrival.order,
        "event": body,
        "settles": orjson.dumps(arrival.settles).decode(),
        "aside": aside,
        "error": error,
        "at": aware(now),
    }


def waiting_of(row: Any) -> Waiting:
    """Make the arrival of an inbox row."""
    arrival = Arrival(
        source=row.source,
        id=row.arrival,
        chat=row.chat,
        event=decode(row.event, expected=Event),
        order=row.place,
        settles=tuple(orjson.loads(row.settles)),
    )
    return Waiting(arrival=arrival, inbox=row.id)


def slot_columns(slots: Mapping[tuple[int, str], tuple[Slot, str]], *, owner: str) -> list[dict[str, Any]]:
    """The columns of slots, each with the row that set it and whose that row must be."""
    return [
        {
            "new_chat": chat,
            "new_name": name,
            "new_message": slot.message,
            "new_has_picture": slot.has_picture,
            "new_has_buttons": slot.has_buttons,
            "row": row,
            "mine": owner,
        }
        for (chat, name), (slot, row) in slots.items()
    ]


def set_aside_of(row: Any) -> SetAside:
    """Make what is told of an arrival that was set aside: its kind, nothing that it says."""
    kind = orjson.loads(row.event).get("kind", "?")
    return SetAside(
        id=row.id, chat=row.chat, source=row.source, event=kind, error=row.error, at=aware(row.at)
    )
