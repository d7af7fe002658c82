"""The sellers file: who the sellers are, in which language they read, and where their bundles go."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.label_patterns import DEFAULT, checked_pattern
from bot.ports import Preparation, SellerProfile
from bot.preferences import DAYS, Line, preferences
from bot.promptness import Promptness
from bot.text_files import read_text
from flows.definition import Duration, Locale
from flows.seller_variants import ShotWish, Wanted
from flows.values import Seller
from flows.yaml_source import Fault, Items, Map, Mark, SourceFault, mark_of, parse

SellerId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
SUPPORT = "support"
DAY = "|".join(DAYS)
LONGEST_STEP = 400
LEAST_BYTES = 20_000
"""Below it nothing can be made out on a photo any more."""
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"


class Block(BaseModel):
    """Common strictness; what stands below a field is its description in the schema."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Photos(Block):
    """How a seller wants pictures."""

    longest_side: int = Field(2048, ge=320, le=10000)
    """Pixels; larger photos are made smaller."""
    max_bytes: int = Field(0, ge=0)
    """Bytes of one file at most, 0 = no limit."""
    bundle_bytes: int = Field(0, ge=0)
    """Bytes of all photos of a bundle together, 0 = no limit."""
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: int = Field(85, ge=40, le=95)
    """Of JPEG and WebP."""
    names: str = DEFAULT
    """How files are named: {label} or {issue} and {shot}, {n}, {case}, {bundle}, {order}; the ending is added."""

    @field_validator("max_bytes", "bundle_bytes")
    @classmethod
    def _no_kilobytes(cls, most: int) -> int:
        if 0 < most < LEAST_BYTES:
            raise ValueError(f"counts bytes, not kilobytes: 0, or at least {LEAST_BYTES}")
        return most

    @field_validator("names")
    @classmethod
    def _names(cls, pattern: str) -> str:
        return checked_pattern(pattern)


class Answers(Block):
    """Within what working time a seller means to answer."""

    within: Duration
    """Working time, such as 24h or 2d; the clock stands still in quiet hours and on days off."""
    zone: str = "UTC"
    """Time zone of `quiet` and `days`, such as Europe/Berlin."""
    quiet: str = Field("", pattern=rf"^({CLOCK}-{CLOCK})?$")
    """Hours in which nobody works, such as "18:00-08:00"; may span midnight."""
    days: str = Field("mon-sun", pattern=rf"^({DAY})(-({DAY}))?$")
    """Days that are worked on, such as mon-fri."""
    remind: bool = True
    """Whether the seller is reminded when three quarters of the time are over."""

    @field_validator("zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        if name not in available_timezones():
            near = get_close_matches(name, sorted(available_timezones()), n=1)
            raise ValueError(
                f"there is no time zone {name!r}" + (f", did you mean {near[0]!r}?" if near else "")
            )
        return name

    @model_validator(mode="after")
    def _some_time(self) -> "Answers":
        if self.within < 60 or self.within > 90 * 86_400:  # noqa: PLR2004 - a minute to 90 days
            raise ValueError("`within` is between a minute and 90 days")
        if not self.promptness().ends:
            raise ValueError("so little working time that `within` is not over within a year")
        return self

    def promptness(self) -> Promptness:
        """Say it as the clock does."""
        begin, _, end = self.quiet.partition("-")
        quiet = (time.fromisoformat(begin), time.fromisoformat(end)) if self.quiet else None
        first, _, last = self.days.partition("-")
        start, stop = DAYS.index(first), DAYS.index(last or first)
        days = frozenset((start + n) % 7 for n in range((stop - start) % 7 + 1))
        return Promptness(
            within=timedelta(seconds=self.within),
            zone=ZoneInfo(self.zone),
            quiet=quiet,
            days=days,
            remind=self.remind,
        )


class Entry(Block):
    """One seller, or support."""

    name: str = Field(min_length=1, max_length=80)
    """As customers and colleagues read it."""
    locale: Locale = "en"
    """Language of messages to the seller."""
    inbox: str = "folder"
    """Where bundles go."""
    settings: dict[str, Any] = {}
    """Of the inbox."""
    photos: Photos = Photos()
    shots: dict[str, dict[str, Wanted]] = {}
    """Issue -> label -> `required`, `optional` or `never`; what is not named stays as the flow has it."""
    attributes: dict[str, str] = {}
    """Own facts that the `when` of a flow's variant may ask for, as seller.NAME."""
    answer: Answers | None = None
    next_step: dict[Locale, Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_STEP)]] = {}
    """What customers can do when no answer comes: the marketplace's own next step, by language."""

    @model_validator(mode="after")
    def _step_has_its_time(self) -> "Entry":
        if self.next_step and self.answer is None:
            raise ValueError("`next_step` is told when the time to answer is over: `answer` is missing")
        return self

    def profile(self, seller_id: str) -> SellerProfile:
        """Say it as the ports do."""
        return SellerProfile(
            id=seller_id,
            name=self.name,
            locale=self.locale,
            inbox=self.inbox,
            settings=self.settings,
            preparation=Preparation(**self.photos.model_dump()),
            promptness=self.answer.promptness() if self.answer else None,
        )

    def seller(self, seller_id: str) -> Seller:
        """Say what flows may know."""
        return Seller(
            id=seller_id,
            name=self.name,
            locale=self.locale,
            attributes=self.attributes,
            answer_within=int(self.answer.within) if self.answer else 0,
            next_step=self.next_step,
        )


