"""The nursery's bots as they are, except that a text ends whatever process steps it, as memory that runs out would."""

import os
import signal
import sys
from typing import Any

import bot.application
from flows.conversation import ChatState
from flows.engine import Engine
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from tests.chaos.nursery import Nursery

POISON = "poison pill"


class DeadlyEngine(Engine):
    """The engine, with one text that it does not survive."""

    def step(self, state: ChatState, event: Event) -> Outcome:
        """Step, or die."""
        if isinstance(event, TextReceived) and event.text == POISON:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().step(state, event)


if __name__ == "__main__":
    application: Any = bot.application
    application.Engine = DeadlyEngine
    sys.exit(Nursery(sys.argv[1:]).run())
