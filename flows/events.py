"""What happened, in the past tense; events carry the clock and all chance, so that deciding needs neither."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from flows.values import Attachment, Errand, Order, Photo, Upload, Verdict

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Anything that happened to a chat.

    `at` is when (aware, UTC). `nonce` is 16 hexadecimal digits of chance drawn at intake; new case codes and
    photo ids are made of it and of nothing else.
    """

    at: datetime = EPOCH
    nonce: str = "0" * 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FromCustomer(Event):
    """Something that the customer did. `name` and `language` are what Telegram says of them."""

    message: int = 0  # Telegram's message id; 0 = none
    name: str = ""
    language: str = ""  # IETF tag from the client, "" = unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(FromCustomer):
    """/start, perhaps with the payload of a deep link."""

    payload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGiven(FromCustomer):
    """Any other /command; `argument` is the rest of the line."""

    command: str
    argument: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReceived(FromCustomer):
    """Plain words."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceMade(FromCustomer):
    """A button was pressed: its `data`, and the message that carried it."""

    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoReceived(FromCustomer):
    """A photo, picture file or PDF was announced; its bytes are not here yet."""

    upload: Upload
    caption: str = ""
    album: str = ""  # media_group_id
    reply_to: int = 0  # message id, 0 = none
    reply_data: str = ""  # the data of a button of the message replied to: names its prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedReceived(FromCustomer):
    """Something that can be no photo: `what` is voice, video, sticker, location, contact, document, other."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatBlocked(FromCustomer):
    """The customer blocked the bot (or let it in again)."""

    blocked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoStored(Event):
    """The original is safe: from here on it is acknowledged."""

    case: str
    photo: Photo


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRefused(Event):
    """The upload is no acceptable picture, or could not be fetched: `reason` is a text id below `refused.`."""

    case: str
    photo_id: str
    reason: str  # unreadable | too_big | too_many_pixels | heic | download | pdf_not_here


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoJudged(Event):
    """The verdict on one claim of one shot."""

    case: str
    photo_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersFound(Event):
    """Answer to FindOrders: what was found; `exhausted` = no more tries for now."""

    case: str
    query: str  # the step that asked
    orders: tuple[Order, ...] = ()
    exhausted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLinked(Event):
    """A deep link was redeemed; `order` is None when it was unknown, used or too old."""

    order: Order | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Event):
    """The seller's inbox took bundle `number` of `case`."""

    case: str
    number: int
    place: str = ""  # in words for the log of the case, e.g. "email"
    manifest: str = ""  # blob key of the manifest as delivered
    copies: tuple[str, ...] = ()  # blob keys of the files as delivered
    reference: str = ""  # what the inbox calls the case
    answer_by: datetime | None = None  # when the seller's time to answer ends; None = no clock
    remind_at: datetime | None = None  # when the seller is reminded, before that


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftToCustomer(Event):
    """Bundle `number` is ready, and the customer has to send it by hand; or the words of `note`, then `number` is 0."""

    case: str
    number: int
    errand: Errand
    note: int = 0
    manifest: str = ""  # as in Delivered
    copies: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # of the files, in the order of `copies`


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDelayed(Event):
    """The seller's inbox is out of reach; we keep trying."""

    case: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailed(Event):
    """The seller's inbox refused for good; a person looks at it."""

    case: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerAnswered(Event):
    """The seller wrote to the customer."""

    case: str
    text: str
    author: str = ""
    files: tuple[Attachment, ...] = ()
    left_out: int = 0  # files that could not be brought along


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerSaw(Event):
    """The seller opened the case."""

    case: str
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAssigned(Event):
    """The case is somebody's at the seller's: `agent` is their id, "" = nobody's."""

    case: str
    agent: str
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkMade(Event):
    """Somebody at the seller's wrote a note that the customer never sees."""

    case: str
    text: str
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRequested(Event):
    """The seller wishes for one more photo: described in words, or shots of the issue's flow by label."""

    case: str
    text: str = ""
    labels: tuple[str, ...] = ()
    author: str = ""
    files: tuple[Attachment, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSettled(Event):
    """The seller calls the matter settled."""

    case: str
    text: str = ""
    author: str = ""
    files: tuple[Attachment, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(Event):
    """The seller takes back that the matter is settled."""

    case: str
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedBack(Event):
    """A person gives the case back to the bot."""

    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired(Event):
    """A named timer came due; `serial` is the one it was set with."""

    case: str
    name: str
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbled(Event):
    """An update that could not be understood was set aside; the chat goes on."""

    what: str = ""
    detail: dict[str, str] = field(default_factory=dict)
