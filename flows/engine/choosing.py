"""The verb `choose`: options written out or made of what is known, one or many, with pages and search."""

from dataclasses import dataclass, replace

from flows.definition import Choose, Step
from flows.engine.keyboards import navigation, stacked
from flows.engine.turn import Turn
from flows.engine.walk import record
from flows.events import ChoiceMade, TextReceived
from flows.values import Answer, Button, Item, Order, Rows, Seller

BUTTON_TEXT = 40
"""Characters on a button that phones show without cutting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to choose; `thing` is what stands behind a dynamic option."""

    action: str
    value: str
    text: str
    phrase: str = ""
    thing: Order | Item | Seller | None = None


def choices(turn: Turn, rules: Choose) -> list[Choice]:
    """Every choice open now: dynamic ones first, then those written out."""
    dynamic = [replace(choice, action=f"d{n}") for n, choice in enumerate(_dynamic(turn, rules))]
    static = [
        Choice(
            action=f"o{n}",
            value=option.value,
            text=turn.own_plain(option.text),
            phrase=turn.own_plain(option.phrase) if option.phrase else "",
        )
        for n, option in enumerate(rules.options)
        if turn.holds(option.when)
    ]
    return [*dynamic, *static]


def _dynamic(turn: Turn, rules: Choose) -> list[Choice]:
    match rules.from_:
        case "orders":
            return [
                Choice(action="", value=order.number, text=_order_line(turn, order), thing=order)
                for order in turn.conv.found
            ]
        case "items":
            items = turn.conv.order.items if turn.conv.order else ()
            return [
                Choice(action="", value=str(n), text=item.title, thing=item) for n, item in enumerate(items)
            ]
        case "sellers":
            sellers = sorted(turn.catalogue.sellers.values(), key=lambda seller: seller.name.casefold())
            return [Choice(action="", value=seller.id, text=seller.name, thing=seller) for seller in sellers]
        case "issues":
            return [
                Choice(action="", value=flow.flow, text=f"{flow.icon} {turn.own_plain(flow.title)}".strip())
                for flow in turn.catalogue.issues()
            ]
        case "languages":
            return [
                Choice(action="", value=locale, text=turn.catalogue.texts.plain(locale, "language.name", {}))
                for locale in turn.catalogue.texts.locales
            ]
        case None:
            return []


def _order_line(turn: Turn, order: Order) -> str:
    item = order.items[0].title if order.items else ""
    return turn.plain("orders.line", number=order.number, item=item) if item else order.number


def show(turn: Turn, step: Step, *, edit: bool = False) -> None:
    """Ask, with a button for each choice."""
    rules = step.choose
    if rules is None:
        return
    every = _searched(turn, choices(turn, rules))
    page = _page(turn)
    dynamic = [choice for choice in every if choice.action.startswith("d")]
    static = [choice for choice in every if not choice.action.startswith("d")]
    shown = dynamic[page * rules.page : (page + 1) * rules.page]
    rows: Rows = stacked([_button(turn, choice) for choice in [*shown, *static]])
    turn.prompt(
        turn.own(step.say or {}),
        (*rows, *_paging(turn, rules, page, len(dynamic)), *_done(turn, rules), *navigation(turn, step)),
        edit=edit,
    )


def _button(turn: Turn, choice: Choice) -> Button:
    ticked = choice.value in turn.conv.many.get(turn.conv.step, ())
    answer = turn.conv.answers.get(turn.conv.step)
    chosen = ticked or (answer is not None and answer.value == choice.value)
    text = choice.text if len(choice.text) <= BUTTON_TEXT else choice.text[: BUTTON_TEXT - 1].rstrip() + "…"
    return turn.button(choice.action, f"✓ {text}" if chosen else text)


def _page(turn: Turn) -> int:
    kind, _, number = turn.conv.mode.partition(":")
    return int(number) if kind == "page" else 0


def _searched(turn: Turn, every: list[Choice]) -> list[Choice]:
    kind, _, words = turn.conv.mode.partition(":")
    if kind != "search":
        return every
    return [c for c in every if not c.action.startswith("d") or words.casefold() in c.text.casefold()]


def _paging(turn: Turn, rules: Choose, page: int, count: int) -> Rows:
    row = []
    if page > 0:
        row.append(turn.button(f"p{page - 1}", turn.plain("button.previous_page")))
    if (page + 1) * rules.page < count:
        row.append(turn.button(f"p{page + 1}", turn.plain("button.next_page")))
    return (tuple(row),) if row else ()


