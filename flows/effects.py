"""What to do, in the imperative; every effect becomes an outbox row in the transaction that saves the new state."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flows.values import Bundle, Photo, Picture, Quality, Rows, Seller, Spans, Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Anything that is to be done outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Effect):
    """Show something in the chat.

    `slot` names the place ("prompt:K7F3QX", "progress:K7F3QX", "notice"); "" is a message that nothing replaces.
    `place` "edit" changes the message that holds the slot (sent anew when it is gone), "new" sends a message that
    takes over the slot. A later unsent Say of a slot supersedes this one. When a new message takes over a slot,
    the one before it loses its buttons, and its text becomes `closing` when that is given.
    """

    spans: Spans
    slot: str = ""
    place: Literal["new", "edit"] = "new"
    buttons: Rows = ()
    picture: Picture | None = None
    closing: Spans | None = None
    delay: timedelta = timedelta(0)  # may wait this long for one that supersedes it
    placeholder: str = ""  # asks the client to show the keyboard with this hint


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePhoto(Effect):
    """Fetch the upload, check that it is an acceptable picture, store it; answers PhotoStored or PhotoRefused."""

    case: str
    photo_id: str
    upload: Upload
    accept: tuple[str, ...] = ("photo", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePhoto(Effect):
    """Judge a stored photo against `quality`; `others` are this case's accepted fingerprints. Answers PhotoJudged."""

    case: str
    photo: Photo
    quality: Quality
    locale: str
    others: tuple[str, ...] = ()
    shas: tuple[str, ...] = ()  # sha256 of this case's other originals


@dataclass(frozen=True, slots=True, kw_only=True)
class FindOrders(Effect):
    """Look orders up. `known`: those linked to this chat; `number`: by number and second fact. Answers OrdersFound."""

    case: str
    query: str
    what: Literal["known", "number"]
    number: str = ""
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemLink(Effect):
    """Redeem the single-use token of a deep link for this chat. Answers OrderLinked."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverBundle(Effect):
    """Deliver to the seller's inbox, or to `inbox` when named (support). Answers Delivered, DeliveryDelayed or -Failed."""

    bundle: Bundle
    inbox: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardText(Effect):
    """Pass the customer's words on in the case's thread; `inbox` as in DeliverBundle."""

    case: str
    number: int  # counts notes within the case, part of the idempotency key
    text: str
    seller: Seller
    subject: str
    customer_name: str
    locale: str
    inbox: str = ""
    thread: str = ""  # as in Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTimer(Effect):
    """Post TimerFired(name, serial) after `after`; the same (case, name) replaces the earlier one."""

    case: str
    name: str
    serial: int
    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPhotos(Effect):
    """Delete the stored originals of photos that were taken back or cancelled."""

    case: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOutCopy(Effect):
    """Send the customer a file with everything that is kept of this chat."""

    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetChat(Effect):
    """Delete everything of this chat, photos included, and say so: also what sellers have."""

    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOperators(Effect):
    """Tell the operators' chats; `text` holds no personal data."""

    text: str
