"""What is in force for a seller, in words: every preference, and no secret; pure."""

from collections.abc import Iterator, Mapping
from datetime import time
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from bot.ports import Preparation, SellerProfile
from bot.promptness import Promptness
from flows.seller_variants import ShotWish

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HIDDEN = "(set, hidden)"
LONGEST_PART = 16
Line = tuple[str, str]
"""What it is, and what is in force."""


def preferences(
    profile: SellerProfile,
    block: BaseModel | None,
    *,
    wishes: tuple[ShotWish, ...] = (),
    next_step: Mapping[str, str] | None = None,
) -> list[Line]:
    """List what is in force for a seller; without a `block` the settings of the inbox are left out."""
    return [
        ("language", profile.locale),
        ("inbox", profile.inbox),
        *(_settings(block) if block is not None else ()),
        *_photos(profile.preparation),
        *_shots(wishes),
        *_answer(profile.promptness),
        *((f"next step, {locale}", text) for locale, text in (next_step or {}).items()),
    ]


def _settings(block: BaseModel, under: str = "") -> Iterator[Line]:
    for name in type(block).model_fields:
        value = getattr(block, name)
        if isinstance(value, BaseModel):
            yield from _settings(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", _shown(value)


def _shown(value: object) -> str:
    """Hide secrets, those within lists and addresses too."""
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else "none"
    if isinstance(value, tuple | list):
        return ", ".join(dict.fromkeys(_shown(one) for one in value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value) if value is not None else ""
    return _bare_address(text) if "://" in text else text or "none"


def _bare_address(text: str) -> str:
    """Keep where an address leads; keys are handed around in its path's end and query."""
    parts = urlsplit(text)
    asked = "?..." if parts.query else ""
    return (
        f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}{asked}"
    )


def _photos(how: Preparation) -> Iterator[Line]:
    quality = "" if how.format == "png" else f", quality {how.quality}"
    yield "photos", f"{how.format}{quality}, longest side {how.longest_side} px"
    yield "bytes", f"{_bytes(how.max_bytes)} a file, {_bytes(how.bundle_bytes)} a bundle"
    yield "file names", how.names


def _bytes(most: int) -> str:
    return f"at most {most}" if most else "any number"


def _shots(wishes: tuple[ShotWish, ...]) -> Iterator[Line]:
    for wish in wishes:
        said = ", ".join(f"{label} {wanted}" for label, (wanted, _) in wish.shots.items())
        yield f"shots of {wish.issue}", said or "as the flow has them"


def _answer(clock: Promptness | None) -> Iterator[Line]:
    if clock is None:
        yield "time to answer", "no promise"
        return
    yield "time to answer", f"{_span(int(clock.within.total_seconds()))} of working time, {clock.zone}"
    yield "works on", ", ".join(DAYS[day] for day in sorted(clock.days))
    yield "quiet hours", _hours(clock.quiet)
    yield "reminder", "when three quarters of the time are over" if clock.remind else "none"


def _hours(quiet: tuple[time, time] | None) -> str:
    return "none" if quiet is None else f"{quiet[0]:%H:%M} to {quiet[1]:%H:%M}"


def _span(seconds: int) -> str:
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
