"""Puts together what the operators' console works with; a part of the composition."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from bot.app.clock import SystemClock
from bot.bootstrap import INBOXES, inbox_blocks, open_store, sellers_faults
from bot.diagnosis import try_inboxes
from bot.sellers import SUPPORT, Sellers
from bot.settings import Settings
from bot.web.console.desk import OPERATORS, ConsoleDesk, SellersFile, Shown, Tried
from bot.web.console.door import link_for
from bot.web.inbox.desk import Desk
from flows.yaml_source import SourceFault, parse
from storage.sql.store import SqlStorage


def console_desk(
    settings: Settings,
    storage: SqlStorage,
    sellers: Sellers,
    inbox: Desk,
    *,
    photos: Callable[[], tuple[int, int]],
    changes: bool,
) -> ConsoleDesk:
    """Make the desk; with `changes` the sellers file can be changed."""
    blocks = inbox_blocks(settings, sellers)

    async def attempt(seller: str) -> Sequence[Tried]:
        found = await try_inboxes(settings, sellers, only=seller)
        return [Tried(what=one.what, well=one.well, said=one.said) for one in found]

    return ConsoleDesk(
        people=replace(inbox, names={OPERATORS: "Operators"}),
        overviews=storage.overviews,
        outbox=storage.outbox,
        asides=storage.asides,
        sellers=[
            Shown(id=one.id, name=one.name, inbox=one.inbox, lines=sellers.in_force(one, blocks[one.id]))
            for one in sellers.profiles
        ],
        attempt=attempt,
        photos=photos,
        file=_file(settings) if changes else None,
    )


def _file(settings: Settings) -> SellersFile | None:
    path = settings.sellers
    if path is None:
        return None
    name = str(path)
    return SellersFile(
        name=name,
        read=lambda: path.read_text(encoding="utf-8"),
        faults=lambda text: sellers_faults(settings, name, text),
        save=lambda text: save_beside(path, text),
        secrets=secrets_in,
        at_start=path.read_text(encoding="utf-8"),
    )


def save_beside(path: Path, text: str) -> str:
    """Replace a file in one step, with the rights that it had; the old one stays beside it, and is named."""
    target = path.resolve()
    kept, fresh = target.with_name(f"{target.name}.bak"), target.with_name(f".{target.name}.new")
    shutil.copy2(target, kept)
    try:
        with os.fdopen(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        shutil.copymode(target, fresh)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return kept.name


# -- secrets ---------------------------------------------------------------------------------------------------


def secrets_in(text: str, seller: str) -> Sequence[str]:
    """List what must not be shown of a seller's settings: secrets, and whatever stands under a name nobody knows."""
    try:
        root = parse("sellers", text)
    except SourceFault:
        return ()
    sellers = root.get("sellers")
    entry = (
        root.get(SUPPORT) if seller == SUPPORT else sellers.get(seller) if isinstance(sellers, dict) else None
    )
    block = entry.get("settings") if isinstance(entry, dict) else None
    return sorted(set(_hidden(block, _plain_names())))


def _plain_names() -> frozenset[str]:
    """Name the settings of all inboxes that are no secret."""
    names: set[str] = set()
    waiting: list[Any] = [kind.settings for kind in INBOXES.values()]
    while waiting:
        for name, field in waiting.pop().model_fields.items():
            inner = [one for one in _kinds(field.annotation) if isinstance(one, type)]
            waiting += [one for one in inner if issubclass(one, BaseModel)]
            if SecretStr not in inner:
                names.add(name)
    return frozenset(names)


def _kinds(annotation: Any) -> Iterator[Any]:
    """List what an annotation is made of: `tuple[Annotated[SecretStr, ...], ...]` holds a SecretStr."""
    yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _kinds(part)


def _hidden(value: Any, plain: frozenset[str], *, secret: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _hidden(inner, plain, secret=secret or name not in plain)
    elif isinstance(value, list):
        for inner in value:
            yield from _hidden(inner, plain, secret=secret)
    elif secret and value is not None and not isinstance(value, bool):
        yield str(value)


# -- entering --------------------------------------------------------------------------------------------------


async def console_link(settings: Settings, name: str) -> str:
    """Make the path of a link that lets an operator in, once."""
    async with open_store(settings) as store:
        token = await link_for(name, agents=store.agents, now=SystemClock().now())
    return f"/console/enter/{token}"
