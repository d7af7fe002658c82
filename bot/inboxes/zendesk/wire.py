"""A parcel -> Zendesk's tickets and comments, its webhook -> what the seller said; pure.

Sources: Zendesk developer documentation (ticket attachments and upload tokens, idempotency keys of ticket creation,
`external_id`, webhook signatures: base64 HMAC-SHA256 over timestamp and body).
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.desk_text import is_ours, plain, titled
from bot.ports import Call, Heard, HookRefused
from bot.seller_words import spoken

WINDOW = timedelta(minutes=5)
MOST_FILE = 50 * 1024 * 1024  # bytes
FINISHED = frozenset({"solved", "closed"})
TEMPLATE = """\
{"case": "{{ticket.external_id}}", "ticket": "{{ticket.id}}", "status": "{{ticket.status}}",
 "updated": "{{ticket.updated_at_with_timestamp}}", "comment": "{{ticket.latest_public_comment.id}}",
 "text": "{{ticket.latest_public_comment.value}}", "author": "{{ticket.latest_public_comment.author.first_name}}",
 "role": "{{ticket.latest_public_comment.author.role}}"}
"""
"""The request body for the trigger's "Notify active webhook"; the trigger: ticket is updated, and tags have clearshot."""


def ticket(
    case: str, summary: str, name: str, comment: dict[str, Any], *, tags: Sequence[str]
) -> dict[str, Any]:
    """Make a new ticket; its requester is the customer, by first name alone."""
    return {
        "ticket": {
            "subject": titled(case, summary),
            "comment": comment,
            "external_id": case,
            "requester": {"name": " ".join(plain(name).split())[:60] or case},
            "tags": list(tags),
        }
    }


def comment(text: str, uploads: Sequence[str]) -> dict[str, Any]:
    """Make a comment that agents see with its files."""
    return {"body": text, "public": True, **({"uploads": list(uploads)} if uploads else {})}


def signature(stamp: str, body: bytes, *, secret: str) -> bytes:
    """Sign a call as Zendesk does."""
    sign = hmac.new(secret.encode(), stamp.encode("utf-8", "replace") + body, hashlib.sha256).digest()
    return base64.b64encode(sign)


def trial_call(*, secret: str, now: datetime) -> Call:
    """Make a signed call about a ticket of nobody's."""
    stamp, body = now.isoformat(), orjson.dumps({"case": "", "ticket": "0"})
    headers = {
        "x-zendesk-webhook-signature-timestamp": stamp,
        "x-zendesk-webhook-signature": signature(stamp, body, secret=secret).decode(),
    }
    return Call(headers=headers, query={}, body=body)


def heard_in(call: Call, *, secret: str, now: datetime) -> Sequence[Heard]:
    """Read a webhook call; raises HookRefused."""
    stamp = call.headers.get("x-zendesk-webhook-signature-timestamp", "")
    given = call.headers.get("x-zendesk-webhook-signature", "")
    wanted = signature(stamp, call.body, secret=secret)
    if not secret or not hmac.compare_digest(given.encode("utf-8", "replace"), wanted):
        raise HookRefused(401, "the signature is wrong")
    try:
        at = datetime.fromisoformat(stamp)
        is_late = abs(now - at) > WINDOW
    except (ValueError, TypeError):
        raise HookRefused(401, "the time of the call is missing") from None
    if is_late:
        raise HookRefused(401, "the time of the call is not now")
    try:
        told = orjson.loads(call.body)
        case, number = str(told["case"]), str(told["ticket"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise HookRefused(400, "the body is not as our template makes it") from None
    return _said(told, case=case, number=number) if case else ()


def _said(told: dict[str, Any], *, case: str, number: str) -> Sequence[Heard]:
    """Tell an agent's public words, and that the ticket is solved; each by its own key, however often it is told."""
    heard = []
    text = str(told.get("text") or "")
    if (
        told.get("comment")
        and str(told.get("role", "")).lower() in {"agent", "admin"}
        and not is_ours(plain(text), case)
    ):
        kind, words = spoken(plain(text))
        if words or kind != "answer":
            author = str(told.get("author") or "")
            heard.append(
                Heard(kind=kind, case=case, key=f"comment.{told['comment']}", text=words, author=author)
            )
    if str(told.get("status", "")).lower() in FINISHED:
        heard.append(Heard(kind="settled", case=case, key=f"solved.{number}.{told.get('updated', '')}"))
    return tuple(heard)
