"""What the bot asks of the outside world; every adapter stands behind one of these."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from bot.promptness import Promptness
from flows.effects import ForwardText, Say
from flows.values import Bundle, Errand, Order, Picture, Place, Quality, Upload, Verdict


class TransientFailure(Exception):
    """Worth another attempt later; `retry_after` in seconds where the other side named it."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PermanentFailure(Exception):
    """Retrying cannot help; a person must look."""


class NotAPicture(Exception):
    """The bytes are no acceptable picture; `reason` is a text id below `refused.`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DeadlyPicture(NotAPicture):
    """The bytes ended process after process that looked at them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFile:
    """One file as the seller gets it: prepared, named by its label."""

    name: str  # ShippingDamage_Packaging.jpg: ASCII letters, digits, underscore, one dot
    label: str
    title: str
    mime: str
    content: bytes
    sha256: str
    original_sha256: str
    width: int
    height: int
    flags: tuple[str, ...] = ()
    barcode: str = ""
    text: str = ""
    link: str = ""  # a short-lived address of its bytes, "" where nobody outside can reach the bot


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A bundle with its bytes, ready to deliver; `manifest` is the published JSON, encoded."""

    bundle: Bundle
    files: tuple[LabelledFile, ...]
    manifest: bytes
    manifest_link: str = ""  # as a file's link


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Where a delivery went, in words for people and ids for machines."""

    place: str
    reference: str = ""  # what the inbox calls the case; comes back as `thread` with whatever follows
    errand: Errand | None = None  # nothing was delivered: the customer has to send it by hand


class SellerInbox(Protocol):
    """Where one seller reads bundles.

    The same idempotency key delivers once, however often it is called, where the other side can tell; raises
    TransientFailure or PermanentFailure and nothing else. Bundles of one case arrive in one thread.
    """

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt: ...

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        """Add the customer's words to the case's thread."""
        ...

    async def check(self) -> str:
        """Try that it can be reached, without delivering; says what was seen, or raises one of the two failures."""
        ...

    async def aclose(self) -> None: ...


TRIAL_CASE = "TRYOUT"
"""The case of test bundles; no customer's case is called so (codes hold no O and no U)."""


@runtime_checkable
class TakesTrials(Protocol):
    """An inbox that can be tried with a test bundle, and leaves no case behind."""

    async def attempt(self, trial: Parcel) -> str:
        """Deliver a bundle that says that it is a test, and look whether it came; says and raises as `check`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A file that a seller gave with their words, as it came: neither name nor bytes are to be trusted."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a seller said or did about a case in their own inbox: an answer, a wish for a photo, or that it is settled.

    `key` is the other side's id of it, stable over repeats: the same one counts once per seller. `left_out` counts
    files that the other side holds and the adapter could not bring.
    """

    kind: Literal["answer", "photo", "settled"]
    case: str
    key: str
    text: str = ""
    author: str = ""
    labels: tuple[str, ...] = ()  # of shots wished for
    files: tuple[GivenFile, ...] = ()
    left_out: int = 0


class HookRefused(Exception):
    """An incoming call is not taken; `status` is the HTTP status for it, `reason` holds nothing secret or personal."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An incoming HTTP call of a seller's inbox: names of headers in lower case, the body as it came."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@runtime_checkable
class Hears(Protocol):
    """An inbox that calls us when the seller answers; `most_hook_bytes` where a body may be more than 1 MB."""

    def hear(self, call: Call, *, now: datetime) -> Sequence[Heard]:
        """Read a call, pure; raises HookRefused: 400 garbled, 401 not authentic or late, 413 too large.

        An authentic call that needs nothing done (an event of no interest, our own message) gives ().
        """
        ...


@runtime_checkable
class Admits(Protocol):
    """A hearing inbox that can tell a forged call before its body is read: by what the address holds."""

    def admit(self, call: Call) -> None:
        """Look at a call without its body, pure; raises HookRefused as `hear` does."""
        ...


@runtime_checkable
class AnswersTrials(Protocol):
    """An inbox whose hook can be tried without the seller."""

    def trial_call(self, *, now: datetime) -> Call | None:
        """Make a call as the seller's system would, signed, that is heard as nothing; None where no hook is set up."""
        ...


