"""The claim file: a case on paper for carriers and insurers, with what was said to the customer and every photo."""

import asyncio
from collections.abc import Iterator, Sequence

from aiohttp import web

from bot.web.inbox.case_page import line_of, title_of
from bot.web.inbox.desk import Visit
from bot.web.inbox.downloads import FILE_HEADERS
from bot.web.inbox.pages import missing, words_alone
from bot.web.inbox.photographs import DeliveredBundle, DeliveredPhoto, bundles_of
from bot.web.inbox.pieces import Heading, Piece, Shown, Words
from bot.web.inbox.words import Said, said_in
from flows.conversation import Conversation

TOLD = frozenset({"sent", "delivered", "by_hand", "note", "answer", "request", "settled", "reopened"})
"""Lines of the timeline that both sides know; notes among the seller's people stay there."""
MOST_PHOTOS = 60
MOST_BYTES = 200 * 1024 * 1024
AT_ONCE = 2
"""Files made side by side: each holds its pictures in memory."""


class Claims:
    """Makes claim files."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def claim(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Serve a case as PDF."""
        case = await visit.desk.cases.case(visit.seller, request.match_info["case"])
        if case is None:
            return missing(visit.agent.locale)
        async with self._turn:
            bundles = await bundles_of(case, visit.seller, visit.desk.blobs)
            photos = [photo for bundle in bundles for photo in bundle.photos]
            contents = await _contents(photos[:MOST_PHOTOS], visit)
            if contents is None:
                return words_alone(413, "wrong.many_photos", locale=visit.agent.locale)
            body = await asyncio.to_thread(_written, visit, case, bundles, contents)
        named = {"Content-Disposition": f'attachment; filename="{case.id}.pdf"', "Cache-Control": "no-store"}
        return web.Response(body=body, content_type="application/pdf", headers={**FILE_HEADERS, **named})


async def _contents(photos: Sequence[DeliveredPhoto], visit: Visit) -> dict[str, bytes] | None:
    found: dict[str, bytes] = {}
    for photo in photos:
        try:
            found[photo.key] = await visit.desk.blobs.get(photo.key)
        except KeyError:
            continue  # no longer kept: its facts are told all the same
        if sum(map(len, found.values())) > MOST_BYTES:
            return None
    return found


def _written(
    visit: Visit, case: Conversation, bundles: Sequence[DeliveredBundle], contents: dict[str, bytes]
) -> bytes:
    from bot.web.inbox.paper import is_whole, paper  # noqa: PLC0415 - a large library, wanted now and then

    said = said_in(visit.agent.locale)
    seller = visit.desk.names.get(visit.seller, visit.seller)
    pieces: list[Piece] = [
        Heading(text=said("claim.title", code=case.id), level=1),
        Words(text=said("claim.made", when=visit.exact(visit.desk.now()), seller=seller), is_small=True),
        *_facts(visit, case, bundles),
        *_said(bundles, said),
        *_course(visit, case),
        *_photos(bundles, contents, said),
    ]
    texts = [one.text for one in pieces if isinstance(one, Words)]
    if not is_whole(texts):
        pieces.append(Words(text=said("claim.not_whole"), is_small=True))
    footer = said("claim.footer", code=case.id, seller=seller)
    return paper(
        pieces,
        title=said("claim.title", code=case.id),
        author=seller,
        footer=footer,
        locale=visit.agent.locale,
    )


def _facts(visit: Visit, case: Conversation, bundles: Sequence[DeliveredBundle]) -> Iterator[Piece]:
    said, first = said_in(visit.agent.locale), bundles[0] if bundles else None
    order = case.order
    checked = said("case.verified" if order is not None and order.verified else "case.unverified")
    yield Heading(text=title_of(case, bundles))
    yield Words(
        name=said("case.order"), text=f"{order.number if order else said('case.not_given')} ({checked})"
    )
    yield Words(name=said("case.item"), text=case.item.title if case.item else said("list.no_item"))
    yield Words(name=said("case.customer"), text=case.customer_name or said("list.customer"))
    for one in first.rows("answers") if first else ():
        yield Words(name=str(one.get("question", "")), text=str(one.get("answer", "")))
    for one in first.rows("missing") if first else ():
        yield Words(name=f"{said('case.missing')}: {one.get('title', '')}", text=str(one.get("reason", "")))


def _said(bundles: Sequence[DeliveredBundle], said: Said) -> Iterator[Piece]:
    for bundle in bundles:
        if bundle.text("message"):
            first = bundle.number == 1
            yield Heading(text=said("case.message") if first else said("case.addition", number=bundle.number))
            yield Words(text=bundle.text("message"))


def _course(visit: Visit, case: Conversation) -> Iterator[Piece]:
    yield Heading(text=said_in(visit.agent.locale)("case.timeline"))
    for entry in case.timeline:
        if entry.kind in TOLD:
            line = line_of(visit, case, entry)
            yield Words(
                name=visit.exact(entry.at), text=": ".join(one for one in (line.head, line.words) if one)
            )


def _photos(bundles: Sequence[DeliveredBundle], contents: dict[str, bytes], said: Said) -> Iterator[Piece]:
    photos = [photo for bundle in bundles for photo in bundle.photos]
    if photos:
        yield Heading(text=said("case.photos"))
        yield Words(text=said("claim.scaled"), is_small=True)
    for number, photo in enumerate(photos, start=1):
        head = f"{number}. {photo.label}" + (f" · {photo.title}" if photo.title else "")
        told = (
            Words(text=head),
            Words(text=" · ".join(_told(photo, said)), is_small=True),
            Words(name="SHA-256", text=photo.sha256, is_small=True),
        )
        yield Shown(content=contents.get(photo.key, b"") if photo.is_picture else b"", words=told)


def _told(photo: DeliveredPhoto, said: Said) -> Iterator[str]:
    yield photo.name
    if photo.width:
        yield f"{photo.width} × {photo.height}"
    for flag in photo.flags:
        yield said(f"flag.{flag}")
    if photo.barcode:
        yield said("case.barcode", code=photo.barcode)
