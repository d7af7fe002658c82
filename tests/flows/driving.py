"""Ways that many tests begin with."""

from collections.abc import Callable

from flows.workbench.rehearsal import Rehearsal

Begin = Callable[..., Rehearsal]


def to_photos(chat: Rehearsal, *, issue: str = "🔧", kind: str = "It is broken") -> None:
    chat.start()
    chat.tap("A-17")
    chat.tap(issue)
    chat.tap(kind)
    chat.tap("Skip")


def to_support(chat: Rehearsal) -> None:
    """Something smokes: a person takes over at once."""
    chat.start()
    for label in ("A-17", "🔧", "It smokes"):
        chat.tap(label)


def to_review(chat: Rehearsal) -> None:
    to_photos(chat)
    for _ in range(2):
        chat.photo()
    chat.tap("Enough")
    chat.tap("Skip")
    chat.tap("Skip")
    chat.tap("A replacement")
    chat.tap("Use this message")


def sent(chat: Rehearsal) -> None:
    to_review(chat)
    chat.tap("Send")
