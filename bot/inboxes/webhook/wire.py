"""A parcel or a note -> a signed event below 20 kB; pure. Source: Standard Webhooks, specification of 2023-11.

Photos go as short-lived links, never as bytes. What makes an event too large is left out and named in `left_out`;
the whole manifest is behind a link of its own.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from bot.http_calls import seconds_in
from bot.ports import Parcel, TransientFailure
from flows.effects import ForwardText

MOST_BYTES = 20_000
CUT = 200  # characters that stay of a text that is too long


def bundle_event(parcel: Parcel, *, now: datetime) -> bytes:
    """Tell of a bundle: its manifest, and a link for each photo."""
    told: dict[str, Any] = json.loads(parcel.manifest)
    for photo, file in zip(told["photos"], parcel.files, strict=True):
        photo["url"] = file.link
    told["manifest_url"] = parcel.manifest_link
    return _fitting("bundle.delivered", told, now=now)


def note_event(note: ForwardText, *, now: datetime) -> bytes:
    """Tell of the customer's words."""
    told = {
        "case": note.case,
        "note": note.number,
        "text": note.text,
        "customer": {"first_name": note.customer_name, "locale": note.locale},
        "seller": {"id": note.seller.id, "name": note.seller.name},
        "summary": note.subject,
    }
    return _fitting("note.added", told, now=now)


def trial_event(*, now: datetime, trial: Parcel | None = None) -> bytes:
    """Say that this is a trial and no case; a test bundle stands in `bundle`, as those of cases look."""
    words = "A test by Clearshot: nothing is to be done. Answer 2xx when the signature is right."
    told: dict[str, Any] = {"message": words}
    if trial is not None:
        told["bundle"] = json.loads(trial.manifest)
    return _fitting("trial", told, now=now)


def headers(key: str, body: bytes, *, secrets: Sequence[bytes], now: datetime) -> dict[str, str]:
    """Sign an event: every secret signs, so that a receiver knows it by the old one or the new one."""
    stamp = str(int(now.timestamp()))
    signatures = [f"v1,{signature(key, stamp, body, secret=secret)}" for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Clearshot",
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def signature(key: str, stamp: str, body: bytes, *, secret: bytes) -> str:
    """Sign `id.timestamp.body` with HMAC-SHA256, in base64."""
    return base64.b64encode(
        hmac.new(secret, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    ).decode()


def failure(status: int, retry_after: str, *, now: datetime) -> TransientFailure:
    """Say what is wrong with an answer that is neither 2xx nor 410: another attempt may find it well again."""
    return TransientFailure(f"webhook answers {status}", retry_after=seconds_in(retry_after, now))


def _encoded(kind: str, told: dict[str, Any], *, now: datetime) -> bytes:
    return orjson.dumps({"type": kind, "timestamp": now.isoformat(), "data": _writable(told)})


def _writable(value: Any) -> Any:
    """Replace what UTF-8 cannot write (lone halves of a character)."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_writable(key): _writable(inner) for key, inner in value.items()}
    return [_writable(inner) for inner in value] if isinstance(value, list) else value


def _fitting(kind: str, told: dict[str, Any], *, now: datetime) -> bytes:
    """Leave out what is longest and least needed until it fits."""
    for name, leave_out in LESS:
        made = _encoded(kind, told, now=now)
        if len(made) < MOST_BYTES:
            return made
        leave_out(told)
        told["left_out"] = [*told.get("left_out", []), name]
    return _encoded(kind, told, now=now)


def _without_photo_texts(told: dict[str, Any]) -> None:
    for photo in told.get("photos", []):
        photo.pop("text", None)


def _without_answers(told: dict[str, Any]) -> None:
    told.pop("answers", None)


def _with_short_texts(told: dict[str, Any]) -> None:
    for name in ("message", "text", "summary"):
        if name in told:
            told[name] = told[name][:CUT]


def _with_bare_photos(told: dict[str, Any]) -> None:
    wanted = ("file", "label", "sha256", "url")
    told["photos"] = [
        {name: photo[name] for name in wanted if name in photo} for photo in told.get("photos", [])
    ]


def _without_items(told: dict[str, Any]) -> None:
    """Leave out what else was ordered; the item that the case is about stays."""
    told.get("order", {}).pop("items", None)


def _without_reasons(told: dict[str, Any]) -> None:
    for missing in told.get("missing", []):
        missing.pop("reason", None)


def _without_photos(told: dict[str, Any]) -> None:
    told["photos"] = []


LESS = (
    ("photos.text", _without_photo_texts),
    ("answers", _without_answers),
    ("order.items", _without_items),
    ("texts", _with_short_texts),
    ("photos.details", _with_bare_photos),
    ("missing.reason", _without_reasons),
    ("photos", _without_photos),
)
"""What goes first, with its name in `left_out`."""
