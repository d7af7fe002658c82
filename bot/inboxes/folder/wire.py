"""A parcel -> the files of its directory; pure."""

import re
from collections.abc import Mapping

from bot.ports import Parcel
from flows.effects import ForwardText

CASE = re.compile(r"^[0-9A-Z]{4,12}$")


def checked_case(case: str) -> str:
    """Refuse a case code that could name another place."""
    if not CASE.fullmatch(case):
        raise ValueError("no case code")
    return case


def folder_of(parcel: Parcel) -> str:
    """Name the directory: CASE for the first bundle, CASE/bundle-2 for the next."""
    case = checked_case(parcel.bundle.case)
    return case if parcel.bundle.number == 1 else f"{case}/bundle-{int(parcel.bundle.number)}"


def contents(parcel: Parcel) -> Mapping[str, bytes]:
    """The files: photos numbered in the order of the flow, the manifest, the message."""
    return {
        **{f"{place:02}_{file.name}": file.content for place, file in enumerate(parcel.files, 1)},
        "manifest.json": _with_numbers(parcel),
        "message.txt": _message(parcel).encode(),
    }


def _with_numbers(parcel: Parcel) -> bytes:
    """The manifest names the files as they lie here."""
    text = parcel.manifest
    for place, file in enumerate(parcel.files, 1):
        text = text.replace(f'"file": "{file.name}"'.encode(), f'"file": "{place:02}_{file.name}"'.encode())
    return text


def _message(parcel: Parcel) -> str:
    bundle = parcel.bundle
    order = bundle.order.number or "-"
    lines = [
        bundle.summary,
        f"{bundle.case} / {order}{'' if bundle.order.verified else ' (not verified)'}",
        "",
    ]
    return "\n".join([*lines, bundle.message, ""])


def note_path(note: ForwardText) -> str:
    """Name the file of a note."""
    return f"{checked_case(note.case)}/notes/{int(note.number):03}.txt"
