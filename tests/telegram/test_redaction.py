"""No log line carries a token, a secret or what somebody wrote."""

import io
import logging
from collections.abc import Iterator

import pytest

from bot.telegram.redaction import Redaction, guard_logs

TOKEN = "7000000009:AAcanary-token_that-nobody-may-see"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize(
    "line",
    [
        f"POST https://api.telegram.org/bot{TOKEN}/sendMessage",
        f"GET https://api.telegram.org/file/bot{TOKEN}/photos/1.jpg 404",
        f"token={TOKEN}!",
        f"/bot{TOKEN.replace(':', '%3A')}/getMe",
        "http://127.0.0.1:8081/bot12345:short_canary/getMe",
        "the secret is canary-of-the-webhook",
    ],
)
def test_secrets_are_taken_out_of_a_line(line: str) -> None:
    assert "canary" not in Redaction("canary-of-the-webhook").redacted(line)


@pytest.mark.parametrize(
    "line", ["update 881234500 set aside: no chat", "12:30:15 took 14 ms", "case K7F3QX"]
)
def test_harmless_lines_stay_as_they_are(line: str) -> None:
    assert Redaction("").redacted(line) == line


def test_arguments_and_tracebacks_are_redacted_too(lines: io.StringIO) -> None:
    guard_logs("canary-of-the-webhook")

    try:
        int(f"https://api.telegram.org/bot{TOKEN}/getMe")
    except ValueError:
        logging.getLogger("somebody").exception(
            "calling %s with %s", f"/bot{TOKEN}/x", "canary-of-the-webhook"
        )
    logging.getLogger("somebody").warning("%d of %d", "three")  # noqa: PLE1206 - a fault of somebody else's

    assert "canary" not in lines.getvalue()
    assert "Traceback" in lines.getvalue()
    assert "%d of %d" in lines.getvalue()


def test_libraries_that_log_whole_requests_are_kept_quiet(lines: io.StringIO) -> None:
    guard_logs()

    logging.getLogger("telegram.Bot").debug("Calling endpoint with parameters %s", "what the customer wrote")

    assert lines.getvalue() == ""
