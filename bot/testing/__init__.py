"""Fakes, shipped so that adapters and flows are tested without a network; `bot.testing.customer` drives a chat."""

from bot.testing.fakes import (
    NOON,
    FakeJudge,
    FixedClock,
    Message,
    RecordingChat,
    RecordingInbox,
    picture,
    plain,
)

__all__ = [
    "NOON",
    "FakeJudge",
    "FixedClock",
    "Message",
    "RecordingChat",
    "RecordingInbox",
    "picture",
    "plain",
]
