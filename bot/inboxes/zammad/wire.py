"""A parcel -> Zammad's tickets and articles, its webhook -> what the seller said; pure.

Sources: Zammad REST documentation (tickets, articles: attachments need filename, data in strict base64, mime-type),
Zammad admin documentation (webhook payload, X-Hub-Signature with HMAC-SHA1 over the body).
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from bot.desk_text import case_in, case_marked, is_past, mark, plain, title_of, words_of
from bot.ports import Call, Heard, HookRefused, LabelledFile, Parcel
from bot.seller_words import spoken
from bot.text_of_html import text_of_html

CLOSED = frozenset({"closed", "merged", "removed"})
OURS = "Clearshot "


def ticket(
    parcel: Parcel, files: Sequence[LabelledFile], *, key: str, group: str, customer: str
) -> dict[str, Any]:
    """Make a new ticket with its first article."""
    return {
        "title": title_of(parcel.bundle),
        "group": group,
        "customer_id": f"guess:{customer}",  # found by its address, else made
        "note": mark(key),  # nobody sees it: the case is known by it when the title is changed
        "article": article(words_of(parcel.bundle, parcel.files, key=key), files, key=key),
    }


def article(text: str, files: Sequence[LabelledFile], *, key: str) -> dict[str, Any]:
    """Make an article: written by the customer, seen by every agent; its subject is our mark."""
    return {
        "subject": mark(key),
        "body": text,
        "content_type": "text/plain",
        "type": "note",
        "sender": "Customer",
        "internal": False,
        "attachments": [attachment(file.name, file.mime, file.content) for file in files],
    }


def attachment(name: str, mime: str, content: bytes) -> dict[str, str]:
    """Make an attachment; all three keys are required."""
    return {"filename": name, "mime-type": mime, "data": base64.b64encode(content).decode()}


def signature(body: bytes, *, secret: str) -> str:
    """Sign a call as Zammad does."""
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def trial_call(*, secret: str) -> Call:
    """Make a signed call about a ticket of nobody's."""
    body = orjson.dumps({"ticket": {"id": 0, "title": "Clearshot tries its hook"}})
    return Call(headers={"x-hub-signature": signature(body, secret=secret)}, query={}, body=body)


def heard_in(call: Call, *, secret: str, now: datetime) -> Sequence[Heard]:
    """Read a webhook call; raises HookRefused. It is signed without a time: what happened long ago is told by nobody now."""
    given = call.headers.get("x-hub-signature", "")
    wanted = signature(call.body, secret=secret)
    if not secret or not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        raise HookRefused(401, "the signature is wrong")
    try:
        told = orjson.loads(call.body)
        of_ticket, written = told["ticket"], told.get("article") or {}
        case = case_in(str(of_ticket["title"])) or case_marked(str(of_ticket.get("note") or ""))
        number = int(of_ticket["id"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        raise HookRefused(400, "the body is no ticket") from None
    if not case:
        return ()
    heard = [] if _is_old(written.get("created_at"), now=now) else _said(case, written)
    state = of_ticket.get("state")
    state = state.get("name") if isinstance(state, dict) else state
    if str(state).lower() == "closed":
        changed = of_ticket.get("last_close_at") or of_ticket.get("close_at") or ""
        if not _is_old(changed, now=now):
            heard.append(Heard(kind="settled", case=case, key=f"ticket.{number}.closed.{changed}"))
    return tuple(heard)


def _is_old(stamp: Any, *, now: datetime) -> bool:
    try:
        return bool(stamp) and is_past(str(stamp), now=now)
    except (ValueError, TypeError):
        raise HookRefused(400, "a time that is none") from None


def _said(case: str, written: dict[str, Any]) -> list[Heard]:
    """What an agent wrote to be read by the customer; notes of agents and our own articles are not."""
    sender = written.get("sender")
    sender = sender.get("name") if isinstance(sender, dict) else sender
    if sender != "Agent" or written.get("internal") is not False or not written.get("id"):
        return []
    if str(written.get("subject") or "").startswith(OURS):
        return []
    body = str(written.get("body") or "")
    text = text_of_html(body) if "html" in str(written.get("content_type")) else plain(body)
    kind, words = spoken(text)
    attached = written.get("attachments")
    left_out = len(attached) if isinstance(attached, list) else 0
    if kind == "answer" and not (words or left_out):
        return []
    author = written.get("created_by")
    name = author.get("firstname", "") if isinstance(author, dict) else ""
    key = f"article.{written['id']}"
    return [Heard(kind=kind, case=case, key=key, text=words, author=str(name), left_out=left_out)]