class SellersFile(Block):
    """The whole file."""

    sellers: dict[SellerId, Entry] = Field(min_length=1)
    support: Entry | None = None
    """Who gets what goes to no seller."""

    @field_validator("sellers")
    @classmethod
    def _not_support(cls, sellers: dict[str, Entry]) -> dict[str, Entry]:
        if SUPPORT in sellers:
            raise ValueError("no seller is called support: it stands beside `sellers`")
        return sellers


@dataclass(frozen=True, slots=True, kw_only=True)
class Sellers:
    """Everybody who gets bundles. `profiles` has support too, `known` only whom customers may choose."""

    profiles: tuple[SellerProfile, ...]
    known: tuple[Seller, ...]
    wishes: tuple[ShotWish, ...] = ()
    source: Map | None = None

    def in_force(self, profile: SellerProfile, block: BaseModel | None) -> list[Line]:
        """List everything that is in force for a seller, without secrets."""
        mine = tuple(wish for wish in self.wishes if wish.seller == profile.id)
        steps = next((one.next_step for one in self.known if one.id == profile.id), {})
        return preferences(profile, block, wishes=mine, next_step=steps)

    def faults_of_block(self, seller: str, refusal: ValidationError, model: type[BaseModel]) -> list[Fault]:
        """Tell what is wrong with the settings of a seller's inbox, where it stands."""
        errors = refusal.errors(include_url=False)
        # a list whose entries are wrong is called too short besides
        within = {error["loc"][:-1] for error in errors}
        return [
            Fault(self.mark(seller, "settings", *error["loc"]), f"{seller}: {_said(error, model)}")
            for error in errors
            if not (error["type"] == "too_short" and error["loc"] in within)
        ]

    def mark(self, seller: str, *path: Any) -> Mark:
        """Tell where something of a seller stands, or the nearest above it that does."""
        return _place(self.source or Map(Mark("sellers", 1, 1)), (*_path_of(seller), *path))


