"""States that were read or written lately, by their text: what a text says never changes, so nothing here is ever stale."""

from collections import OrderedDict
from typing import TypeVar

from flows.conversation import Chat, Conversation
from storage.codec import decode

MOST = 1024
"""Some five megabytes; a chat that rests falls out, and costs no memory."""

State = TypeVar("State", Chat, Conversation)


class Recent:
    """A bounded memory of decoded texts; one writer at a time uses it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[str, Chat | Conversation] = OrderedDict()

    def read(self, text: str, *, expected: type[State]) -> State:
        """Decode a text, unless it is known; raises CodecFault."""
        known = self._known.get(text)
        if isinstance(known, expected):
            self._known.move_to_end(text)
            return known
        state = decode(text, expected=expected)
        self.keep(text, state)
        return state

    def keep(self, text: str, state: Chat | Conversation) -> None:
        """Remember what a text says; what was not asked for longest goes."""
        self._known[text] = state
        if len(self._known) > self._most:
            self._known.popitem(last=False)
