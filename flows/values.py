"""Plain values that events, effects and adapters speak of; no behaviour beyond what a value knows of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

PhotoKind = Literal["photo", "file", "pdf"]
"""How it was sent: recompressed by Telegram, as an untouched picture file, or as a PDF."""

Problem = Literal[
    "blur",
    "dark",
    "bright",
    "small",
    "glare",
    "shadow",
    "contrast",
    "aspect",
    "duplicate",
    "seen_before",
    "unreadable",
    "screen",
]
"""What can be wrong with a picture; `unreadable` means that it is no acceptable picture at all."""

Style = Literal["plain", "bold", "italic", "code", "quote"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of an order."""

    title: str
    sku: str = ""
    quantity: int = 1
    image: str = ""  # blob key or https address of the listing's picture
    barcode: str = ""
    personalization: str = ""  # the text or design that was ordered


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as its source knows it; `verified` tells whether the chat proved that it is its own."""

    number: str
    seller: str  # the seller's id
    items: tuple[Item, ...] = ()
    placed_on: date | None = None
    delivered_on: date | None = None
    customer_name: str = ""
    hazardous: bool = False
    verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """What flows may know of a seller."""

    id: str
    name: str
    locale: str = "en"
    attributes: Mapping[str, str] = field(default_factory=dict)
    answer_within: int = 0  # seconds of the seller's working time, 0 = no promise
    next_step: Mapping[str, str] = field(
        default_factory=dict
    )  # locale -> what to do when the seller stays silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as Telegram announced it, before anybody has its bytes."""

    file_id: str
    unique_id: str
    kind: PhotoKind
    mime: str = ""
    name: str = ""
    size: int = 0  # bytes as announced, 0 = unknown
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A stored original: its bytes are the blob `key`, safe on disk."""

    id: str
    kind: PhotoKind
    key: str  # blob key: CASE/SHA256
    sha256: str
    size: int  # bytes
    mime: str
    width: int  # pixels, as seen (orientation applied)
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What one shot demands, after step and shot settings are merged: problem -> what to do about it."""

    actions: Mapping[str, Literal["retake", "warn", "ignore"]] = field(default_factory=dict)
    min_side: int = 320  # pixels of the shorter side
    sharp_from: float = 0.5  # sharpness below which a photo is blurred
    readable: Literal["", "barcode", "text"] = ""


def reason_id(problem: str, readable: str) -> str:
    """Name the texts below `retake.` that tell of a problem: what was to be read makes a difference."""
    wanted = {"barcode": "no_barcode", "text": "no_text"}
    return wanted.get(readable, problem) if problem == "unreadable" else problem


Place = tuple[float, float, float, float]
"""Left, top, right and bottom in shares of an upright picture's width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the judge found: every problem found, worst first; what is done about them is the flow's decision."""

    problems: tuple[Problem, ...] = ()
    sharpness: float = 0.5  # 0..1, below 0.5 = blurred, 0.5 = cannot tell
    measures: Mapping[str, float] = field(default_factory=dict)
    fingerprint: str = ""  # perceptual hash, hex; "" when there is none
    barcode: str = ""
    text: str = ""
    cards: tuple[Place, ...] = ()  # where card numbers stand: the seller's copy is painted over there
    explained: str = ""  # blob key of the picture that shows the worst problem, "" when there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: the value flows compare, and the words the customer saw, in their language."""

    value: str
    text: str
    phrase: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePhoto:
    """One labelled photo of a bundle, in the order of the flow."""

    label: str
    title: str  # the shot in words, in the seller's language
    photo: Photo
    flags: tuple[str, ...] = ()  # problems the customer overrode, and warnings
    barcode: str = ""
    text: str = ""
    cards: tuple[Place, ...] = ()  # as in Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingShot:
    """A required shot that the customer could not take, and why."""

    label: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a seller gets; never changed once sent. `number` counts from 1 within the case."""

    case: str
    number: int
    seller: Seller
    order: Order
    item: Item | None
    issue: str  # the flow's name
    issue_title: str
    summary: str  # one line: subject of a mail, line in a list
    locale: str  # of the message
    message: str
    customer_name: str
    customer_locale: str
    photos: tuple[BundlePhoto, ...] = ()
    missing: tuple[MissingShot, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()  # (question, answer) pairs, in the seller's language
    follow_up_to: int | None = None
    thread: str = (
        ""  # what the inbox called the case when it took the first bundle (Receipt.reference), "" = not known
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What no adapter can do: the customer sends the bundle on a marketplace's own page."""

    place: str  # the marketplace by name
    text: str  # the message to paste, as its rules allow it
    way: str = (
        ""  # how to get there, in the customer's language: "Your Orders, Problem with order, Contact seller"
    )
    url: str = ""  # the page where that begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A run of text in one style; the renderer computes Telegram's entities from spans, never from markup."""

    text: str
    style: Style = "plain"


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button: `data` returns with the press (64 bytes at most), or `url` is opened."""

    text: str
    data: str = ""
    url: str = ""


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that the seller gave with their words: stored, `name` fit for a phone and ending as its `mime` does."""

    key: str  # of its blob
    name: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture to show in the chat.

    `shipped`: name of an example drawing in the flow's folder. `blob`: a blob key. `sheet`: a contact sheet of
    the blob keys in `refs` with the captions in `captions`. `order`: the listing's image (address or blob key).
    `file`: a blob sent as it is, a file under the name in `captions`.
    """

    source: Literal["shipped", "blob", "sheet", "order", "file"]
    refs: tuple[str, ...]
    captions: tuple[str, ...] = ()
