"""What a seller does from a case's page: answer, ask for a photo, settle, assign, note; each form counts once."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.app.attachments import MOST_BYTES, MOST_FILES
from bot.app.case_actions import CaseActions, Given, NoSuchCase
from bot.ports import TransientFailure
from bot.seller_words import LONGEST
from bot.web.inbox.case_page import shown
from bot.web.inbox.desk import Visit
from bot.web.inbox.forms import Form
from bot.web.inbox.pages import missing, words_alone
from bot.web.inbox.words import said_in
from flows.conversation import Conversation
from flows.engine.sellers_side import LONGEST_WISH
from storage.ports import StorageFailure

MOST_WISHED = 10
LONGEST_KEY = 64


class Wrong(Exception):
    """What was typed cannot be used: a text id, and its names."""

    def __init__(self, text_id: str, **names: int) -> None:
        super().__init__(text_id)
        self.text_id = text_id
        self.names = names


Act = Callable[[CaseActions, Visit, Conversation, Form], Awaitable[str]]


def _words(form: Form, *, needed: bool = True, most: int = LONGEST) -> str:
    text = form.get("text", "").replace("\r\n", "\n").strip()
    if needed and not text:
        raise Wrong("wrong.empty")
    if len(text) > most:
        raise Wrong("wrong.long", count=most)
    return text


async def _files(visit: Visit, case: Conversation, form: Form) -> Given:
    """Keep the files of a form; one that cannot be shown to the customer is told to the seller at once."""
    given = await visit.desk.attachments.keep(case.id, form.files)
    if given.left_out:
        raise Wrong("wrong.file", size=MOST_BYTES // 2**20, count=MOST_FILES)
    return given


async def _answer(actions: CaseActions, visit: Visit, case: Conversation, form: Form) -> str:
    if form.get("labels"):  # whoever has ticked a photo asks for it, whichever button was pressed
        return await _ask(actions, visit, case, form)
    text = _words(form, needed=not form.files)
    given = await _files(visit, case, form)
    await actions.answer(case.id, text, author=visit.agent.name, key=_key(visit, form), given=given)
    return "answer"


async def _ask(actions: CaseActions, visit: Visit, case: Conversation, form: Form) -> str:
    labels = [label for label in form.get("labels", "").split("\n") if label][:MOST_WISHED]
    text = _words(form, needed=False, most=LONGEST_WISH)
    if not labels and not text:
        raise Wrong("wrong.nothing_wished")
    given = await _files(visit, case, form)
    await actions.request_photo(
        case.id, text, labels=labels, author=visit.agent.name, key=_key(visit, form), given=given
    )
    return "photo"


async def _settle(actions: CaseActions, visit: Visit, case: Conversation, form: Form) -> str:
    text = _words(form, needed=False)
    given = await _files(visit, case, form)
    await actions.settle(case.id, text, author=visit.agent.name, key=_key(visit, form), given=given)
    return "settled"


async def _reopen(actions: CaseActions, visit: Visit, case: Conversation, form: Form) -> str:
    await actions.reopen(case.id, author=visit.agent.name, key=_key(visit, form))
    return "reopened"


async def _assign(actions: CaseActions, visit: Visit, case: Conversation, form: Form) -> str:
    wanted = form.get("agent", "")
    people = await visit.desk.agents.of_seller(visit.seller)
    if wanted and wanted not in {agent.id for agent in people if not agent.disabled}:
        raise Wrong("wrong.nobody")
    await actions.assign(case.id, wanted, author=visit.agent.name, key=_key(visit, form))
    return "assigned"


async def _remark(actions: CaseActions, visit: Visit, case: Conversation, form: Form) -> str:
    await actions.remark(case.id, _words(form), author=visit.agent.name, key=_key(visit, form))
    return "remark"


ACTS: Mapping[str, Act] = {
    "answer": _answer, "ask": _ask, "settle": _settle, "reopen": _reopen, "assign": _assign, "remark": _remark,
}  # fmt: skip


def _key(visit: Visit, form: Form) -> str:
    """Name a form by the chance that its page was made with: pressed twice, it counts once."""
    return f"form.{visit.agent.id}.{form['key'][:LONGEST_KEY]}" if form.get("key") else ""


async def act(request: web.Request, visit: Visit, form: Form) -> web.Response:
    """Do it, and show the case again."""
    case = await visit.desk.cases.case(visit.seller, request.match_info["case"])
    if case is None:
        return missing(visit.agent.locale)
    try:
        done = await ACTS[request.match_info["act"]](visit.desk.actions(visit.seller), visit, case, form)
    except Wrong as fault:
        t = said_in(visit.agent.locale)
        said = t(fault.text_id, **fault.names)
        if form.files:  # no page can fill them in again
            said = f"{said} {t('wrong.files_again')}"
        typed = {
            "open": request.match_info["act"],
            "text": form.get("text", ""),
            "labels": form.get("labels", ""),
        }
        return await shown(visit, case, wrong=said, **typed)
    except NoSuchCase:
        return missing(visit.agent.locale)
    except (StorageFailure, TransientFailure):
        return words_alone(503, "wrong.busy", locale=visit.agent.locale)
    raise web.HTTPSeeOther(f"/inbox/{case.id}?done={done}")
