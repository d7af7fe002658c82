"""Describes rows and failures for logs and operators, without what a customer or a secret could be known by."""

import re
from pathlib import Path

from bot.ports import PermanentFailure, TransientFailure
from storage.ports import OutboxRow

ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
DIGITS = re.compile(r"\d{7,}")
TOKEN = re.compile(r"\d{6,}:[\w-]{20,}")


def scrubbed(text: str) -> str:
    """Take out what could be an address, a telephone or order number, or a token; one line, 200 characters."""
    text = TOKEN.sub("[token]", " ".join(text.split()))
    return DIGITS.sub("[number]", ADDRESS.sub("[address]", text))[:200]


def where(fault: BaseException) -> str:
    """Name the file and line that raised; what data it happened on stays unsaid."""
    trace = fault.__traceback__
    if trace is None:
        return "nowhere"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def told(row: OutboxRow) -> str:
    """Name a row: what is to be done, for which case."""
    effect = row.effect
    case = getattr(effect, "case", "") or getattr(getattr(effect, "bundle", None), "case", "")
    return f"{type(effect).__name__}{f' of case {case}' if case else ''} [{row.id}]"


def reason(failure: Exception) -> str:
    """Say why: our two failures in their words, scrubbed; of anything else only what it is and where."""
    if isinstance(failure, TransientFailure | PermanentFailure):
        return scrubbed(f"{type(failure).__name__}: {failure}")
    return f"{type(failure).__name__} at {where(failure)}"
