"""A chat without Telegram: events in, messages out; photos, orders and deliveries answer as the rehearsal is told."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.catalogue import Catalogue
from flows.conversation import Chat, ChatState, Conversation
from flows.effects import (
    DeliverBundle,
    Effect,
    FindOrders,
    ForwardText,
    JudgePhoto,
    RedeemLink,
    Say,
    SetTimer,
    StorePhoto,
)
from flows.engine import Engine
from flows.events import (
    ChoiceMade,
    CommandGiven,
    Delivered,
    Event,
    OrderLinked,
    OrdersFound,
    PhotoJudged,
    PhotoReceived,
    PhotoRefused,
    PhotoStored,
    Started,
    TextReceived,
    TimerFired,
    UnsupportedReceived,
)
from flows.values import Bundle, Button, Order, Photo, Problem, Upload, Verdict

GOOD = "good"
CARD = "card"
"""A good photo with a card number on it."""


@dataclass(slots=True)
class Message:
    """A message as the chat shows it now."""

    slot: str
    text: str
    buttons: tuple[tuple[Button, ...], ...]
    picture: bool

    def labels(self) -> list[str]:
        """The texts on its buttons."""
        return [button.text for row in self.buttons for button in row]


@dataclass(slots=True)
class Rehearsal:
    """Plays one chat against the engine. `known`: orders linked to the chat; `shop`: (number, fact) -> order."""

    catalogue: Catalogue
    known: Sequence[Order] = ()
    shop: dict[tuple[str, str], Order] = field(default_factory=dict)
    language: str = "en"
    name: str = "Anna"
    promise: timedelta | None = None  # within which the seller means to answer
    hold: bool = False  # True: results wait in `waiting` until `release` is called
    state: ChatState = field(default_factory=lambda: ChatState(chat=Chat(id=1)))
    messages: list[Message] = field(default_factory=list)
    bundles: list[Bundle] = field(default_factory=list)
    notes: list[ForwardText] = field(default_factory=list)
    timers: list[SetTimer] = field(default_factory=list)
    due: dict[tuple[str, str], datetime] = field(default_factory=dict)  # by case and name of a timer
    waiting: deque[Event] = field(default_factory=deque)
    effects: list[Effect] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)
    count: int = 0
    pictures: dict[str, str] = field(default_factory=dict)  # photo id -> what it shows: a problem or GOOD

    # -- what the customer does ----------------------------------------------------------------------------------

    def start(self, payload: str = "") -> None:
        """Send /start."""
        self.post(Started(payload=payload, **self._who()))

    def say(self, text: str) -> None:
        """Type words; a leading slash is a command."""
        if text.startswith("/"):
            self.post(CommandGiven(command=text[1:], **self._who()))
        else:
            self.post(TextReceived(text=text, **self._who()))

    def tap(self, label: str) -> None:
        """Press the newest button that bears `label` (or begins with it)."""
        for message in reversed(self.messages):
            found = [
                b
                for row in message.buttons
                for b in row
                if b.text.lstrip("✓ ").startswith(label) or b.text == label
            ]
            if found:
                self.post(ChoiceMade(data=found[0].data, **self._who()))
                return
        shown = [label for message in self.messages for label in message.labels()]
        raise LookupError(f"no button {label!r}; there are {shown}")

    def press(self, data: str) -> None:
        """Press a button by its data, also one that is long gone."""
        self.post(ChoiceMade(data=data, **self._who()))

    def photo(
        self,
        shows: str = GOOD,
        *,
        kind: Any = "photo",
        album: str = "",
        reply_data: str = "",
        caption: str = "",
    ) -> str:
        """Send a photo; `shows` is GOOD, a problem, or `refused:REASON`. Answers its id."""
        event = PhotoReceived(
            upload=Upload(file_id=f"file{self.count}", unique_id=f"unique{self.count}", kind=kind),
            album=album,
            reply_data=reply_data,
            caption=caption,
            **self._who(),
        )
        self.pictures[event.nonce] = shows
        self.post(event)
        return event.nonce

    def unsupported(self, what: str) -> None:
        """Send something that can be no photo."""
        self.post(UnsupportedReceived(what=what, **self._who()))

    def wait(self, span: timedelta) -> None:
        """Let time pass; timers due are fired."""
        self.now += span
        due = [timer for timer in self.timers if self.due[timer.case, timer.name] <= self.now]
        self.timers = [timer for timer in self.timers if timer not in due]
        for timer in due:
            self.post(TimerFired(case=timer.case, name=timer.name, serial=timer.serial, at=self.now))

    def _who(self) -> dict[str, Any]:
        self.count += 1
        nonce = f"{self.count * 7919 + 104729 * self.count**3:016x}"[-16:]
        return {
            "at": self.now,
            "nonce": nonce,
            "name": self.name,
            "language": self.language,
            "message": self.count,
        }

    # -- the ring ------------------------------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Let an event and all that follows from it happen."""
        queue = deque([event])
        while queue:
            outcome = Engine(self.catalogue).step(self.state, queue.popleft())
            self.state = outcome.state
            for effect in outcome.effects:
                self.effects.append(effect)
                result = self._perform(effect)
                if result is not None:
                    (self.waiting if self.hold else queue).append(result)

    def release(self, *, backwards: bool = False) -> None:
        """Let the results that were held back arrive, in order or the last first."""
        held, self.waiting = list(self.waiting), deque()
        for event in reversed(held) if backwards else held:
            self.post(event)

    def _perform(self, effect: Effect) -> Event | None:
        match effect:
            case Say():
                self._show(effect)
            case StorePhoto():
                return self._store(effect)
            case JudgePhoto():
                return self._judge(effect)
            case FindOrders():
                return self._find(effect)
            case RedeemLink(token=token):
                return OrderLinked(
                    order=self.shop.get((token, "link")), at=self.now, nonce=f"{self.count:016x}"
                )
            case DeliverBundle(bundle=bundle):
                self.bundles.append(bundle)
                due = self.now + self.promise if self.promise else None
                remind = self.now + self.promise * 3 / 4 if self.promise else None
                return Delivered(
                    case=bundle.case,
                    number=bundle.number,
                    at=self.now,
                    reference=f"ticket {bundle.case}",
                    answer_by=due,
                    remind_at=remind,
                )
            case ForwardText():
                self.notes.append(effect)
            case SetTimer():
                self.timers = [t for t in self.timers if (t.case, t.name) != (effect.case, effect.name)]
                self.timers.append(effect)
                self.due[effect.case, effect.name] = self.now + effect.after
        return None

    def _show(self, say: Say) -> None:
        text = "".join(span.text for span in say.spans)
        fresh = Message(slot=say.slot, text=text, buttons=say.buttons, picture=say.picture is not None)
        before = next((m for m in reversed(self.messages) if say.slot and m.slot == say.slot), None)
        if say.place == "edit" and before is not None:
            self.messages[self.messages.index(before)] = fresh
            return
        if before is not None:
            before.buttons = ()
            if say.closing is not None:
                before.text = "".join(span.text for span in say.closing)
        self.messages.append(fresh)

    def _store(self, effect: StorePhoto) -> Event:
        shows = self.pictures.get(effect.photo_id, GOOD)
        if shows.startswith("refused:"):
            return PhotoRefused(
                case=effect.case, photo_id=effect.photo_id, reason=shows.partition(":")[2], at=self.now
            )
        photo = Photo(
            id=effect.photo_id, kind=effect.upload.kind, key=f"{effect.case}/{effect.photo_id * 4}", size=1000,
            sha256=effect.photo_id * 4, mime="image/jpeg", width=1280, height=960,
        )  # fmt: skip
        return PhotoStored(case=effect.case, photo=photo, at=self.now)

    def _judge(self, effect: JudgePhoto) -> Event:
        shows = self.pictures.get(effect.photo.id, GOOD)
        problems: tuple[Problem, ...] = () if shows in {GOOD, CARD} else (shows,)  # type: ignore[assignment]
        cards = ((0.1, 0.5, 0.6, 0.6),) if shows == CARD else ()
        verdict = Verdict(problems=problems, cards=cards)
        return PhotoJudged(case=effect.case, photo_id=effect.photo.id, verdict=verdict, at=self.now)

    def _find(self, effect: FindOrders) -> Event:
        if effect.what == "known":
            orders = tuple(self.known)
        else:
            found = self.shop.get((effect.number, effect.fact))
            orders = (replace(found, verified=True),) if found else ()
        return OrdersFound(case=effect.case, query=effect.query, orders=orders, at=self.now)

    # -- what is seen --------------------------------------------------------------------------------------------

    @property
    def last(self) -> Message:
        """The newest message."""
        return self.messages[-1]

    @property
    def prompt(self) -> Message:
        """The newest message that asks."""
        return next(m for m in reversed(self.messages) if m.slot.startswith("prompt:"))

    @property
    def conversation(self) -> Conversation:
        """The conversation with the focus."""
        return self.state.conversations[self.state.chat.focus]
