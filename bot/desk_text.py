"""A bundle in plain words, as help desks show it: facts, the customer's message, what each photo is; pure."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.ports import LabelledFile
from flows.effects import ForwardText
from flows.values import Bundle

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
LONGEST_TITLE = 150
KNOWN_FOR = timedelta(days=6)
"""How long something said is news: less than the week for which the store knows a repeat."""
CODE = re.compile(r"\[([0-9A-Z]{4,12})\]")


def title_of(bundle: Bundle) -> str:
    """Name the case in one line; its code stands in brackets."""
    return titled(bundle.case, bundle.summary)


def titled(case: str, summary: str) -> str:
    """Name a case in one line, as `title_of` does."""
    return f"[{case}] {' '.join(plain(summary).split())}"[:LONGEST_TITLE].rstrip()


def case_in(title: str) -> str:
    """Find the code in a title of ours, "" when there is none at its beginning."""
    found = CODE.match(title.strip())
    return found[1] if found else ""


def words_of(bundle: Bundle, files: Sequence[LabelledFile], *, key: str) -> str:
    """Say everything that the photos do not; `key` closes it, so that a repeat can be found."""
    order = bundle.order
    verified = "" if order.verified else " (?)"
    item = f", {bundle.item.title}" if bundle.item else ""
    lines = [f"{bundle.issue_title} · # {order.number or '-'}{verified}{item}"]
    lines += [f"{question} {answer}" for question, answer in bundle.answers]
    lines += ["", bundle.message, ""] if bundle.message else [""]
    lines += [f"{place}. {file.name}: {file.title}{_flagged(file)}" for place, file in enumerate(files, 1)]
    lines += [f"- {one.title}: {one.reason}" for one in bundle.missing]
    return plain("\n".join([*lines, "", mark(key)]))


def note_of(note: ForwardText, *, key: str) -> str:
    """Say the customer's words."""
    return plain(f"{note.customer_name}:\n\n{note.text}\n\n{mark(key)}")


def mark(key: str) -> str:
    """Make the line by which what was sent under a key is found again."""
    return f"Clearshot {key}"


def has_mark(text: str, key: str) -> bool:
    """Tell whether a text was sent under this very key."""
    return re.search(rf"(?<![\w.]){re.escape(mark(key))}(?![\w.])", text) is not None


def is_ours(text: str, case: str) -> bool:
    """Tell whether we wrote a text: it bears our mark of this case, however its lines came; others may name us freely."""
    return re.search(rf"(?<![\w.]){re.escape(mark(case))}\.\w", text) is not None


def case_marked(text: str) -> str:
    """Find the case in the last mark of ours, "" when there is none: agents give their tickets other titles."""
    found = re.findall(r"^Clearshot ([0-9A-Z]{4,12})\.[\w.]+\s*$", text, re.MULTILINE)
    return str(found[-1]) if found else ""


def _flagged(file: LabelledFile) -> str:
    return f" [{', '.join(file.flags)}]" if file.flags else ""


def is_past(stamp: str, *, now: datetime) -> bool:
    """Tell whether something was said so long ago that a repeat of it would not be known; raises ValueError."""
    return now - datetime.fromisoformat(stamp) >= KNOWN_FOR


def plain(text: str) -> str:
    """Keep what a help desk can store: no control characters but line breaks, no lone halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL.sub(" ", text).encode("utf-8", "replace").decode()


def portions(files: Sequence[LabelledFile], *, most: int, most_bytes: int) -> list[list[LabelledFile]]:
    """Share files out in order, so many and so many bytes at most each; one portion at least."""
    parts: list[list[LabelledFile]] = [[]]
    size = 0
    for file in files:
        if parts[-1] and (len(parts[-1]) >= most or size + len(file.content) > most_bytes):
            parts.append([])
            size = 0
        parts[-1].append(file)
        size += len(file.content)
    return parts
