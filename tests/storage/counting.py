"""A step that keeps, in a chat's case, every number that it was sent: what was lost or doubled can be seen."""

from dataclasses import replace

from flows.conversation import ChatState, Conversation, FlowRef
from flows.effects import Say
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from flows.values import Span


def text_of(number: int) -> TextReceived:
    """Make the event of a number."""
    return TextReceived(text=str(number))


def count(state: ChatState, event: Event) -> Outcome:
    """Note the number and say it."""
    if not isinstance(event, TextReceived):
        return Outcome(state=state)
    code = f"CASE{state.chat.id}"
    before = state.conversations.get(code) or Conversation(
        id=code, chat=state.chat.id, flow=FlowRef(name="count", hash="h")
    )
    after = replace(before, history=(*before.history, event.text))
    chat = replace(state.chat, open=(code,))
    return Outcome(
        state=ChatState(chat=chat, conversations={code: after}),
        effects=(Say(spans=(Span(text=event.text),)),),
    )
