"""Where a case stands with its seller, read from what the conversation tells; pure, stores and changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flows.conversation import Bundled, Conversation, Entry

WhoseTurn = Literal["seller", "customer", "nobody"]

SENT = frozenset({"sent", "delivered", "by_hand"})
"""Kinds with which a bundle begins its way."""
NEWS = frozenset({"delivered", "by_hand", "note"})
"""Kinds that are of the customer, and new to the seller; a bundle left to the customer's hand may arrive any time."""
ANSWERS = frozenset({"answer", "request", "settled"})
"""Kinds with which the seller has said something."""
LOOKED = ANSWERS | {"seen"}
"""Kinds that show that the seller has looked."""
SAID = SENT | NEWS | ANSWERS | {"reopened"}
"""Kinds after which somebody is waited for."""
ASIDE = frozenset({"seen", "assigned", "remark", "reminded"})
"""Kinds that move a case in no list: nobody has said anything to the other side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a seller's list shows; times are of the first of their kind, `settled` of the last.

    Firsts that a shortened timeline has lost are None here: who needs them for good keeps the first it was told.
    """

    desk: str = (
        ""  # whose people read the case: the seller's id, "support"; "" = nobody's yet, no bundle was sent
    )
    unread: bool = False
    turn: WhoseTurn = "nobody"
    delivered: datetime | None = None
    seen: datetime | None = None
    answered: datetime | None = None  # answer, request or settling
    settled: datetime | None = None  # while it is settled
    settled_with: int = 0  # bundles that it took
    changed: datetime | None = None  # the last that was said or sent, by either side
    noted: datetime | None = None  # the last line of any kind


def desk_of(conversation: Conversation) -> str:
    """Name whose people read the case: the seller whom a bundle was for, else whom it was handed to."""
    sent = conversation.bundles
    if not sent or conversation.seller is None:
        return ""
    return conversation.seller.id if any(not one.inbox for one in sent) else sent[-1].inbox


def bundles_for(conversation: Conversation, desk: str) -> tuple[Bundled, ...]:
    """Pick the bundles that those people may read: what went to another inbox is not theirs."""
    own = "" if conversation.seller is not None and conversation.seller.id == desk else desk
    return tuple(one for one in conversation.bundles if one.inbox == own)


def standing_of(conversation: Conversation) -> Standing:
    """Tell where the case stands with its seller."""
    lines = conversation.timeline
    sent = next((place for place, line in enumerate(lines) if line.kind in SENT), 0)
    settled, settled_with = _settled(conversation)
    return Standing(
        desk=desk_of(conversation),
        unread=is_unread(lines),
        turn=_turn(conversation),
        delivered=_first(lines, frozenset({"delivered"})),
        seen=_first(lines[sent:], LOOKED),
        answered=_first(lines[sent:], ANSWERS),
        settled=settled,
        settled_with=settled_with,
        changed=next((line.at for line in reversed(lines) if line.kind not in ASIDE), None),
        noted=lines[-1].at if lines else None,
    )


def is_unread(lines: Sequence[Entry]) -> bool:
    """Tell whether something of the customer's has come since the seller looked."""
    last = next((line for line in reversed(lines) if line.kind in NEWS | LOOKED), None)
    return last is not None and last.kind in NEWS


def _first(lines: Iterable[Entry], kinds: frozenset[str]) -> datetime | None:
    return next((line.at for line in lines if line.kind in kinds), None)


def _turn(conversation: Conversation) -> WhoseTurn:
    """Tell who is waited for: a seller who has looked and said nothing still is, and one whose wish ran out again."""
    if conversation.phase in {"settled", "cancelled"} or not conversation.bundles:
        return "nobody"
    if conversation.phase == "open" or conversation.bundles[-1].status == "by_hand":
        return "customer"
    if conversation.phase == "expired":
        return "seller"
    lines = reversed(conversation.timeline)
    last = next((line for line in lines if line.kind in SAID), None)
    return "customer" if last is not None and last.kind in ANSWERS else "seller"


def _settled(conversation: Conversation) -> tuple[datetime | None, int]:
    if conversation.phase != "settled":
        return None, 0
    later = 0
    for line in reversed(conversation.timeline):
        if line.kind == "settled":
            return line.at, len(conversation.bundles) - later
        later += line.kind == "sent"
    return None, len(conversation.bundles)
