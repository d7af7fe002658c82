"""One event at work: the chat and conversation as they change, and the effects as they gather."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flows import templates
from flows.catalogue import Catalogue
from flows.changing import changed
from flows.conversation import Chat, Conversation
from flows.definition import Flow, Step, Text
from flows.effects import Effect, Say, SetTimer
from flows.engine import lookup
from flows.engine.wishes import wished_shots, with_wishes
from flows.events import ChoiceMade, Event, FromCustomer
from flows.expressions import Value, evaluate
from flows.expressions import parse as parse_expression
from flows.values import Button, Picture, Rows, Span, Spans

BREAK = Span(text="\n\n")
LINE = Span(text="\n")


class Turn:
    """Working state of one step; lives no longer than the step, so that deciding stays pure."""

    def __init__(
        self,
        catalogue: Catalogue,
        chat: Chat,
        conversation: Conversation,
        event: Event,
        *,
        elsewhere: str = "",
    ) -> None:
        self.elsewhere = elsewhere  # the other case that the customer is in the middle of
        self.catalogue: Catalogue = catalogue
        self.chat: Chat = chat
        self.conv: Conversation = conversation
        self.event = event
        self.effects: list[Effect] = []
        self.remarks: list[Spans] = []
        self._asked: object = None  # what `_wished` was made of
        self._wished: Flow | None = None
        self.chosen = ""  # what a press chose, in words: closes the prompt it was on

    # -- what is known -------------------------------------------------------------------------------------

    @property
    def flow(self) -> Flow:
        """The pinned revision; while a seller's wish is answered, with the shots wished for."""
        flow = self.catalogue.flow(self.conv.flow)
        if not self.conv.wished or self.conv.origin_ref is None:
            return flow
        asked = (self.conv.flow, self.conv.origin_ref, self.conv.wished)
        if self._asked != asked:
            origin = self.catalogue.flow(self.conv.origin_ref)
            self._asked, self._wished = asked, with_wishes(flow, wished_shots(origin, self.conv.wished))
        return self._wished if self._wished is not None else flow

    @property
    def step(self) -> Step | None:
        """The step that waits, if any."""
        return self.flow.steps.get(self.conv.step)

    def value(self, name: str, *, locale: str | None = None) -> Value | None:
        """Look a name up as templates and conditions see it; None = missing."""
        return lookup.value(self, name, locale or self.conv.locale)

    def holds(self, condition: str | None) -> bool:
        """Tell whether a `when` holds; none always does."""
        return condition is None or evaluate(parse_expression(condition), self.value)

    # -- words ---------------------------------------------------------------------------------------------

    def own(self, text: Text, *, locale: str | None = None) -> Spans:
        """Render a flow's text in the customer's language (or `locale`), else in the flow's first."""
        tongue = self.tongue(text, locale)
        template = templates.parse(text.get(tongue, ""))
        return trimmed(
            templates.render(template, lambda name: self.value(name, locale=tongue), locale=tongue)
        )

    def own_plain(self, text: Text, *, locale: str | None = None) -> str:
        """Render as `own` does, without styles."""
        return "".join(span.text for span in self.own(text, locale=locale)).strip()

    def tongue(self, text: Text, locale: str | None = None) -> str:
        """The language that a text is shown in."""
        wanted = locale or self.conv.locale
        return wanted if wanted in text else next(iter(text), wanted)

    def words(self, text_id: str, **names: Any) -> Spans:
        """Render a text that belongs to no flow; names not given are looked up as in flows."""
        return trimmed(self.catalogue.texts.say(self.conv.locale, text_id, self._names(names)))

    def plain(self, text_id: str, **names: Any) -> str:
        """Render as `words` does, without styles."""
        return self.catalogue.texts.plain(self.conv.locale, text_id, self._names(names))

    def _names(self, given: Mapping[str, Any]) -> lookup.Lookup:
        return lambda name: given[name] if name in given else self.value(name)

    # -- changing ------------------------------------------------------------------------------------------

    def change(self, **fields: Any) -> None:
        """Replace fields of the conversation."""
        self.conv = changed(self.conv, **fields)

    def change_chat(self, **fields: Any) -> None:
        """Replace fields of the chat."""
        self.chat = changed(self.chat, **fields)

    def do(self, effect: Effect) -> None:
        """Add an effect."""
        self.effects.append(effect)

    # -- speaking ------------------------------------------------------------------------------------------

    def button(self, action: str, text: str) -> Button:
        """Make a button of the current prompt."""
        return Button(text=text, data=f"{self.conv.id}.{self.conv.serial}.{action}")

    def lasting(self, action: str, text: str) -> Button:
        """Make a button that is bound to the case and to no step."""
        return Button(text=text, data=f"{self.conv.id}.0.{action}")

    def remark(self, spans: Spans) -> None:
        """Say something that the next prompt of this turn carries before its question."""
        if spans:
            self.remarks.append(spans)

    def tell(
        self,
        spans: Spans,
        *,
        slot: str = "",
        buttons: Rows = (),
        edit: bool = False,
        delay: float = 0,
        **more: Any,
    ) -> None:
        """Say something that asks for nothing."""
        self.do(
            Say(
                spans=spans,
                slot=slot,
                place="edit" if edit else "new",
                buttons=buttons,
                delay=timedelta(seconds=delay),
                **more,
            )
        )
        if not slot.startswith(("progress:", "tray:")):
            self.change(burst=())

    def prompt(
        self,
        spans: Spans,
        rows: Rows = (),
        *,
        picture: Picture | None = None,
        edit: bool = False,
        hint: str = "",
    ) -> None:
        """Ask: takes the prompt's slot over, closes the prompt before it, carries the gathered remarks.

        In the middle of another case, whose photos come next, only a button leads to what is asked here.
        """
        if self.elsewhere and not isinstance(self.event, FromCustomer):
            rows = ((self.lasting("focus", self.plain("button.continue_case")),),)
        spans = self._with_remarks(spans)
        self.do(
            Say(
                spans=spans,
                slot=f"prompt:{self.conv.id}",
                place="edit" if edit else "new",
                buttons=rows,
                picture=picture,
                closing=self.closing(),
                placeholder=hint,
            )
        )
        self.change(last_prompt=spans, burst=())
        self.arm()

    def next_serial(self) -> None:
        """Begin a new prompt: buttons of the ones before are stale from here on."""
        self.change(serial=self.conv.serial + 1)

    def flush(self) -> None:
        """Say the remarks that no prompt has carried."""
        if self.remarks:
            self.tell(self._with_remarks(()))

    def _with_remarks(self, spans: Spans) -> Spans:
        parts = [*self.remarks, spans] if spans else list(self.remarks)
        self.remarks = []
        return joined(parts, BREAK)

    def closing(self) -> Spans | None:
        """What the prompt before becomes: its words and what was chosen."""
        if not (isinstance(self.event, ChoiceMade) and self.chosen and self.conv.last_prompt):
            return None
        return (
            *self.conv.last_prompt,
            BREAK,
            Span(text=self.plain("choose.chosen", text=self.chosen), style="bold"),
        )

    # -- waiting -------------------------------------------------------------------------------------------

    def arm(self) -> None:
        """Set the waiting timer, unless one is on its way already."""
        waiting = self.flow.waiting
        if waiting is None or self.conv.armed or self.conv.phase != "open":
            return
        ends = [*waiting.remind_after, *([waiting.expire_after] if waiting.expire_after else [])]
        if ends:
            self.change(armed=True)
            self.do(
                SetTimer(
                    case=self.conv.id,
                    name="waiting",
                    serial=self.conv.serial,
                    after=timedelta(seconds=min(ends)),
                )
            )

    def touch(self) -> None:
        """Note a sign of life of the customer."""
        if isinstance(self.event, FromCustomer):
            self.change(touched=self.event.at, reminded=0)


def trimmed(spans: Spans) -> Spans:
    """Drop white space at the end: block texts of YAML end in a line break."""
    while spans and not spans[-1].text.rstrip():
        spans = spans[:-1]
    return (*spans[:-1], Span(text=spans[-1].text.rstrip(), style=spans[-1].style)) if spans else ()


def joined(parts: list[Spans], between: Span) -> Spans:
    """Join runs of spans with a separator."""
    spans: list[Span] = []
    for part in parts:
        if spans and part:
            spans.append(between)
        spans.extend(part)
    return tuple(spans)
