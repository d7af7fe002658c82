"""One chat: which conversation an event goes to, when a new one begins, and what concerns the chat alone."""

from collections.abc import Sequence
from dataclasses import replace

from flows.catalogue import Catalogue
from flows.conversation import Chat, ChatState, Conversation, FlowRef
from flows.effects import RedeemLink, Say
from flows.engine import afterwards, commands
from flows.engine.arriving import arrive, show
from flows.engine.transition import transition
from flows.engine.turn import Turn
from flows.events import (
    ChatBlocked,
    ChoiceMade,
    CommandGiven,
    Event,
    FromCustomer,
    Garbled,
    OrderLinked,
    PhotoReceived,
    Started,
)
from flows.outcome import Outcome
from flows.values import Order, Seller

CODE_LETTERS = "23456789BCDFGHJKLMNPQRSTVWXZ"
"""No look-alikes (0/O, 1/I) and no vowels, so that no code spells a word."""
CODE_LENGTH = 6
MOST_OPEN = 20
"""Conversations of one chat that may still hear something; the oldest sent ones drop out first."""
WELCOME = "welcome"


def case_code(nonce: str) -> str:
    """Make a case code of an event's chance: 28**6 codes; a collision is caught where codes are kept."""
    number = int(nonce, 16)
    letters = []
    for _ in range(CODE_LENGTH):
        number, rest = divmod(number, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[rest])
    return "".join(letters)


