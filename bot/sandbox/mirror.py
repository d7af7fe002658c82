"""A chat as a reader of the event feed knows it; used by the client, pure."""

from collections.abc import Callable, Iterable

from bot.sandbox.shapes import Json


class Mirror:
    """The messages of one chat by id, each with the number of its last change."""

    def __init__(self, messages: Iterable[Json], seq: int) -> None:
        self.messages = {message["message_id"]: message for message in messages}
        self.changed = dict.fromkeys(self.messages, 0)
        self.seq = seq

    def moved_on(self) -> Callable[[], bool]:
        """Return what is true as soon as the chat changes."""
        seen = self.seq
        return lambda: self.seq != seen

    def take(self, event: Json) -> None:
        """Follow one event of the feed."""
        if event["seq"] <= self.seq:
            return
        self.seq = event["seq"]
        if event["type"] in ("message", "edited"):
            number = event["message"]["message_id"]
            self.messages[number] = event["message"]
            self.changed[number] = event["seq"]
        elif event["type"] == "deleted":
            self.messages.pop(event["message_id"], None)
