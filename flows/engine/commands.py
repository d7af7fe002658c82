"""The slash commands: each answers once, and the step that waits is shown once more."""

from collections.abc import Callable

from flows.conversation import Conversation
from flows.effects import ForgetChat, HandOutCopy
from flows.engine import afterwards, promptness
from flows.engine.arriving import show
from flows.engine.transition import back
from flows.engine.turn import BREAK, LINE, Turn
from flows.events import CommandGiven
from flows.values import Button, Rows, Span, Spans
from flows.wording import cut

MOST_LISTED = 8
"""Cases that /status lists; older ones are the seller's business."""
PRIVACY = "privacy:"
LONGEST_LABEL = 40
"""Characters of a button that a phone still shows."""


def on_command(turn: Turn, event: CommandGiven, cases: list[Conversation]) -> None:
    """Carry a command out; an unknown one gets the help."""
    if event.command == "status":
        status(turn, cases)
        return
    COMMANDS.get(event.command, help_)(turn)
    turn.flush()


def _answer(turn: Turn, spans: Spans, rows: Rows = ()) -> None:
    turn.tell(spans, buttons=rows)
    if turn.conv.phase == "open" and turn.step is not None:
        show(turn, again=True)


def help_(turn: Turn) -> None:
    """Say what the bot does and which commands there are."""
    _answer(turn, turn.words("help.text"))


def privacy(turn: Turn) -> None:
    """Say what is kept, how long, who sees it, and how it goes; offer a copy, and to forget."""
    _answer(turn, turn.words("privacy.text"), _offers(turn, "copy", "forget"))


def _offers(turn: Turn, *what: str) -> Rows:
    words = {one: turn.plain(f"privacy.{one}_button") for one in what}
    return tuple((Button(text=text, data=f"-.0.{PRIVACY}{one}"),) for one, text in words.items())


def on_privacy(turn: Turn, wish: str) -> None:
    """Do what a button below /privacy asks for; deleting is asked about once more."""
    if wish == "copy":
        turn.tell(turn.words("privacy.copy_coming"))
        turn.do(HandOutCopy(locale=turn.conv.locale))
    elif wish == "forget":
        turn.tell(turn.words("privacy.sure"), slot="privacy", buttons=_offers(turn, "forget_now", "keep"))
    elif wish == "forget_now":
        turn.do(ForgetChat(locale=turn.conv.locale))
    else:
        turn.tell(turn.words("privacy.kept"), slot="privacy", edit=True)


def cancel(turn: Turn) -> None:
    """Put the case aside, with Undo."""
    if turn.conv.phase != "open" or turn.step is None:
        turn.tell(turn.words("cancel.nothing"))
        return
    afterwards.cancel(turn)
    if not turn.conv.bundles:
        turn.change_chat(focus="")


def language(turn: Turn) -> None:
    """Offer the languages."""
    texts = turn.catalogue.texts
    row = tuple(
        Button(text=texts.plain(locale, "language.name", {}), data=f"-.0.lang:{locale}")
        for locale in texts.locales
    )
    turn.tell(turn.words("language.ask"), slot="language", buttons=tuple((button,) for button in row))


def set_language(turn: Turn, locale: str) -> None:
    """Change the chat's language, and go on in it."""
    if locale not in turn.catalogue.texts.locales:
        return
    turn.change_chat(language=locale, chosen=True)
    speak(turn, locale)
    turn.tell(turn.words("language.set"), slot="language", edit=True)
    if turn.conv.phase == "open" and turn.step is not None:
        show(turn)


def speak(turn: Turn, locale: str) -> None:
    """Go on with a case in this language, where its flow has it."""
    if locale not in turn.flow.locales:
        return
    turn.change(locale=locale)
    if turn.conv.origin_ref is not None:
        title = turn.catalogue.flow(turn.conv.origin_ref).title
        turn.change(issue_title=turn.own_plain(title))


def status(turn: Turn, cases: list[Conversation]) -> None:
    """List the cases, each with a button."""
    listed = [case for case in cases if case.phase != "open" or case.history or case.bundles][-MOST_LISTED:]
    if not listed:
        _answer(turn, turn.words("status.none"))
        return
    spans: list[Span] = list(turn.words("status.title"))
    rows: list[tuple[Button, ...]] = []
    for case in reversed(listed):
        name = case.own_summary or case.issue_title or turn.plain("status.unnamed")
        spans += [BREAK, *turn.words("status.line", case=case.id, summary=name), LINE]
        spans += [*turn.words(f"status.{afterwards.status_id(case)}"), *promptness.outlook(turn, case)]
        label = cut(f"{case.id} · {name}", limit=LONGEST_LABEL)
        rows.append((Button(text=label, data=f"{case.id}.0.focus"),))
    turn.tell(tuple(spans), slot="status", buttons=tuple(rows))


COMMANDS: dict[str, Callable[[Turn], None]] = {
    "help": help_,
    "back": back,
    "cancel": cancel,
    "language": language,
    "privacy": privacy,
}
"""What stands in the menu, besides /start and /status, which need the whole chat."""
