"""A mail that a provider posts to us: raw, in a form, or in JSON; pure.

Shapes: the raw mail as body; SendGrid's inbound parse with "raw" (field `email`); Mailgun's MIME route (field
`body-mime`); Postmark's `RawEmail` in JSON.
"""

import hmac
from email import message_from_bytes, policy
from urllib.parse import parse_qs

import orjson

from bot.ports import Call, HookRefused

FIELDS = ("email", "body-mime", "RawEmail", "raw")


def authentic(call: Call, *, token: str) -> None:
    """Check the token in the address; raises HookRefused."""
    given = call.query.get("token", "")
    if not token or not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        raise HookRefused(401, "the token in the address is wrong")


def mail_in(call: Call) -> bytes:
    """Find the mail in a call; raises HookRefused."""
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        found = _found(kind, call)
    except (ValueError, LookupError, orjson.JSONDecodeError):
        found = None
    if not found:
        raise HookRefused(400, "no mail in the call")
    return found


def _found(kind: str, call: Call) -> bytes | None:
    if kind == "multipart/form-data":
        head = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode()
        form = message_from_bytes(head + call.body, policy=policy.HTTP)
        fields = {
            str(part.get_param("name", header="content-disposition")): part for part in form.iter_parts()
        }
        part = next((fields[name] for name in FIELDS if name in fields), None)
        content = part.get_payload(decode=True) if part is not None else None
        return content if isinstance(content, bytes) else None
    if kind == "application/x-www-form-urlencoded":
        given = parse_qs(call.body.decode("latin-1"), encoding="latin-1", max_num_fields=100)
        return next((given[name][0].encode("latin-1") for name in FIELDS if name in given), None)
    if kind == "application/json":
        told = orjson.loads(call.body)
        named = (
            next((told[name] for name in FIELDS if isinstance(told.get(name), str)), "")
            if isinstance(told, dict)
            else ""
        )
        return named.encode("utf-8", "replace")
    return call.body