class Engine:
    """Decides for a chat; holds nothing but the catalogue, so the same state and event give the same outcome."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def step(self, state: ChatState, event: Event) -> Outcome:
        """Let one event change one chat."""
        chat = _acquainted(state.chat, event, self.catalogue)
        state = replace(state, chat=chat)
        if isinstance(event, ChatBlocked):
            return Outcome(state=replace(state, chat=replace(chat, blocked=event.blocked)))
        if isinstance(event, FromCustomer):
            return self._from_customer(state, event)
        if isinstance(event, OrderLinked):
            return self._linked(state, event)
        if isinstance(event, Garbled):
            return self._garbled(state, event)
        conversation = state.conversations.get(getattr(event, "case", ""))
        if conversation is None:
            return Outcome(state=state)
        turn = Turn(self.catalogue, chat, conversation, event, elsewhere=_elsewhere(state, conversation))
        transition(turn)
        return _outcome(state, turn)

    # -- the customer ----------------------------------------------------------------------------------------

    def _from_customer(self, state: ChatState, event: FromCustomer) -> Outcome:
        if isinstance(event, Started):
            return self._started(state, event)
        if isinstance(event, ChoiceMade):
            return self._chosen(state, event)
        conversation = _addressed(state, event)
        if isinstance(event, CommandGiven):
            return self._command(state, event, conversation)
        if conversation is None:
            return self._begin(state, event)
        turn = Turn(self.catalogue, state.chat, conversation, event)
        transition(turn)
        return _outcome(state, turn)

    def _started(self, state: ChatState, event: Started) -> Outcome:
        if event.payload:
            return Outcome(state=state, effects=(RedeemLink(token=event.payload),))
        conversation = state.conversations.get(state.chat.focus)
        if conversation is None or conversation.phase != "open":
            return self._begin(state, event)
        return self._again(state, event, conversation, "greeting.again")

    def _again(self, state: ChatState, event: Event, conversation: Conversation, text_id: str) -> Outcome:
        """Show where we are, after a word."""
        turn = Turn(self.catalogue, replace(state.chat, focus=conversation.id), conversation, event)
        turn.touch()
        turn.remark(turn.words(text_id) if text_id else ())
        show(turn, again=True)
        turn.flush()
        return _outcome(state, turn)

    def _begin(self, state: ChatState, event: Event, *, order: Order | None = None) -> Outcome:
        """Open a new conversation in `welcome`; what the customer sent first is not lost."""
        flow = self.catalogue.current(WELCOME)
        conversation = Conversation(
            id=case_code(event.nonce),
            chat=state.chat.id,
            flow=FlowRef(name=flow.flow, hash=flow.hash),
            locale=_known(state.chat.language, flow.locales),
            customer_name=state.chat.name,
            touched=event.at,
        )
        turn = Turn(self.catalogue, state.chat, conversation, event)
        if order is not None:
            self._preset(turn, order)
        arrive(turn, next(iter(flow.steps)))
        turn.change_chat(greeted=True, focus=conversation.id, open=(*state.chat.open, conversation.id))
        if isinstance(event, PhotoReceived):
            transition(turn)
        turn.flush()
        return _outcome(state, turn)

    def _preset(self, turn: Turn, order: Order) -> None:
        """Begin with an order that a deep link brought: nothing is asked that is known."""
        seller = self.catalogue.sellers.get(order.seller) or Seller(id=order.seller, name=order.seller)
        item = order.items[0] if len(order.items) == 1 else None
        turn.change(order=order, seller=seller, item=item, found=(order,))
        turn.remark(turn.words("link.welcome", order=order.number))

    def _linked(self, state: ChatState, event: OrderLinked) -> Outcome:
        if event.order is not None:
            begun = _begun(state, event.order)
            return (
                self._again(state, event, begun, "greeting.again")
                if begun is not None
                else self._begin(state, event, order=event.order)
            )
        conversation = state.conversations.get(state.chat.focus)
        if conversation is None or conversation.phase != "open":
            outcome = self._begin(state, event)
            said = self.catalogue.texts.say(_tongue(state, self.catalogue), "link.unknown", {})
            return replace(outcome, effects=(Say(spans=said), *outcome.effects))
        return self._again(state, event, conversation, "link.unknown")

    def _chosen(self, state: ChatState, event: ChoiceMade) -> Outcome:
        code, _, rest = event.data.partition(".")
        action = rest.partition(".")[2]
        if code == "-" and action.startswith("lang:"):
            return self._language(state, event, action.partition(":")[2])
        if code == "-" and action.startswith(commands.PRIVACY):
            return self._privacy(state, event, action.removeprefix(commands.PRIVACY))
        if action == "new":
            return self._anew(state, event)
        conversation = state.conversations.get(code)
        if conversation is None:
            focused = state.conversations.get(state.chat.focus)
            if focused is None:
                return self._begin(state, event)
            conversation = focused
            event = replace(event, data=f"{focused.id}.-.stale")
        chat, elsewhere = replace(state.chat, focus=conversation.id), _elsewhere(state, conversation)
        turn = Turn(self.catalogue, chat, conversation, event, elsewhere=elsewhere)
        transition(turn)
        outcome, begun = _outcome(state, turn), afterwards.came_from(conversation)
        return self._back_to(begun, outcome, event) if action in afterwards.ENDS_ASIDE and begun else outcome

    def _anew(self, state: ChatState, event: ChoiceMade) -> Outcome:
        """Begin another case; where nothing was done in the newest yet, that one will do."""
        focused = state.conversations.get(state.chat.focus)
        if focused is None or focused.phase != "open" or focused.answers or focused.shots or focused.tray:
            return self._begin(state, event)
        return self._again(state, event, focused, "")

    def _back_to(self, begun: str, outcome: Outcome, event: ChoiceMade) -> Outcome:
        """Go on with the case that was left to answer a seller in between."""
        case = outcome.state.conversations.get(begun)
        if case is None or case.phase != "open":
            return outcome
        shown = self._again(outcome.state, event, case, "")
        return replace(shown, effects=(*outcome.effects, *shown.effects))

    def _language(self, state: ChatState, event: ChoiceMade, locale: str) -> Outcome:
        cases = {code: self._spoken(state, event, case, locale) for code, case in state.conversations.items()}
        state = replace(state, conversations=cases)
        conversation = cases.get(state.chat.focus)
        if conversation is None and not state.chat.greeted:
            chat = replace(state.chat, language=locale, chosen=True)
            return self._begin(replace(state, chat=chat), event)
        turn = Turn(self.catalogue, state.chat, conversation or self._nowhere(state), event)
        commands.set_language(turn, locale)
        return self._beside(state, turn)

    def _spoken(self, state: ChatState, event: ChoiceMade, case: Conversation, locale: str) -> Conversation:
        turn = Turn(self.catalogue, state.chat, case, event)
        commands.speak(turn, locale)
        return turn.conv

    def _privacy(self, state: ChatState, event: ChoiceMade, wish: str) -> Outcome:
        conversation = state.conversations.get(state.chat.focus) or self._nowhere(state)
        turn = Turn(self.catalogue, state.chat, conversation, event)
        commands.on_privacy(turn, wish)
        return self._beside(state, turn)

    def _command(self, state: ChatState, event: CommandGiven, conversation: Conversation | None) -> Outcome:
        if conversation is None:
            conversation = self._nowhere(state)
        turn = Turn(self.catalogue, state.chat, conversation, event)
        commands.on_command(
            turn, event, [state.conversations[c] for c in state.chat.open if c in state.conversations]
        )
        return self._beside(state, turn)

    def _beside(self, state: ChatState, turn: Turn) -> Outcome:
        """A conversation that only lent its language is not kept."""
        if turn.conv.id not in state.conversations:
            return Outcome(state=replace(state, chat=turn.chat), effects=tuple(turn.effects))
        return _outcome(state, turn)

    def _nowhere(self, state: ChatState) -> Conversation:
        """A conversation that only lends its language to a command; it is never kept."""
        flow = self.catalogue.current(WELCOME)
        return Conversation(
            id="-",
            chat=state.chat.id,
            flow=FlowRef(name=flow.flow, hash=flow.hash),
            phase="cancelled",
            locale=_known(state.chat.language, flow.locales),
        )

    def _garbled(self, state: ChatState, event: Garbled) -> Outcome:  # noqa: ARG002 - the ring's shape
        said = self.catalogue.texts.say(_tongue(state, self.catalogue), "error.garbled", {})
        return Outcome(state=state, effects=(Say(spans=said, slot="notice"),))


def _tongue(state: ChatState, catalogue: Catalogue) -> str:
    focused = state.conversations.get(state.chat.focus)
    return focused.locale if focused else _known(state.chat.language, catalogue.texts.locales)


def _acquainted(chat: Chat, event: Event, catalogue: Catalogue) -> Chat:
    """Note the customer's name, and the language Telegram tells until one is chosen."""
    if not isinstance(event, FromCustomer):
        return chat
    language = chat.language
    if not chat.chosen and event.language:
        told = event.language.split("-")[0]
        language = told if told in catalogue.texts.locales else chat.language
    name = event.name or chat.name
    blocked = chat.blocked and isinstance(event, ChatBlocked)
    if (name, language, blocked) == (chat.name, chat.language, chat.blocked):
        return chat
    return replace(chat, name=name, language=language, blocked=blocked)


