"""Events, effects and states as JSON envelopes `{"v": 1, "kind": "ClassName", "body": {...}}`; no I/O.

Laws:
 1. What is written is read back at once: a value that would not come back the same is refused when it is written,
    where one arrival can be set aside, and not later, where a chat could never be loaded again.
 2. A kind or version that this release does not know is refused with its name, never guessed at.
 3. A field that is added to a class has a default; one that changes its meaning raises VERSION, and the rows that
    each release recorded (tests/storage/recorded) still decode.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from flows import effects, events
from flows.conversation import Chat, Conversation
from flows.effects import Effect
from flows.events import Event
from flows.values import Order

VERSION = 1

EVENTS: Mapping[str, type[Event]] = {
    "Started": events.Started,
    "CommandGiven": events.CommandGiven,
    "TextReceived": events.TextReceived,
    "ChoiceMade": events.ChoiceMade,
    "PhotoReceived": events.PhotoReceived,
    "UnsupportedReceived": events.UnsupportedReceived,
    "ChatBlocked": events.ChatBlocked,
    "PhotoStored": events.PhotoStored,
    "PhotoRefused": events.PhotoRefused,
    "PhotoJudged": events.PhotoJudged,
    "OrdersFound": events.OrdersFound,
    "OrderLinked": events.OrderLinked,
    "Delivered": events.Delivered,
    "DeliveryDelayed": events.DeliveryDelayed,
    "DeliveryFailed": events.DeliveryFailed,
    "LeftToCustomer": events.LeftToCustomer,
    "SellerAnswered": events.SellerAnswered,
    "SellerSaw": events.SellerSaw,
    "CaseAssigned": events.CaseAssigned,
    "RemarkMade": events.RemarkMade,
    "PhotoRequested": events.PhotoRequested,
    "CaseSettled": events.CaseSettled,
    "CaseReopened": events.CaseReopened,
    "HandedBack": events.HandedBack,
    "TimerFired": events.TimerFired,
    "Garbled": events.Garbled,
}

EFFECTS: Mapping[str, type[Effect]] = {
    "Say": effects.Say,
    "StorePhoto": effects.StorePhoto,
    "JudgePhoto": effects.JudgePhoto,
    "FindOrders": effects.FindOrders,
    "RedeemLink": effects.RedeemLink,
    "DeliverBundle": effects.DeliverBundle,
    "ForwardText": effects.ForwardText,
    "SetTimer": effects.SetTimer,
    "ForgetPhotos": effects.ForgetPhotos,
    "HandOutCopy": effects.HandOutCopy,
    "ForgetChat": effects.ForgetChat,
    "AlertOperators": effects.AlertOperators,
}

STATES: Mapping[str, type[Any]] = {"Chat": Chat, "Conversation": Conversation, "Order": Order}

KINDS: Mapping[str, type[Any]] = {**EVENTS, **EFFECTS, **STATES}

Value = TypeVar("Value")


class CodecFault(ValueError):
    """A value that cannot be written, or a text that cannot be read; names kinds and fields, never contents."""


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[name])


def encode(value: object) -> str:
    """Write an event, an effect or a state."""
    return encode_back(value)[0]


def encode_back(value: Value) -> tuple[str, Value]:
    """Write a value, and return it as it will be read: what may be handed on or kept."""
    name = type(value).__name__
    if KINDS.get(name) is not type(value):
        raise CodecFault(f"{name} is not stored")
    adapter = _adapter(name)
    try:
        body = adapter.dump_json(value, warnings="error")
        back: Value = adapter.validate_json(body)
    except (PydanticSerializationError, ValidationError, UnicodeError) as fault:
        raise CodecFault(f"{name} cannot be written: {_where(fault)}") from None
    return f'{{"v":{VERSION},"kind":"{name}","body":{body.decode()}}}', back


def decode(text: str, *, expected: type[Value]) -> Value:
    """Read a value; a kind that is not the expected class, or one below it, is refused."""
    try:
        envelope = orjson.loads(text)
        version, name, body = envelope["v"], envelope["kind"], envelope["body"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        raise CodecFault("not an envelope with v, kind and body") from None
    if version != VERSION:
        raise CodecFault(f"version {version!r} of {name!r}: this release reads {VERSION}")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None or not issubclass(kind, expected):
        raise CodecFault(f"unknown kind {name!r}: {expected.__name__} expected")
    try:
        value: Value = _adapter(name).validate_python(body)
    except ValidationError as fault:
        raise CodecFault(f"{name} cannot be read: {_where(fault)}") from None
    return value


def _where(fault: Exception) -> str:
    """Name the fields at fault; what they hold may be personal."""
    if not isinstance(fault, ValidationError):
        return type(fault).__name__
    errors = fault.errors(include_url=False, include_context=False, include_input=False)
    return ", ".join(f"{'.'.join(map(str, error['loc']))}: {error['type']}" for error in errors[:5])
