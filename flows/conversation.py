"""The state of one chat and of its conversations: frozen values, replaced and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from flows.values import Answer, Attachment, Errand, Item, Order, Photo, Seller, Spans, Upload, Verdict

Phase = Literal["open", "sending", "sent", "handed_over", "settled", "cancelled", "expired"]
EntryKind = Literal[
    "sent", "delivered", "delayed", "failed", "by_hand", "note", "seen", "answer", "request", "settled", "assigned",
    "remark", "reminded", "reopened",
]  # fmt: skip
Fate = Literal["delayed", "by_hand", "delivered", "failed"]
ClaimStatus = Literal["pending", "stored", "accepted", "retake"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRef:
    """The revision that a conversation is pinned to."""

    name: str  # with variant: mismatched_product@acme
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One upload that claims a place in a shot."""

    photo_id: str
    upload: Upload
    status: ClaimStatus = "pending"
    photo: Photo | None = None
    verdict: Verdict | None = None
    flags: tuple[str, ...] = ()
    message: int = 0  # the customer's message, so that answers can point to it


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotState:
    """What has become of one shot so far."""

    claims: tuple[Claim, ...] = ()
    retakes: int = 0  # rejections since the last accepted photo
    done: bool = False  # optional: skipped; several: "enough" pressed
    missing: str = ""  # why a required shot could not be taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """A bundle that was sent: what became of it."""

    number: int
    photo_ids: tuple[str, ...]
    status: Literal["sending"] | Fate = "sending"
    manifest: str = ""  # blob key of the manifest as delivered
    copies: tuple[str, ...] = ()  # blob keys of the files as delivered
    names: tuple[str, ...] = ()  # of those files, where the customer sends them by hand
    inbox: str = ""  # where it went: "" = the seller's own
    reference: str = ""  # what that inbox calls the case


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a case's timeline, as the seller reads it."""

    at: datetime
    kind: EntryKind
    author: str = ""  # who at the seller's, "" = the customer or the bot
    text: str = ""
    number: int = 0  # of the bundle or note
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One case in the making or in the seller's hands."""

    id: str  # the case's code, e.g. K7F3QX
    chat: int
    flow: FlowRef
    phase: Phase = "open"
    step: str = ""  # the step that waits for input, "" = none
    serial: int = 0  # counts prompts; buttons carry it
    mode: str = ""  # the step's own sub-state: "reason:LABEL", "shorten", "page:2", "note" ...
    editing: str = ""  # the review step to return to, "" = on the straight way
    answers: Mapping[str, Answer] = field(default_factory=dict)  # step id -> answer
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # ticked options of a step under way
    shots: Mapping[str, ShotState] = field(default_factory=dict)  # label -> state
    tray: tuple[
        Claim, ...
    ] = ()  # photos that no shot has claimed yet: offered to the first shots, else sent as extras
    captions: tuple[str, ...] = ()  # words that came with photos, for the seller
    history: tuple[str, ...] = ()  # input steps passed, for Back
    shown: tuple[str, ...] = ()  # lone `say` steps already said
    order: Order | None = None
    item: Item | None = None
    seller: Seller | None = None
    found: tuple[Order, ...] = ()  # orders to pick from
    exhausted: bool = False
    locale: str = "en"
    customer_name: str = ""
    draft: str = ""  # the message, once written or chosen
    bundles: tuple[Bundled, ...] = ()
    notes: int = 0  # texts forwarded so far
    pending_note: str = ""
    request: str = ""  # the seller's wish that a follow-up answers
    wished: tuple[str, ...] = ()  # labels of the issue's shots that the wish names
    origin: str = ""  # the issue's flow name (kept while `follow_up` runs)
    origin_ref: FlowRef | None = None
    issue_title: str = ""
    summary: str = ""  # in the language of the seller
    own_summary: str = ""  # in the language of the customer
    last_prompt: Spans = ()  # what the prompt said, for closing it
    burst: tuple[str, ...] = ()  # shots (or "tray") the open progress message speaks of; () = nothing to edit
    touched: datetime | None = None  # the customer's last sign of life
    armed: bool = False  # a `waiting` timer is on its way
    reminded: int = 0  # reminders sent since `touched`
    own_words: bool = False  # the draft was written by the customer
    inbox: str = ""  # where a handed-over case went
    timeline: tuple[Entry, ...] = ()  # oldest first; `flows.engine.timeline` keeps it short
    assigned: str = ""  # the seller's agent who has it
    answer_by: datetime | None = None  # the seller's clock; None = none runs
    errand: Errand | None = None  # what the customer has to send by hand
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """What is known of one chat."""

    id: int
    language: str = ""  # chosen or told by Telegram; "" = not known yet
    chosen: bool = False  # the customer chose it
    name: str = ""
    orders: tuple[Order, ...] = ()  # proven to be theirs: deep links and second facts, newest last
    focus: str = ""  # the conversation that texts and photos go to
    open: tuple[str, ...] = ()  # conversations that may still hear something, newest last
    blocked: bool = False
    greeted: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatState:
    """Everything that one event may change: the chat and its loaded conversations by id."""

    chat: Chat
    conversations: Mapping[str, Conversation] = field(default_factory=dict)