def _known(language: str, locales: Sequence[str]) -> str:
    return language if language in locales else locales[0]


def _addressed(state: ChatState, event: FromCustomer) -> Conversation | None:
    """The conversation an input is for: the one whose prompt it answers, else the one with the focus."""
    if isinstance(event, PhotoReceived) and event.reply_data:
        named = state.conversations.get(event.reply_data.partition(".")[0])
        if named is not None and not afterwards.is_over(named):
            return named
    focused = state.conversations.get(state.chat.focus)
    if focused is None or (afterwards.is_over(focused) and not isinstance(event, CommandGiven)):
        return None
    return focused


def _elsewhere(state: ChatState, conversation: Conversation) -> str:
    """The other case that the customer is in the middle of, "" = none."""
    focused = state.conversations.get(state.chat.focus)
    is_other = focused is not None and focused.id != conversation.id and focused.phase == "open"
    return state.chat.focus if is_other else ""


def _begun(state: ChatState, order: Order) -> Conversation | None:
    """The newest unsent case about an order."""
    own = [state.conversations[code] for code in state.chat.open if code in state.conversations]
    return next(
        (
            case
            for case in reversed(own)
            if case.phase == "open"
            and case.order is not None
            and (case.order.seller, case.order.number) == (order.seller, order.number)
        ),
        None,
    )


def _outcome(state: ChatState, turn: Turn) -> Outcome:
    """Put the turn's chat and conversation in place; what nobody can reach any more is let go."""
    conversations = {**state.conversations, turn.conv.id: turn.conv}
    chat = turn.chat
    if len(chat.open) > MOST_OPEN:
        done = [
            code for code in chat.open if code not in conversations or conversations[code].phase != "open"
        ]
        drop = set(done[: len(chat.open) - MOST_OPEN])
        chat = replace(chat, open=tuple(code for code in chat.open if code not in drop))
    return Outcome(state=ChatState(chat=chat, conversations=conversations), effects=tuple(turn.effects))
