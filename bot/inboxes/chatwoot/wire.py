"""A parcel -> Chatwoot's contacts, conversations and messages, its webhook -> what the seller said; pure.

Sources: Chatwoot client API (public/api/v1), its messages_controller and message model (15 attachments a message,
multipart only), its webhook signing of 4.13: `sha256=` HMAC over `timestamp.body`, keyed with the webhook's secret.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import orjson

from bot.desk_text import plain
from bot.ports import Call, Heard, HookRefused, LabelledFile
from bot.seller_words import spoken

MOST_FILES = 15
WINDOW = timedelta(minutes=5)
IDENTIFIER = re.compile(r"clearshot-(?P<case>[0-9A-Z]{4,12})\Z")


def identifier(case: str) -> str:
    """Name the contact of a case: each case is a contact of its own, so that no two customers meet."""
    return f"clearshot-{case}"


def contact(case: str, name: str, *, hmac_token: str) -> dict[str, Any]:
    """Make a contact."""
    made: dict[str, Any] = {
        "identifier": identifier(case),
        "name": " ".join(plain(name).split())[:60] or case,
    }
    if hmac_token:
        made["identifier_hash"] = hmac.new(
            hmac_token.encode(), identifier(case).encode(), hashlib.sha256
        ).hexdigest()
    return made


def message(text: str, files: Sequence[LabelledFile], *, key: str) -> aiohttp.FormData:
    """Make a message: JSON cannot carry attachments here."""
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("content", text)
    form.add_field("echo_id", key)
    for file in files:
        form.add_field("attachments[]", file.content, filename=file.name, content_type=file.mime)
    return form


def signature(stamp: str, body: bytes, *, secret: str) -> str:
    """Sign a call as Chatwoot does."""
    signed = stamp.encode("utf-8", "replace") + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def trial_call(*, secret: str, token: str, now: datetime) -> Call:
    """Make a call of a type that says nothing, signed or with the token in the address."""
    stamp, body = str(int(now.timestamp())), orjson.dumps({"event": "trial"})
    signed = {"x-chatwoot-timestamp": stamp, "x-chatwoot-signature": signature(stamp, body, secret=secret)}
    return Call(headers=signed if secret else {}, query={} if secret else {"token": token}, body=body)


def heard_in(call: Call, *, secret: str, token: str, now: datetime) -> Sequence[Heard]:
    """Read a webhook call; raises HookRefused."""
    _authentic(call, secret=secret, token=token, now=now)
    try:
        told = orjson.loads(call.body)
        event = told["event"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise HookRefused(400, "the body is no event") from None
    if event == "message_created":
        return _said(told)
    if event in {"conversation_resolved", "conversation_status_changed"} and told.get("status") == "resolved":
        case = _case(told)
        changed = told.get("updated_at") or told.get("timestamp") or told.get("last_activity_at") or ""
        return (Heard(kind="settled", case=case, key=f"resolved.{told.get('id')}.{changed}"),) if case else ()
    return ()


def _authentic(call: Call, *, secret: str, token: str, now: datetime) -> None:
    given = call.headers.get("x-chatwoot-signature", "")
    if not secret:
        offered = call.query.get("token", "")
        if not token or not hmac.compare_digest(offered.encode("utf-8", "replace"), token.encode()):
            raise HookRefused(401, "the token in the address is wrong")
        return
    stamp = call.headers.get("x-chatwoot-timestamp", "")
    wanted = signature(stamp, call.body, secret=secret)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        raise HookRefused(401, "the signature is wrong")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):  # noqa: PLR2004 - seconds
        raise HookRefused(401, "the time of the call is missing")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > WINDOW:
        raise HookRefused(401, "the time of the call is not now")


def _case(conversation: Any) -> str:
    """Find the case by the contact's identifier: nobody but our inbox gives it."""
    meta = conversation.get("meta") if isinstance(conversation, dict) else None
    sender = meta.get("sender") if isinstance(meta, dict) else None
    found = IDENTIFIER.match(str(sender.get("identifier") or "")) if isinstance(sender, dict) else None
    return found["case"] if found else ""


def _said(told: dict[str, Any]) -> Sequence[Heard]:
    """What an agent wrote to the customer; private notes, our own messages and machines' are not."""
    sender = told.get("sender")
    is_agent = isinstance(sender, dict) and sender.get("type", "user") in {"user", "User"}
    if told.get("message_type") not in {"outgoing", 1} or told.get("private") is not False or not is_agent:
        return ()
    case, number = _case(told.get("conversation")), told.get("id")
    if not case or number is None:
        return ()
    kind, words = spoken(plain(str(told.get("content") or "")))
    attached = told.get("attachments")
    left_out = len(attached) if isinstance(attached, list) else 0
    if kind == "answer" and not (words or left_out):
        return ()
    author = str(sender.get("name") or "") if isinstance(sender, dict) else ""
    key = f"message.{number}"
    return (Heard(kind=kind, case=case, key=key, text=words, author=author, left_out=left_out),)