Tell = Callable[[Heard], Awaitable[bool | None]]
"""Takes what was heard: returns when it is committed, False when it is of no use (the case is gone, or another's).

Raises TransientFailure to get it again."""


@runtime_checkable
class Listens(Protocol):
    """An inbox that must be asked for the seller's answers."""

    async def listen(self, tell: Tell) -> None:
        """Bring what the seller says, until cancelled; raises the two failures, and is then called again later.

        Only what `tell` took is acknowledged to the other side: the rest is brought again.
        """
        ...


class OrderSource(Protocol):
    """A shop that can be asked for orders."""

    async def find(self, *, number: str, fact: str) -> Order | None:
        """Find one order by number and second fact, None for wrong and unknown alike."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A picture that may be stored: what it is, sizes in pixels with orientation applied."""

    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """How a seller wants pictures."""

    longest_side: int = 2048  # pixels
    max_bytes: int = 0  # per file, 0 = no limit
    bundle_bytes: int = 0  # of all files together, 0 = no limit
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: int = 85  # of JPEG and WebP
    names: str = "{issue}_{shot}"  # see bot.label_patterns


class PhotoJudge(Protocol):
    """Everything that touches pixels; runs off the event loop, bounded in pixels, memory and time.

    Raises NotAPicture for what is none, TransientFailure when a worker died or ran out of time.
    """

    async def inspect(self, content: bytes) -> Inspected:
        """Decode fully and say what it is."""
        ...

    async def judge(
        self, content: bytes, *, quality: Quality, others: Sequence[str], earlier: Sequence[str] = ()
    ) -> Verdict:
        """Judge one picture; `others`: fingerprints in this case, `earlier`: in other cases of the same seller."""
        ...

    async def explain(self, content: bytes, *, problem: str, caption: str) -> bytes:
        """Draw the picture (JPEG) that shows the customer what is wrong."""
        ...

    async def prepare(
        self, content: bytes, *, how: Preparation, cover: Sequence[Place] = ()
    ) -> tuple[bytes, str, int, int]:
        """Orient, strip of all metadata, size, paint over `cover`: (bytes, mime, width, height)."""
        ...

    async def sheet(self, pictures: Sequence[bytes], *, captions: Sequence[str]) -> bytes:
        """Draw a contact sheet (JPEG) with numbered, captioned thumbnails."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that Telegram took."""

    message: int
    has_picture: bool = False


class Gone(Exception):
    """The message to edit is not there any more."""


class Chat(Protocol):
    """A customer's chat: shows what a Say asks for, fetches uploads. Raises the two failures."""

    async def send(self, chat: int, say: Say, picture: bytes | None) -> Sent: ...

    async def edit(
        self, chat: int, message: int, say: Say, picture: bytes | None, *, has_picture: bool
    ) -> Sent:
        """Change a message; raises Gone when it is not there."""
        ...

    async def close_buttons(self, chat: int, message: int, say: Say, *, has_picture: bool) -> None:
        """Take the buttons off a message, and set its text to `say.closing` when that is given; best effort."""
        ...

    async def download(self, upload: Upload, *, limit: int) -> bytes:
        """Fetch an upload's bytes; PermanentFailure when it is over `limit` bytes or gone."""
        ...


class Pictures(Protocol):
    """Bytes for a Say's picture: shipped drawings, blobs, contact sheets."""

    async def load(self, picture: Picture) -> bytes | None: ...


class Clock(Protocol):
    """The time, aware and UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerProfile:
    """One seller of the sellers file: what flows see, and where bundles go."""

    id: str
    name: str
    locale: str = "en"
    inbox: str = "folder"
    settings: Mapping[str, object] = field(default_factory=dict)
    preparation: Preparation = field(default_factory=Preparation)
    promptness: Promptness | None = None  # None = the seller promises nothing
