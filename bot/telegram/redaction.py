"""Keeps bot tokens, other secrets and messages out of every log line; decides nothing else about logs."""

import logging
import re

TOKEN = re.compile(r"(?<=/bot)\d+(?::|%3A)[\w-]+|(?<!\d)\d{5,20}(?::|%3A)[A-Za-z0-9_-]{20,}", re.IGNORECASE)
HIDDEN = "<secret>"
TALKATIVE = ("telegram", "aiohttp.client", "aiohttp.access", "httpx", "asyncio")
"""At level DEBUG these write whole requests, so that they are never set below WARNING."""


class Redaction(logging.Filter):
    """Takes secrets out of a record's text and traceback; belongs on handlers, so that every library's lines pass it."""

    def __init__(self, *secrets: str) -> None:
        """Hide whatever looks like a bot token, and these `secrets`, as they are."""
        super().__init__()
        self._secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))

    def redacted(self, text: str) -> str:
        """Return the text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return TOKEN.sub(HIDDEN, text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, redacted."""
        record.msg, record.args = self.redacted(_message(record)), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.redacted(record.exc_text)
        return True


def guard_logs(*secrets: str) -> None:
    """Put the redaction on every handler of the root logger, and quieten libraries that log what people write."""
    redaction = Redaction(*secrets)
    for handler in logging.getLogger().handlers:
        handler.addFilter(redaction)
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # a wrong format of some library must not cost the line
        return str(record.msg)
