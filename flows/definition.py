"""A flow as data: what a YAML file means once it is parsed; the JSON Schema is made from these models.

Texts stay templates (strings) here; `flows.templates` and `flows.expressions` parse them, cached by the string.
Three kinds of file: `flow:` (one conversation), `fragment:` (steps to `use:`), `base:` (defaults to `extends:`).
"""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
StepId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")]
"""A dot only in expanded flows: `order.pick` is the step `pick` of the fragment used by the step `order`."""
ID = "[a-z0-9][a-z0-9_-]{0,39}"
FlowName = Annotated[str, StringConstraints(pattern=rf"^[a-z][a-z0-9_]{{0,39}}(@({ID}|({ID})?\+{ID}))?$")]
"""ISSUE or ISSUE@VARIANT; behind a + the seller whose wishes lie over it (`flows.seller_variants`), never in a file."""
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{0,39}(_[A-Za-z0-9]{1,40}){0,3}$")]
Text = dict[Locale, str]
Action = Literal["retake", "warn", "ignore"]

DURATION = re.compile(r"^(\d{1,4})(s|m|h|d)$")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(value: object) -> object:
    """Read `30m` as seconds; a number is left to the type check."""
    if not isinstance(value, str):
        return value
    match = DURATION.match(value)
    if match is None and not value.isdecimal():
        raise ValueError(f"{value[:20]!r} is no length of time such as 45s, 30m, 20h or 3d")
    return int(match[1]) * SECONDS[match[2]] if match else value


Duration = Annotated[
    int,
    BeforeValidator(_seconds),
    Field(ge=1, le=366 * 86400),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": DURATION.pattern},
                {"type": "integer", "minimum": 1, "maximum": 366 * 86400},
            ]
        }
    ),
]
"""Seconds; written `45s`, `30m`, `20h` or `3d`."""


class Definition(BaseModel):
    """Common strictness: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Option(Definition):
    """One choice of a `choose` step."""

    value: str = Field(min_length=1, max_length=40)
    text: Text
    phrase: Text | None = None
    when: str | None = None
    go: str | None = None


class Choose(Definition):
    """Pick one option (or `many`); options are written out or come `from` what is known."""

    options: tuple[Option, ...] = ()
    from_: Literal["orders", "items", "sellers", "issues", "languages"] | None = Field(None, alias="from")
    many: bool = False
    page: int = Field(6, ge=1, le=20)


class Ask(Definition):
    """Ask for typed words. `min`/`max`: characters of a text, else the value's range."""

    type: Literal["text", "number", "date", "email"] = "text"
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    optional: bool = False


class Branch(Definition):
    """One line of a `check`: `if` and `go`, or the closing `else`."""

    if_: str | None = Field(None, alias="if")
    go: str | None = None
    else_: str | None = Field(None, alias="else")

    @model_validator(mode="after")
    def _either(self) -> "Branch":
        pair = self.if_ is not None and self.go is not None
        if pair == (self.else_ is not None) or (self.if_ is None) != (self.go is None):
            raise ValueError("a line of `check` is either {if: ..., go: ...} or {else: ...}")
        return self


class MinSide(Definition):
    """Pixels that the shorter side must have, and what happens otherwise."""

    at: int = Field(ge=1, le=10000)
    do: Action = "retake"


class Blur(Definition):
    """Sharpness below which a photo is blurred (`clearshot photos tune` suggests one), and what happens then."""

    below: float | None = Field(None, gt=0, lt=1)
    do: Action | None = None


