"""A parcel -> albums, files and a message for a Telegram chat; pure. Limits: Bot API, sendMediaGroup and sendPhoto."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.ports import LabelledFile, Parcel
from bot.seller_chat_words import button, words_in
from flows.effects import ForwardText
from flows.values import Bundle

LONGEST_CAPTION, LONGEST_TEXT = 1024, 4096  # UTF-16 units
ALBUM = 10
MOST_PHOTO = 10 * 1024 * 1024  # bytes
MOST_SIDES, MOST_RATIO = 10_000, 20
Rows = tuple[tuple[tuple[str, str], ...], ...]
"""Rows of (text, data)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing to send: an album (or a single photo), documents, or the words with their buttons."""

    files: tuple[tuple[LabelledFile, str], ...] = ()  # with captions
    as_documents: bool = False
    text: str = ""
    rows: Rows = ()


def pieces(parcel: Parcel) -> list[Piece]:
    """Put a bundle into messages: photos in albums, what is no photo as documents, then the words."""
    bundle = parcel.bundle
    captions = {
        file.name: _caption(bundle, file, first=place == 0) for place, file in enumerate(parcel.files)
    }
    photos = [file for file in parcel.files if is_photo(file)]
    others = [file for file in parcel.files if not is_photo(file)]
    found = [
        Piece(files=tuple((file, captions[file.name]) for file in part), as_documents=documents)
        for files, documents in ((photos, False), (others, True))
        for part in _albums(files)
    ]
    return [
        *found,
        Piece(
            text=cut(_words(bundle, parcel.files), LONGEST_TEXT),
            rows=buttons(bundle.case, bundle.seller.locale),
        ),
    ]


def is_photo(file: LabelledFile) -> bool:
    """Tell whether Telegram takes it as a photo."""
    if file.mime not in {"image/jpeg", "image/png"} or len(file.content) > MOST_PHOTO:
        return False
    short, long = sorted((file.width, file.height))
    return short > 0 and long <= MOST_RATIO * short and short + long <= MOST_SIDES


def _albums(files: Sequence[LabelledFile]) -> list[Sequence[LabelledFile]]:
    return [files[start : start + ALBUM] for start in range(0, len(files), ALBUM)]


def _caption(bundle: Bundle, file: LabelledFile, *, first: bool) -> str:
    """Every caption begins with the case, since an answer may be a reply to any photo."""
    flags = f" [{', '.join(file.flags)}]" if file.flags else ""
    named = f"{file.title} · {file.name}{flags}"
    return cut(
        f"#{bundle.case} ({bundle.number}) {bundle.summary}\n{named}" if first else f"#{bundle.case} {named}",
        LONGEST_CAPTION,
    )


def _words(bundle: Bundle, files: Sequence[LabelledFile]) -> str:
    said, order = words_in(bundle.seller.locale), bundle.order
    item = f", {bundle.item.title}" if bundle.item else ""
    verified = "" if order.verified else " (?)"
    lines = [
        f"#{bundle.case} ({bundle.number}) {bundle.issue_title}",
        f"№ {order.number or '-'}{verified}{item}",
    ]
    lines += [f"{question} {answer}" for question, answer in bundle.answers]
    if bundle.message:
        lines += ["", bundle.message]
    elif files:
        lines += ["", said["more"]]
    if bundle.missing:
        lines += ["", f"{said['missing']}:", *(f"- {one.title}: {one.reason}" for one in bundle.missing)]
    return "\n".join(lines)


def note_piece(note: ForwardText) -> Piece:
    """Put the customer's words into a message."""
    text = f"#{note.case} {note.customer_name}:\n\n{note.text}"
    return Piece(text=cut(text, LONGEST_TEXT), rows=buttons(note.case, note.seller.locale))


def buttons(case: str, locale: str) -> Rows:
    """Make the buttons under a case's words."""
    said = words_in(locale)
    return (
        ((said["reply"], button("reply", case)), (said["ask"], button("ask", case))),
        ((said["settle"], button("settle", case)),),
    )


def cut(text: str, most: int) -> str:
    """Keep so many UTF-16 units, without halves of characters and without signs that Telegram refuses."""
    text = text.replace("\x00", " ").encode("utf-8", "replace").decode()
    while len(text.encode("utf-16-le")) // 2 > most:
        over = len(text.encode("utf-16-le")) // 2 - most
        text = text[: -max(1, (over + 1) // 2) - 1].rstrip() + "…"
    return text
