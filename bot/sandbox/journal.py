"""What went over the Bot API, newest last, with tokens and secrets masked; the drawer and the tests read it."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from bot.sandbox.feed import Feed
from bot.sandbox.shapes import Json

REMEMBERED = 4000
_LONGEST_TEXT = 4200
_MASKED = ("secret_token", "certificate")


class Journal:
    """Remember calls (bot to server) and deliveries (server to webhook)."""

    def __init__(self, *, feed: Feed, now: Callable[[], float], secrets: Iterable[str]) -> None:
        self._entries: deque[Json] = deque(maxlen=REMEMBERED)
        self._feed = feed
        self._now = now
        self._secrets = tuple(secrets)
        self._next = 1

    def record(
        self,
        *,
        bot: str,
        direction: str,
        method: str,
        parameters: Json,
        status: int,
        answer: Any,
        seconds: float,
        fault: str | None = None,
    ) -> None:
        """Add one entry: direction is "call" or "webhook", `seconds` how long it took."""
        entry = {
            "id": self._next,
            "time": self._now(),
            "bot": bot,
            "direction": direction,
            "method": method,
            "parameters": self._masked(parameters),
            "status": status,
            "answer": self._masked(answer),
            "ms": round(seconds * 1000, 1),
            "fault": fault,
        }
        self._next += 1
        self._entries.append(entry)
        self._feed.publish("call", call=entry)

    def after(self, entry_id: int, *, limit: int) -> list[Json]:
        """Return at most `limit` entries with a higher id, the newest ones, oldest first."""
        return [one for one in self._entries if one["id"] > entry_id][-limit:]

    def _masked(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: "•••" if key in _MASKED else self._masked(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._masked(inner) for inner in value]
        if isinstance(value, str):
            return self._masked_text(value)
        return value

    def _masked_text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "<token>")
        return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
