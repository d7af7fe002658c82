"""Sellers' preferences as they are in force, a trial of an inbox, and the sellers file, changed a block at a time."""

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.sellers_text import Block, block_of, put_back
from bot.web.console.desk import ConsoleDesk, SellersFile, Shown, Tried
from bot.web.console.pages import page
from bot.web.inbox.desk import Visit

PLACE = re.compile(r"^(?P<file>.*?):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)$", re.DOTALL)
MOST_TEXT = 100_000
CHANGED = "The file was changed by somebody else meanwhile. Nothing is saved; this is how it stands now."
Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A mistake in the edited text: `line` counts within the block, 0 = elsewhere in the file."""

    line: int
    column: int
    message: str


async def sellers_page(_request: web.Request, visit: Visit, desk: ConsoleDesk) -> web.Response:
    """List the sellers."""
    return page(visit, "sellers.html", here="sellers", sellers=desk.sellers, stale=await _stale(desk))


async def seller_page(request: web.Request, visit: Visit, desk: ConsoleDesk) -> web.Response:
    """Show one seller."""
    return await _shown(visit, desk, _seller(request, desk))


async def attempt(request: web.Request, visit: Visit, desk: ConsoleDesk, _form: Form) -> web.Response:
    """Try the seller's inbox with a test bundle."""
    seller = _seller(request, desk)
    return await _shown(visit, desk, seller, tried=await desk.attempt(seller.id))


async def check(request: web.Request, visit: Visit, desk: ConsoleDesk, form: Form) -> web.Response:
    """Tell what is wrong with an edited block; changes nothing."""
    return await _edited(request, visit, desk, form, saves=False)


async def save(request: web.Request, visit: Visit, desk: ConsoleDesk, form: Form) -> web.Response:
    """Save an edited block when nothing is wrong with it."""
    return await _edited(request, visit, desk, form, saves=True)


def _seller(request: web.Request, desk: ConsoleDesk) -> Shown:
    found = next((one for one in desk.sellers if one.id == request.match_info["seller"]), None)
    if found is None:
        raise web.HTTPNotFound(text="There is no such seller.")
    return found


async def _stale(desk: ConsoleDesk) -> bool:
    """Whether the file is another one than the bot was started with."""
    if desk.file is None:
        return False
    try:
        return await asyncio.to_thread(desk.file.read) != desk.file.at_start
    except (OSError, UnicodeDecodeError):
        return True


async def _edited(
    request: web.Request, visit: Visit, desk: ConsoleDesk, form: Form, *, saves: bool
) -> web.Response:
    seller, file = _seller(request, desk), desk.file
    text, block = await _opened(file, seller.id)
    if file is None or block is None:
        return await _shown(visit, desk, seller)
    if form.get("of") != _mark(text):
        return await _shown(visit, desk, seller, said=CHANGED)
    edited = form.get("text", "")[:MOST_TEXT]
    whole = put_back(text, block, edited)
    faults = await asyncio.to_thread(file.faults, whole)
    mistakes = [_mistake(fault, block, len(edited.splitlines())) for fault in faults]
    if mistakes or not saves:
        said = "" if mistakes else "Nothing is wrong with it. It is not saved yet."
        return await _shown(visit, desk, seller, edited=edited, mistakes=mistakes, said=said)
    try:
        copy = await asyncio.to_thread(file.save, whole)
    except OSError as failure:
        return await _shown(
            visit,
            desk,
            seller,
            edited=edited,
            said=f"It cannot be saved: {failure.strerror}. Nothing is changed.",
        )
    return await _shown(
        visit,
        desk,
        seller,
        said=f"Saved; the file as it was is kept as {copy}. It takes effect when the bot is started anew.",
    )


async def _opened(file: SellersFile | None, seller: str) -> tuple[str, Block | None]:
    if file is None:
        return "", None
    try:
        text = await asyncio.to_thread(file.read)
    except (OSError, UnicodeDecodeError):
        return "", None
    return text, block_of(file.name, text, seller, secrets=file.secrets(text, seller))


def _mark(text: str) -> str:
    """Name the state of the file that a form was made of."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _mistake(fault: str, block: Block, lines: int) -> Mistake:
    found = PLACE.match(fault)
    if found is None:
        return Mistake(line=0, column=0, message=fault)
    line = int(found["line"]) - block.first + 1
    within = 1 <= line <= max(lines, 1)
    message = found["message"] if within else fault
    return Mistake(line=line if within else 0, column=int(found["column"]), message=message)


async def _shown(
    visit: Visit,
    desk: ConsoleDesk,
    seller: Shown,
    *,
    tried: Sequence[Tried] = (),
    edited: str | None = None,
    mistakes: Sequence[Mistake] = (),
    said: str = "",
) -> web.Response:
    text, block = await _opened(desk.file, seller.id)
    return page(
        visit,
        "seller.html",
        status=422 if mistakes else 200,
        here="sellers",
        seller=seller,
        tried=tried,
        file=desk.file,
        block=block,
        of=_mark(text),
        text=edited if edited is not None else block.text if block else "",
        mistakes=mistakes,
        said=said,
        stale=await _stale(desk),
    )
