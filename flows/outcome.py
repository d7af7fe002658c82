"""What one step decides: the new state of a chat, and what is to be done, in order."""

from dataclasses import dataclass

from flows.conversation import ChatState
from flows.effects import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The new state, and the effects in order."""

    state: ChatState
    effects: tuple[Effect, ...] = ()
