"""How log lines look: text for people, or JSON for machines, each with the case that it is about; no secrets."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson

from bot.settings import Settings
from bot.telegram.redaction import guard_logs

TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_case: ContextVar[str] = ContextVar("case", default="")


@contextmanager
def on_case(case: str) -> Iterator[None]:
    """Let every line that is written in the block name the case."""
    before = _case.set(case)
    try:
        yield
    finally:
        _case.reset(before)


def case_of(effect: Any) -> str:
    """The case that an effect is for, "" where it is for none; what is said names it in its slot."""
    named = getattr(effect, "case", "") or getattr(getattr(effect, "bundle", None), "case", "")
    return str(named or getattr(effect, "slot", "").partition(":")[2])


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and where they are known case and traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if case := _case.get():
            line["case"] = case
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["traceback"] = record.exc_text
        return orjson.dumps(line).decode()


def configure_logs(settings: Settings) -> None:
    """One short line for each thing worth a line, without secrets."""
    logging.basicConfig(level=settings.log_level.upper(), format=TEXT)
    if settings.log_format == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
    hidden = [settings.telegram_token, settings.telegram_secret]
    logging.getLogger("alembic").setLevel(logging.WARNING)
    guard_logs(*(secret.get_secret_value() for secret in hidden if secret is not None))