class QualityRules(Definition):
    """What to do about each problem; a missing key is taken from the step, then from the base."""

    blur: Blur | None = None
    dark: Action | None = None
    bright: Action | None = None
    glare: Action | None = None
    shadow: Action | None = None
    contrast: Action | None = None
    aspect: Action | None = None
    duplicate: Action | None = None
    seen_before: Action | None = None
    unreadable: Action | None = None
    screen: Action | None = None
    min_side: MinSide | None = None
    readable: Literal["barcode", "text"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        side = {"min_side": {"at": raw["min_side"]}} if isinstance(raw.get("min_side"), int) else {}
        blur = {"blur": {"do": raw["blur"]}} if isinstance(raw.get("blur"), str) else {}
        return {**raw, **side, **blur}


class Retakes(Definition):
    """How often a shot is asked again, and what then."""

    max: int = Field(2, ge=0, le=10)
    then: Literal["offer_use_anyway", "use_anyway", "skip", "handover"] = "offer_use_anyway"


class Shot(Definition):
    """One photo (or a few) to take."""

    label: Label
    say: Text
    title: Text | None = None  # a few words for lists; without it, `say`
    tip: Text | None = None
    view: Literal["close", "paper"] | None = None  # a thing from close by, something printed: tips fit it
    example: str | None = None  # a drawing beside the flow, NAME.svg
    compare: Literal["order.image", "order.personalization"] | None = None
    quality: QualityRules = QualityRules()
    send_as: Literal["any", "file"] = "any"
    accept: tuple[Literal["photo", "file", "pdf"], ...] = ("photo", "file")
    optional: bool = False
    when: str | None = None
    count: str | None = Field(None, pattern=r"^[1-9](-([1-9]|10))?$")
    after: str | None = None  # only in a variant's `add`

    @property
    def least(self) -> int:
        """How many photos it needs."""
        return int(self.count.split("-")[0]) if self.count else 1

    @property
    def most(self) -> int:
        """How many photos it takes."""
        return int(self.count.split("-")[-1]) if self.count else 1


class Compose(Definition):
    """Draft the message to the seller."""

    template: Text
    max: int = Field(900, ge=40, le=3500)
    edit: tuple[Literal["use", "shorten", "write_own"], ...] = ("use", "shorten", "write_own")


class Review(Definition):
    """Show every answer and photo with an Edit button each, then Send."""


class Send(Definition):
    """Deliver the bundle."""

    to: Literal["seller", "support"] = "seller"
    bundle: Literal["labelled"] = "labelled"


class HandOver(Definition):
    """A person takes over: deliver at once and pass texts on."""

    to: str = "support"


class Find(Definition):
    """Look orders up: those known of the chat, or by number and second fact (ids of earlier `ask` steps)."""

    orders: Literal["known", "number"]
    number: str | None = None
    fact: str | None = None


class Start(Definition):
    """Go on in the issue flow named by the answer of step `flow`."""

    flow: str = "issue"


VERBS = ("choose", "ask", "check", "shots", "compose", "review", "send", "handover", "find", "start", "use")


def _options(raw: Any) -> Any:
    return {"options": raw} if isinstance(raw, list | tuple) else raw


def _empty(raw: Any) -> Any:
    return {} if raw is None else raw


class Step(Definition):
    """One step: exactly one verb, or a lone `say`."""

    say: Text | None = None
    title: Text | None = None  # the question in a few words, for the review; without it, `say`
    when: str | None = None
    go: str | None = None
    back: bool = True  # False: no Back button here
    internal: bool = False  # not shown in the review or to the seller
    choose: Annotated[Choose | None, BeforeValidator(_options)] = None
    ask: Ask | None = None
    check: tuple[Branch, ...] | None = None
    shots: tuple[Shot, ...] | None = None
    quality: QualityRules = QualityRules()
    retakes: Retakes | None = None
    compose: Compose | None = None
    review: Annotated[Review | None, BeforeValidator(lambda raw: raw)] = None
    send: Send | None = None
    handover: HandOver | None = None
    find: Find | None = None
    start: Start | None = None
    use: str | None = None
    after: str | None = None  # only in a variant's `add`

    @property
    def verb(self) -> str:
        """The step's one verb, "say" when it only speaks."""
        return next((verb for verb in VERBS if getattr(self, verb) is not None), "say")

    @property
    def waits(self) -> bool:
        """Whether the step needs something from the customer."""
        return self.verb in {"choose", "ask", "shots", "compose", "review"}


class Waiting(Definition):
    """Reminders and the end of an unfinished conversation."""

    remind_after: tuple[Duration, ...] = ()
    expire_after: Duration | None = None
    on_expire: Literal["keep_draft", "cancel"] = "keep_draft"


class Flow(Definition):
    """One flow; merged and expanded when `hash` is set (no `use`, `extends`, `change`, `remove`, `add` left)."""

    flow: FlowName
    extends: str | None = None
    kind: Literal["issue", "system"] = "issue"
    locales: tuple[Locale, ...] = ()
    title: Text = {}
    icon: str = Field("", max_length=8)  # an emoji before the title on buttons
    summary: Text = {}
    order: int = 100  # place in the list of issues
    waiting: Waiting | None = None
    quality: QualityRules = QualityRules()
    retakes: Retakes | None = None
    originals: Literal["keep", "drop"] = "keep"  # what becomes of them once the seller has the bundle
    steps: dict[StepId, Step] = {}
    when: str | None = None
    priority: int = 0
    change: dict[str, Any] = {}
    remove: tuple[str, ...] = ()
    add: dict[str, Any] = {}
    hash: str = ""  # sha256 hex of the merged flow and the texts it uses; set by the loader

    @property
    def issue(self) -> str:
        """The name without the variant."""
        return self.flow.partition("@")[0]


class Fragment(Definition):
    """Steps that flows bring in with `use:`; its answers are named `STEP_ID.INNER_ID`."""

    fragment: FlowName
    locales: tuple[Locale, ...] = ()
    exports: dict[str, str] = {}  # name -> inner step id whose answer stands for the whole
    steps: dict[StepId, Step]


class Base(Definition):
    """Defaults for flows that extend it; never steps."""

    base: FlowName
    locales: tuple[Locale, ...] = ()
    waiting: Waiting | None = None
    quality: QualityRules = QualityRules()
    retakes: Retakes | None = None
    originals: Literal["keep", "drop"] = "keep"
    fragments: tuple[str, ...] = ()  # fragments that its flows may use
    commands: tuple[str, ...] = ()  # commands that work in its flows
