"""Rows of buttons that several verbs share."""

from flows.definition import Step
from flows.engine.turn import Turn
from flows.values import Button, Rows

NARROW = 14
"""Characters up to which two buttons stand side by side on a phone."""


def stacked(buttons: list[Button]) -> Rows:
    """Put short neighbours side by side, long ones on rows of their own."""
    rows: list[tuple[Button, ...]] = []
    for button in buttons:
        last = rows[-1] if rows else ()
        if len(last) == 1 and len(last[0].text) <= NARROW and len(button.text) <= NARROW:
            rows[-1] = (*last, button)
        else:
            rows.append((button,))
    return tuple(rows)


def navigation(turn: Turn, step: Step) -> Rows:
    """The Back button, where there is a way back."""
    if not step.back or not (turn.conv.history or turn.conv.editing):
        return ()
    return ((turn.button("back", turn.plain("button.back")),),)
