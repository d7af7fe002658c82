"""Effects as outbox rows: their lane, their time, their id; pure."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flows.conversation import Conversation
from flows.effects import (
    DeliverBundle,
    Effect,
    ForgetChat,
    ForwardText,
    HandOutCopy,
    JudgePhoto,
    Say,
    SetTimer,
    StorePhoto,
)
from storage.ports import OutboxRow

HORIZON = timedelta(minutes=1)
"""Timers further away stay in the store until a claim brings them."""

LANES: Mapping[type[Effect], Callable[[int, Any], str]] = {
    Say: lambda chat, _effect: f"chat:{chat}",
    ForgetChat: lambda chat, _effect: f"chat:{chat}",
    HandOutCopy: lambda chat, _effect: f"copy:{chat}",
    StorePhoto: lambda _chat, effect: f"photo:{effect.photo_id}",
    JudgePhoto: lambda _chat, effect: f"photo:{effect.photo.id}",
    DeliverBundle: lambda _chat, effect: f"case:{effect.bundle.case}",
    ForwardText: lambda _chat, effect: f"case:{effect.case}",
}
"""Effects that are not named here have no lane: nothing waits for them."""


def lane_of(effect: Effect, *, chat: int) -> str:
    """Name the lane that keeps an effect in order, "" for none."""
    lane = LANES.get(type(effect))
    return lane(chat, effect) if lane else ""


def timer_of(effect: Effect) -> str | None:
    """Name what a later timer replaces; None for what is no timer."""
    return f"{effect.case}/{effect.name}" if isinstance(effect, SetTimer) else None


def tag_of(chat: int, *, born: datetime) -> str:
    """Name a chat's life in row ids: no Telegram id leaks through them, and a chat once forgotten starts afresh."""
    return hashlib.blake2b(f"{chat}:{born.isoformat()}".encode(), digest_size=8).hexdigest()


def row_id(tag: str, *, revision: int, place: int) -> str:
    """Make a row's id of its commit and its place in it; ids of one chat sort in commit order."""
    return f"{tag}-{revision:08x}-{place:04x}"


def row_of(effect: Effect, *, row: str, chat: int, now: datetime, at: datetime) -> OutboxRow:
    """Make the row of an effect. `now`: the commit's time; `at`: the event's, from which timers count."""
    due = at + effect.after if isinstance(effect, SetTimer) else now
    return OutboxRow(id=row, chat=chat, lane=lane_of(effect, chat=chat), effect=effect, due=due, created=now)


def may_go(row: OutboxRow, *, now: datetime) -> bool:
    """Tell whether a relay gets the row now: a lane needs all its rows, what has none can wait for its time."""
    return bool(row.lane) or row.due <= now + HORIZON


def fingerprints_of(conversation: Conversation) -> frozenset[tuple[str, str]]:
    """Collect (seller, perceptual hash) of the accepted photos."""
    if conversation.seller is None:
        return frozenset()
    return frozenset(
        (conversation.seller.id, claim.verdict.fingerprint)
        for shot in conversation.shots.values()
        for claim in shot.claims
        if claim.status == "accepted" and claim.verdict is not None and claim.verdict.fingerprint
    )


def photos_of(conversation: Conversation) -> int:
    """Count the accepted photos."""
    claims = (claim for shot in conversation.shots.values() for claim in shot.claims)
    return sum(claim.status == "accepted" for claim in claims)
