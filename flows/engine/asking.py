"""The verb `ask`: typed words, checked, with one clear reason when they do not fit."""

import re
from datetime import date

from flows.definition import Ask, Step
from flows.engine.keyboards import navigation
from flows.engine.turn import Turn
from flows.engine.walk import record
from flows.events import TextReceived
from flows.values import Answer, Rows

EMAIL = re.compile(r"^[^@\s<>\"',;]{1,64}@[^@\s<>\"',;]{1,190}\.[^@\s<>\"',;.]{2,60}$")
NUMERIC_DATE = re.compile(r"^(\d{1,2})[./ -](\d{1,2})[./ -](\d{4})$")
NUMBER = re.compile(r"^[+-]?\d{1,12}([.,]\d{1,6})?$")
LONGEST_TEXT = 1000
"""Characters taken where a step names no `max`."""


class Misfit(ValueError):
    """The typed words do not fit; the text id says why."""

    def __init__(self, text_id: str, **names: object) -> None:
        super().__init__(text_id)
        self.text_id, self.names = text_id, names


def show(turn: Turn, step: Step, *, edit: bool = False) -> None:
    """Ask for words; what was answered before can be kept, what is optional skipped."""
    rules = step.ask
    if rules is None:
        return
    rows: Rows = ()
    if turn.conv.step in turn.conv.answers:
        rows = ((turn.button("keep", turn.plain("button.keep")),),)
    if rules.optional:
        rows = (*rows, (turn.button("skip", turn.plain("button.skip")),))
    turn.prompt(turn.own(step.say or {}), (*rows, *navigation(turn, step)), edit=edit)


def on_choice(turn: Turn, step: Step, action: str) -> bool:
    """Take Skip or Keep; True when the step is answered."""
    rules = step.ask
    if rules is None:
        return False
    if action == "keep" and turn.conv.step in turn.conv.answers:
        turn.chosen = turn.conv.answers[turn.conv.step].text
        return True
    if action == "skip" and rules.optional:
        turn.chosen = turn.plain("button.skip")
        record(turn, turn.conv.step, Answer(value="", text=""))
        return True
    return False


def on_text(turn: Turn, event: TextReceived, step: Step) -> bool:
    """Take typed words; True when they fit."""
    rules = step.ask
    if rules is None:
        return False
    try:
        answer = fitting(event.text, rules, day_first=turn.conv.locale != "en-US")
    except Misfit as misfit:
        turn.remark(turn.words(misfit.text_id, **misfit.names))
        turn.next_serial()
        show(turn, step)
        return False
    record(turn, turn.conv.step, answer)
    return True


def fitting(typed: str, rules: Ask, *, day_first: bool = True) -> Answer:
    """Check typed words against the rules; raises Misfit."""
    text = typed.strip()
    match rules.type:
        case "number":
            value = _number(text, rules)
        case "date":
            value = _date(text, day_first=day_first).isoformat()
        case "email":
            if not EMAIL.match(text):
                raise Misfit("ask.email")
            value = text
        case _:
            value = _text(text, rules)
    if rules.pattern and not re.fullmatch(rules.pattern, text):
        raise Misfit("ask.pattern")
    return Answer(value=value, text=text)


def _text(text: str, rules: Ask) -> str:
    longest = rules.max or LONGEST_TEXT
    if len(text) < (rules.min or 1):
        raise Misfit("ask.too_short", min=rules.min or 1)
    if len(text) > longest:
        raise Misfit("ask.too_long", max=longest, length=len(text))
    return text


def _number(text: str, rules: Ask) -> str:
    if not NUMBER.match(text):
        raise Misfit("ask.number")
    number = float(text.replace(",", "."))
    low, high = rules.min, rules.max
    if (low is not None and number < low) or (high is not None and number > high):
        text_id = "at_most" if low is None else "at_least" if high is None else "range"
        raise Misfit(f"ask.number_{text_id}", min=low, max=high)
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _date(text: str, *, day_first: bool) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    match = NUMERIC_DATE.match(text)
    if match is None:
        raise Misfit("ask.date")
    first, second, year = (int(part) for part in match.groups())
    day, month = (first, second) if day_first or first > 12 else (second, first)  # noqa: PLR2004 - months end at 12
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Misfit("ask.date") from error
