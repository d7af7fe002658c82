"""The sellers file: who the sellers are, in which language they read, and where their bundles go."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
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

from bot.ports import Preparation, SellerProfile
from bot.promptness import Promptness
from flows.definition import Duration, Locale
from flows.values import Seller
from flows.yaml_source import Fault, Mark, SourceFault, mark_of, parse

SellerId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
SUPPORT = "support"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = "|".join(DAYS)
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"


class Photos(BaseModel):
    """How a seller wants pictures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    longest_side: int = Field(2048, ge=320, le=10000)
    max_bytes: int = Field(0, ge=0)
    bundle_bytes: int = Field(0, ge=0)
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: int = Field(85, ge=40, le=95)


class Answers(BaseModel):
    """Within what working time a seller means to answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    within: Duration
    zone: str = "UTC"
    quiet: str = Field("", pattern=rf"^({CLOCK}-{CLOCK})?$")
    days: str = Field("mon-sun", pattern=rf"^({DAY})(-({DAY}))?$")
    remind: bool = True

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


class Entry(BaseModel):
    """One seller, or support."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    locale: Locale = "en"
    inbox: str = "folder"
    settings: dict[str, Any] = {}
    photos: Photos = Photos()
    attributes: dict[str, str] = {}
    answer: Answers | None = None
    next_step: dict[Locale, str] = {}
    """What customers can do when no answer comes: the marketplace's own next step."""

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


class SellersFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sellers: dict[SellerId, Entry] = Field(min_length=1)
    support: Entry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sellers:
    """Everybody who gets bundles. `profiles` has support too, `known` only whom customers may choose."""

    profiles: tuple[SellerProfile, ...]
    known: tuple[Seller, ...]
    marks: Mapping[str, Mark] = field(default_factory=dict)  # where a profile stands


class WrongSellers(Exception):
    """The sellers file cannot be used: one `file:line:column: message` line for each fault."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def read_sellers(file: Path | None, *, inboxes: Collection[str]) -> Sellers:
    """Read the file; without one there is a single seller whose bundles go to a folder."""
    if file is None:
        return _made(SellersFile(sellers={"shop": Entry(name="The shop")}), {})
    return parse_sellers(str(file), file.read_text(encoding="utf-8"), inboxes=inboxes)


def parse_sellers(name: str, text: str, *, inboxes: Collection[str]) -> Sellers:
    """Check a sellers file; raises WrongSellers."""
    try:
        root = parse(name, text)
        parsed = SellersFile.model_validate(_plain(root))
    except SourceFault as refusal:
        raise WrongSellers(refusal.fault) from None
    except ValidationError as refusal:
        raise WrongSellers(*(_fault(error, root) for error in refusal.errors())) from None
    entries = {**parsed.sellers, **({SUPPORT: parsed.support} if parsed.support else {})}
    marks = {key: _mark(root, key) for key in entries}
    wrong = [key for key, entry in entries.items() if entry.inbox not in inboxes]
    if wrong:
        raise WrongSellers(*(Fault(marks[key], _no_inbox(entries[key].inbox, inboxes)) for key in wrong))
    return _made(parsed, marks)


def _mark(root: Any, key: str) -> Mark:
    path = (SUPPORT, "inbox") if key == SUPPORT else ("sellers", key, "inbox")
    return mark_of(root, path)


def _made(parsed: SellersFile, marks: Mapping[str, Mark]) -> Sellers:
    support = parsed.support or Entry(name="Support")
    entries = {**parsed.sellers, SUPPORT: support}
    return Sellers(
        profiles=tuple(entry.profile(key) for key, entry in entries.items()),
        known=tuple(entry.seller(key) for key, entry in parsed.sellers.items()),
        marks=marks,
    )


def _no_inbox(name: str, inboxes: Collection[str]) -> str:
    return f"there is no inbox {name!r}; there are: {', '.join(sorted(inboxes))}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _fault(error: Any, root: Any) -> Fault:
    loc = tuple(part for part in error["loc"] if part != "[key]")
    name = str(loc[-1]) if loc else "sellers"
    wording = {
        "extra_forbidden": f"unknown key {name!r}",
        "missing": f"{name!r} is missing",
        "string_pattern_mismatch": f"{str(error['input'])[:60]!r} does not fit here",
        "string_type": f"{name!r} is a text: quote it",
        "too_short": "at least one seller",
    }
    said = wording.get(error["type"], f"{name!r}: {error['msg'].removeprefix('Value error, ')}")
    return Fault(mark_of(root, loc), said)
