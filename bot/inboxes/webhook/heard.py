"""A signed call of the seller's system -> what the seller said; pure. Source: Standard Webhooks, specification of 2023-11.

The body is `{"type": "case.answered" | "case.photo_wished" | "case.settled", "data": {"case", "text", "author",
"labels"}}`, signed with the same secrets as our own events; `webhook-id` names it, so that a repeat counts once.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

from bot.inboxes.webhook.wire import signature
from bot.ports import Call, Heard, HookRefused

WINDOW = timedelta(minutes=5)
"""How far a call's time may be from ours, either way."""
LONGEST_ID = 200
MOST_SIGNATURES = 10
KINDS: Mapping[str, Literal["answer", "photo", "settled"]] = {
    "case.answered": "answer", "case.photo_wished": "photo", "case.settled": "settled",
}  # fmt: skip


def heard_in(call: Call, *, secrets: Sequence[bytes], now: datetime) -> Sequence[Heard]:
    """Read a call; raises HookRefused. A type that we do not know needs nothing done."""
    key = _authentic(call, secrets=secrets, now=now)
    try:
        told = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise HookRefused(400, "the body is no JSON") from None
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        raise HookRefused(400, "the body has no type")
    kind = KINDS.get(told["type"])
    if kind is None:
        return ()
    data = told.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("case"), str):
        raise HookRefused(400, "data.case is missing")
    text, author = (_text(data, name) for name in ("text", "author"))
    labels = data.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise HookRefused(400, "data.labels is no list of texts")
    if not text and (kind == "answer" or (kind == "photo" and not labels)):
        raise HookRefused(400, "data.text is missing")
    return (Heard(kind=kind, case=data["case"], key=key, text=text, author=author, labels=tuple(labels)),)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise HookRefused(400, f"data.{name} is no text")
    return value


def _authentic(call: Call, *, secrets: Sequence[bytes], now: datetime) -> str:
    """Tell the id of a call whose signature is right and whose time is now."""
    key, stamp = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
    given = [
        part.partition(",") for part in call.headers.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]
    ]
    if not key or len(key) > LONGEST_ID or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):  # noqa: PLR2004
        raise HookRefused(401, "webhook-id or webhook-timestamp is missing")
    wanted = [signature(key, stamp, call.body, secret=secret).encode() for secret in secrets]
    matches = [
        hmac.compare_digest(one, sign.encode("utf-8", "replace"))
        for version, _, sign in given
        if version == "v1"
        for one in wanted
    ]
    if not any(matches):
        raise HookRefused(401, "the signature is wrong")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > WINDOW:
        raise HookRefused(401, "the time of the call is not now")
    return key
