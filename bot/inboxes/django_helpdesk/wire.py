"""A parcel -> django-helpdesk's tickets and follow-ups, what it tells -> what the seller said; pure.

Source: django-helpdesk 2.6 (views/api.py, serializers.py, update_ticket.py, webhooks.py). A follow-up's `title` that is
not the ticket's renames the ticket, so none is given; its comment is rendered as a Django template, so nothing in it
may look like one; its webhook is unsigned, so nothing that it says is believed.
"""

import hmac
import re
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any

import aiohttp
import orjson

from bot.desk_text import case_in, case_marked, has_mark, is_past, plain, title_of
from bot.ports import Call, Heard, HookRefused, LabelledFile, Parcel
from bot.seller_words import spoken

REOPENED = 2
DONE = frozenset({3, 4, 5})
"""Resolved, closed, duplicate."""
SETTLED = frozenset({3, 4})
TEMPLATE = re.compile(r"\{(?=[{%#])|(?<=%)(?=\})")
OURS = re.compile(r"^Clearshot [\w.]+\s*\Z", re.MULTILINE)


def ticket(parcel: Parcel, words: str, *, queue: int, submitter: str) -> dict[str, Any]:
    """Make a new ticket; its photos follow, since it takes one file at most."""
    return {
        "queue": queue,
        "title": title_of(parcel.bundle),
        "description": words,
        "submitter_email": submitter,
        "priority": 3,
    }


def follow_up(known: Mapping[str, Any], text: str, files: Sequence[LabelledFile]) -> aiohttp.FormData:
    """Make a follow-up that agents see and nobody is mailed; a ticket that was done is opened again."""
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("ticket", str(known["id"]))
    form.add_field("comment", literal(text))
    form.add_field("public", "false")
    if known.get("status") in DONE:
        form.add_field("new_status", str(REOPENED))
    for file in files:
        form.add_field("attachments", file.content, filename=file.name, content_type=file.mime)
    return form


def literal(text: str) -> str:
    """Keep a comment from being rendered as a template: braces that would open or close one are set apart."""
    return TEMPLATE.sub(lambda found: f"{found[0]} ", text).replace("X-HELPDESK-", "X HELPDESK ")


def has_follow_up(known: Mapping[str, Any], key: str) -> bool:
    """Tell whether the ticket has a follow-up of this very key."""
    return any(has_mark(str(one.get("comment") or ""), key) for one in known.get("followup_set") or ())


def authentic(call: Call, *, token: str) -> None:
    """Check the token in the address, all that there is; raises HookRefused."""
    offered = call.query.get("token", "")
    if not token or not hmac.compare_digest(offered.encode("utf-8", "replace"), token.encode()):
        raise HookRefused(401, "the token in the address is wrong")


def trial_call(*, token: str) -> Call:
    """Make a call about a ticket of nobody's."""
    body = orjson.dumps({"ticket": {"title": "Clearshot tries its hook"}})
    return Call(headers={}, query={"token": token}, body=body)


def nudged_by(call: Call, *, token: str) -> bool:
    """Tell whether a webhook call is about a follow-up of a ticket of ours; raises HookRefused."""
    authentic(call, token=token)
    try:
        told = orjson.loads(call.body)
        of_ticket, number = told["ticket"], told.get("followup_id")
        case = case_in(str(of_ticket["title"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise HookRefused(400, "the body is no ticket") from None
    if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
        raise HookRefused(400, "followup_id is no number")
    return bool(case) and number is not None


def is_fresh(written: Mapping[str, Any], *, done: Container[int], now: datetime) -> bool:
    """Tell whether a follow-up is still to be told; raises KeyError or ValueError when it is none."""
    return int(written["id"]) not in done and not is_past(str(written["date"]), now=now)


def is_spoken(written: Mapping[str, Any]) -> bool:
    """Tell whether an agent wrote a follow-up for the customer, or ended the matter with it.

    Our own bear a mark; what came by mail or from a visitor has a message id or no user.
    """
    comment = str(written.get("comment") or "")
    by_agent = written.get("user") is not None and not written.get("message_id")
    said = written.get("public") is True or written.get("new_status") in SETTLED
    return by_agent and said and OURS.search(plain(comment)) is None


def heard_in(written: Mapping[str, Any], *, of_ticket: Mapping[str, Any]) -> Sequence[Heard]:
    """Read a follow-up of this ticket, both fetched from the help desk itself."""
    case = case_in(str(of_ticket["title"])) or case_marked(plain(str(of_ticket.get("description") or "")))
    if not case or not is_spoken(written):
        return ()
    key, heard = f"followup.{written['id']}", []
    kind, words = (
        spoken(plain(str(written.get("comment") or ""))) if written.get("public") else ("answer", "")
    )
    attached = len(written.get("followupattachment_set") or ()) if written.get("public") else 0
    if kind != "answer" or words or attached:
        heard.append(Heard(kind=kind, case=case, key=key, text=words, left_out=attached))
    if written.get("new_status") in SETTLED and kind != "settled":
        heard.append(Heard(kind="settled", case=case, key=f"{key}.done"))
    return tuple(heard)
