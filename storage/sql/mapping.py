"""Between values and columns: aware times, and what lists show of a conversation."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flows.conversation import Conversation
from storage.codec import encode


def aware(moment: datetime) -> datetime:
    """Give a time its zone back; SQLite hands back naive ones, which are UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def conversation_columns(conversation: Conversation, *, live: bool, now: datetime) -> dict[str, Any]:
    """The columns of a conversation about to be written, its revision one higher than the loaded one."""
    accepted = sum(
        claim.status == "accepted" for state in conversation.shots.values() for claim in state.claims
    )
    return {
        "id": conversation.id,
        "chat": conversation.chat,
        "live": live,
        "seller": conversation.seller.id if conversation.seller else "",
        "phase": conversation.phase,
        "issue": conversation.origin,
        "summary": conversation.summary,
        "photos": accepted + len(conversation.tray),
        "bundles": len(conversation.bundles),
        "created": now,
        "changed": now,
        "revision": conversation.revision + 1,
        "body": encode(replace(conversation, revision=0)),
    }
