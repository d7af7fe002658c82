"""The verb `compose`: a courteous message drafted from the answers, in the seller's language; use, shorten, rewrite."""

from flows.definition import Compose, Step
from flows.engine.keyboards import navigation
from flows.engine.turn import BREAK, Turn, joined
from flows.engine.walk import record
from flows.events import TextReceived
from flows.values import Answer, Rows, Span, Spans
from flows.wording import shorten

BOTH_LANGUAGES = 1500
"""Characters up to which the customer sees the message in both languages in one message."""


def message_locale(turn: Turn, rules: Compose) -> str:
    """The seller's language where the flow has it, else the customer's."""
    seller = turn.conv.seller
    if seller is not None and seller.locale in rules.template:
        return seller.locale
    return turn.tongue(rules.template)


def draft(turn: Turn, rules: Compose, *, locale: str = "") -> str:
    """Draft the message from the template."""
    return turn.own_plain(rules.template, locale=locale or message_locale(turn, rules))


def show(turn: Turn, step: Step, *, edit: bool = False) -> None:
    """Show the message as it stands, with what can be done about it."""
    rules = step.compose
    if rules is None:
        return
    if turn.conv.mode == "write":
        back = turn.button("rewrite", turn.plain("button.back"))
        turn.prompt(turn.words("compose.write", max=rules.max), ((back,),), edit=edit)
        return
    if not (turn.conv.draft and turn.conv.own_words):
        turn.change(draft=draft(turn, rules), own_words=False)
    parts = [turn.own(step.say) if step.say else turn.words("compose.intro")]
    parts.append((Span(text=turn.conv.draft, style="quote"),))
    parts += _translation(turn, rules)
    turn.prompt(joined(parts, BREAK), (*_rows(turn, rules), *navigation(turn, step)), edit=edit)


def _translation(turn: Turn, rules: Compose) -> list[Spans]:
    """The same message in the customer's language, when the seller reads another one."""
    theirs, own = message_locale(turn, rules), turn.conv.locale
    if theirs == own or turn.conv.own_words or own not in rules.template or turn.conv.mode == "shortened":
        return []
    translated = draft(turn, rules, locale=own)
    if len(translated) + len(turn.conv.draft) > BOTH_LANGUAGES:
        return []
    return [turn.words("compose.in_language"), (Span(text=translated, style="italic"),)]


def _rows(turn: Turn, rules: Compose) -> Rows:
    row = [
        turn.button(verb, turn.plain(f"button.{verb}"))
        for verb in ("shorten", "write_own")
        if verb in rules.edit and not (verb == "shorten" and turn.conv.mode == "shortened")
    ]
    rows: Rows = (tuple(row),) if row else ()
    if turn.conv.own_words:
        rows = (*rows, (turn.button("again", turn.plain("button.draft_again")),))
    return ((turn.button("use", turn.plain("button.use")),), *rows)


def on_choice(turn: Turn, step: Step, action: str) -> bool:
    """Take a press; True when the message is decided."""
    rules = step.compose
    if rules is None:
        return False
    if action == "use":
        turn.chosen = turn.plain("button.use")
        record(turn, turn.conv.step, Answer(value=turn.conv.draft, text=turn.conv.draft))
        return True
    if action == "shorten":
        shorter = shorten(turn.conv.draft, limit=max(200, len(turn.conv.draft) * 2 // 3))
        turn.remark(
            turn.words("compose.shortened" if shorter != turn.conv.draft else "compose.nothing_to_shorten")
        )
        turn.change(draft=shorter, own_words=True, mode="shortened")
    elif action == "write_own":
        turn.change(mode="write")
    elif action == "again":
        turn.change(draft="", own_words=False, mode="")
    elif action == "rewrite":
        turn.change(mode="")
    turn.next_serial()
    show(turn, step)
    return False


def on_text(turn: Turn, event: TextReceived, step: Step) -> bool:
    """Take the customer's own words as the message; they are shown before they are used."""
    rules = step.compose
    if rules is None:
        return False
    text = event.text.strip()
    if "write_own" not in rules.edit:
        turn.remark(turn.words("choose.pick_button"))
    elif len(text) > rules.max:
        turn.remark(turn.words("compose.too_long", max=rules.max, length=len(text)))
    elif text:
        turn.change(draft=text, own_words=True, mode="")
    turn.next_serial()
    show(turn, step)
    return False