def _done(turn: Turn, rules: Choose) -> Rows:
    return ((turn.button("done", turn.plain("button.done")),),) if rules.many else ()


def on_choice(turn: Turn, event: ChoiceMade, step: Step, action: str) -> bool:
    """Take a press; True when the step is answered."""
    rules = step.choose
    if rules is None:
        return False
    if action.startswith("p") and action[1:].isdigit():
        turn.change(mode=f"page:{action[1:]}")
        show(turn, step, edit=True)
        return False
    if action == "done":
        return _take_many(turn, step, rules)
    choice = next((choice for choice in choices(turn, rules) if choice.action == action), None)
    if choice is None:
        show(turn, step)
        return False
    if rules.many:
        ticked = turn.conv.many.get(turn.conv.step, ())
        ticked = (
            tuple(v for v in ticked if v != choice.value)
            if choice.value in ticked
            else (*ticked, choice.value)
        )
        turn.change(many={**turn.conv.many, turn.conv.step: ticked})
        show(turn, step, edit=True)
        return False
    return take(turn, choice)


def on_text(turn: Turn, event: TextReceived, step: Step) -> bool:
    """Take typed words: the text of a choice, or a search among orders; True when answered."""
    rules = step.choose
    if rules is None:
        return False
    words = _bare(event.text)
    every = choices(turn, rules)
    named = [c for c in every if words in {_bare(c.text), _bare(c.value)}]
    if not named and words:
        named = [c for c in every if _bare(c.text).startswith(words)]
    if len(named) == 1 and not rules.many:
        return take(turn, named[0])
    if rules.from_ == "orders":
        return _search(turn, step, event.text.strip(), every)
    turn.remark(turn.words("choose.pick_button"))
    turn.next_serial()
    show(turn, step)
    return False


def _bare(text: str) -> str:
    """Words as they are typed: without the sign that a button has before them."""
    text = text.strip().casefold()
    return next((text[n:] for n, letter in enumerate(text) if letter.isalnum()), text)


def _search(turn: Turn, step: Step, words: str, every: list[Choice]) -> bool:
    hits = [c for c in every if c.action.startswith("d") and words.casefold() in c.text.casefold()]
    if hits:
        turn.change(mode=f"search:{words[:40]}")
    else:
        turn.change(mode="")
        turn.remark(turn.words("choose.search_none", query=words[:40]))
    turn.next_serial()
    show(turn, step)
    return False


def _take_many(turn: Turn, step: Step, rules: Choose) -> bool:
    ticked = turn.conv.many.get(turn.conv.step, ())
    chosen = [choice for choice in choices(turn, rules) if choice.value in ticked]
    if not chosen:
        turn.remark(turn.words("choose.many_hint"))
        turn.next_serial()
        show(turn, step)
        return False
    turn.chosen = ", ".join(choice.text for choice in chosen)
    phrase = ", ".join(choice.phrase for choice in chosen if choice.phrase)
    record(
        turn,
        turn.conv.step,
        Answer(value=",".join(choice.value for choice in chosen), text=turn.chosen, phrase=phrase),
    )
    return True


def take(turn: Turn, choice: Choice) -> bool:
    """Make a choice the answer, and what stands behind it the conversation's own."""
    turn.chosen = choice.text
    match choice.thing:
        case Order() as order:
            _take_order(turn, order)
        case Item() as item:
            turn.change(item=item)
        case Seller() as seller:
            _take_seller(turn, seller)
    rules = turn.step.choose if turn.step else None
    if rules is not None and rules.from_ == "languages":
        turn.change_chat(language=choice.value, chosen=True)
        turn.change(locale=choice.value)
    record(turn, turn.conv.step, Answer(value=choice.value, text=choice.text, phrase=choice.phrase))
    return True


def _take_order(turn: Turn, order: Order) -> None:
    seller = turn.catalogue.sellers.get(order.seller) or Seller(id=order.seller, name=order.seller)
    item = order.items[0] if len(order.items) == 1 else None
    turn.change(order=order, item=item, seller=seller)


def _take_seller(turn: Turn, seller: Seller) -> None:
    """A shop was named instead of an order found: go on unverified, with the number as it was typed."""
    typed = next((a.value for key, a in turn.conv.answers.items() if key.rpartition(".")[2] == "number"), "")
    turn.change(seller=seller, order=Order(number=typed, seller=seller.id, verified=False), item=None)