class WrongSellers(Exception):
    """The sellers file cannot be used: one `file:line:column: message` line for each fault."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def read_sellers(file: Path | None, *, inboxes: Collection[str]) -> Sellers:
    """Read the file; without one there is a single seller whose bundles go to a folder."""
    if file is None:
        return _made(SellersFile(sellers={"shop": Entry(name="The shop")}), None)
    try:
        text = read_text(file)
    except SourceFault as refusal:
        raise WrongSellers(refusal.fault) from None
    return parse_sellers(str(file), text, inboxes=inboxes)


def parse_sellers(name: str, text: str, *, inboxes: Collection[str]) -> Sellers:
    """Check a sellers file; raises WrongSellers."""
    try:
        root = parse(name, text)
        parsed = SellersFile.model_validate(_plain(root))
    except SourceFault as refusal:
        raise WrongSellers(refusal.fault) from None
    except ValidationError as refusal:
        raise WrongSellers(*(_fault(error, root) for error in refusal.errors(include_url=False))) from None
    made = _made(parsed, root)
    wrong = [profile for profile in made.profiles if profile.inbox not in inboxes]
    if wrong:
        raise WrongSellers(
            *(Fault(made.mark(one.id, "inbox"), _no_inbox(one.inbox, inboxes)) for one in wrong)
        )
    return made


def _path_of(seller: str) -> tuple[str, ...]:
    return (SUPPORT,) if seller == SUPPORT else ("sellers", seller)


def _made(parsed: SellersFile, root: Map | None) -> Sellers:
    support = parsed.support or Entry(name="Support")
    entries = {**parsed.sellers, SUPPORT: support}
    return Sellers(
        profiles=tuple(entry.profile(key) for key, entry in entries.items()),
        known=tuple(entry.seller(key) for key, entry in parsed.sellers.items()),
        wishes=tuple(_wishes(parsed.sellers, root)) if root is not None else (),
        source=root,
    )


def _wishes(entries: Mapping[str, Entry], root: Map) -> Iterator[ShotWish]:
    """List what sellers want of shots; support is no seller, and has no cases of its own."""
    for seller, entry in entries.items():
        for issue, shots in entry.shots.items():
            path = (*_path_of(seller), "shots", issue)
            marked = {label: (wanted, _place(root, (*path, label))) for label, wanted in shots.items()}
            yield ShotWish(seller=seller, issue=issue, mark=_place(root, path), shots=marked)


# -- faults ------------------------------------------------------------------------------------------------------


def _no_inbox(name: str, inboxes: Collection[str]) -> str:
    near = get_close_matches(name, sorted(inboxes), n=1)
    hint = f", did you mean {near[0]!r}?" if near else f"; there are: {', '.join(sorted(inboxes))}"
    return f"there is no inbox {name!r}{hint}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _fault(error: Any, root: Map) -> Fault:
    return Fault(_place(root, error["loc"]), _said(error, SellersFile))


def _place(root: Map, path: tuple[Any, ...]) -> Mark:
    """Find a place; the path ends at the first part that does not stand in the text."""
    value: Any = root
    there: list[Any] = []
    for part in path:
        known = range(len(value)) if isinstance(value, Items) else value if isinstance(value, Map) else ()
        if part == "[key]":
            continue
        if part not in known:
            break
        there.append(part)
        value = value[part]
    return mark_of(root, tuple(there))


def _said(error: Any, model: type[BaseModel]) -> str:
    loc = [part for part in error["loc"] if part != "[key]"]
    name = str(loc[-1]) if loc else ""
    if len(loc) > 1 and isinstance(loc[-1], int):
        name = f"{loc[-2]}, number {loc[-1] + 1}"
    if error["type"] == "extra_forbidden":
        return f"unknown key {name!r}{_meant(name, model)}"
    secret = model is not SellersFile  # what stands in an inbox's settings may be one
    wording = {
        "missing": f"{name!r} is missing",
        "string_pattern_mismatch": f"{name if secret else str(error['input'])[:60]!r} does not fit here",
        "string_type": f"{name!r} is a text: quote it",
        "model_type": f"{name!r} takes keys and values",
        "dict_type": f"{name!r} takes keys and values",
        "tuple_type": f"{name!r} takes a list: [one, two]",
    }
    if error["type"] in {"too_short", "too_long"}:
        return "at least one seller" if name == "sellers" else _length(error, name)
    message = str(error["msg"]).removeprefix("Value error, ")
    return wording.get(error["type"], f"{name!r}: {message}" if name else message)


def _length(error: Any, name: str) -> str:
    """Say how long a list or a secret has to be."""
    if error["type"] == "too_short":
        return f"{name!r} is too short: at least {error['ctx']['min_length']}"
    return f"{name!r} is too long: at most {error['ctx']['max_length']}"


def _meant(name: str, model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    known = {
        key for part in (schema, *schema.get("$defs", {}).values()) for key in part.get("properties", ())
    }
    near = get_close_matches(name, sorted(known - {name}), n=1)
    return " here: it belongs elsewhere" if name in known else f", did you mean {near[0]!r}?" if near else ""
