"""Between a conversation and what its seller's list shows: the columns from `desk` on, and their values read back."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from flows.conversation import Conversation
from flows.standing import Standing, bundles_for, standing_of
from storage.folding import folded
from storage.seller_ports import CaseRow
from storage.sql.times import aware

SHORT, LONG = 80, 300
"""Characters of a name and of a line that a list keeps; the body has all of it."""
FIRSTS = frozenset({"delivered", "answered", "promised"})
"""What is told once stays, though a timeline that is shortened tells it no longer."""
NOBODYS: Mapping[str, Any] = MappingProxyType(
    {
        "desk": None, "closed": False, "unread": False, "assigned": "", "turn": "", "moved": None, "noted": None,
        "delivered": None, "answered": None, "promised": None, "answer_by": None, "settled": None, "settled_with": 0,
        "sent_bundles": 0, "sent_photos": 0, "search": "", "order_number": "", "customer_name": "", "item": "",
        "issue_title": "", "cover": "",
    }
)  # fmt: skip
"""The columns of a case in the making; it is in none of the lists' indexes."""


def desk_columns(conversation: Conversation, *, at: datetime) -> Mapping[str, Any]:
    """Fill a list's columns; `at` stands in where the timeline is silent."""
    standing = standing_of(conversation)
    if not standing.desk:
        return NOBODYS
    words = _words(conversation)
    return {
        "desk": _plain(standing.desk, SHORT),
        "closed": conversation.phase == "settled",
        "unread": standing.unread,
        "assigned": _plain(conversation.assigned, SHORT),
        "turn": standing.turn,
        **_times(conversation, standing, at=at),
        "settled_with": standing.settled_with,
        **_sent(conversation, standing.desk),
        "search": folded("\n".join((conversation.id, *words.values(), conversation.summary)))[: 5 * LONG],
        "order_number": words["order_number"],
        "customer_name": words["customer_name"],
        "item": words["item"],
        "issue_title": _plain(conversation.issue_title, LONG),
    }


def _words(conversation: Conversation) -> dict[str, str]:
    order, item = conversation.order, conversation.item
    on_order = order.customer_name if order else ""
    return {
        "order_number": _plain(order.number if order else "", SHORT),
        "customer_name": _plain(conversation.customer_name or on_order, SHORT),
        "on_order": _plain(on_order, SHORT),
        "item": _plain(item.title if item else "", LONG),
    }


def _times(conversation: Conversation, standing: Standing, *, at: datetime) -> dict[str, datetime | None]:
    times = {
        "moved": standing.changed or at,
        "noted": standing.noted or at,
        "delivered": standing.delivered,
        "answered": standing.answered,
        "promised": conversation.answer_by,
        "answer_by": conversation.answer_by,
        "settled": standing.settled,
    }
    return {name: aware(time) if time is not None else None for name, time in times.items()}


def _sent(conversation: Conversation, desk: str) -> dict[str, Any]:
    bundles = bundles_for(conversation, desk)
    return {
        "sent_bundles": len(bundles),
        "sent_photos": sum(len(one.photo_ids) for one in bundles),
        "cover": next((one.copies[0] for one in bundles if one.copies), ""),
    }


def _plain(text: str, most: int) -> str:
    """Cut, and take out NUL, which PostgreSQL keeps in no text."""
    return text.replace("\0", "")[:most]


def case_row(row: Any) -> CaseRow:
    """Make the value of a row with the columns that `LISTED` names."""
    return CaseRow(
        case=row.id,
        phase=row.phase,
        turn=row.turn,
        issue=row.issue,
        issue_title=row.issue_title,
        item=row.item,
        customer_name=row.customer_name,
        order_number=row.order_number,
        summary=row.summary,
        photos=row.sent_photos,
        bundles=row.sent_bundles,
        cover=row.cover,
        unread=bool(row.unread),
        assigned=row.assigned,
        delivered=_read(row.delivered),
        answered=_read(row.answered),
        promised=_read(row.promised),
        answer_by=_read(row.answer_by),
        settled=_read(row.settled),
        settled_with=row.settled_with,
        created=aware(row.created),
        changed=aware(row.moved),
    )


def _read(time: datetime | None) -> datetime | None:
    return aware(time) if time is not None else None
