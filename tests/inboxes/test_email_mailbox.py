"""Answers that lie in a mailbox, on a real IMAP server; and mails that a provider posts."""

import asyncio
import gc
import os
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from bot.inboxes.email.adapter import EmailInbox
from bot.inboxes.email.settings import EmailSettings
from bot.ports import Call, Heard, HookRefused, PermanentFailure, SellerProfile, Tell, TransientFailure
from bot.testing.fakes import FakeJudge, picture
from bot.trials import trial_parcel
from tests.conftest import in_ci
from tests.imap_server import PASSWORD, USER, ImapServer, imap_server, is_here
from tests.inboxes.test_email import NOW
from tests.inboxes.test_email_replies import reply
from tests.mail_server import Mailbox, free_port

STOPS = 30
"""How often the listener is told to stop, each time a little later."""
TOKEN = "a token of sixteen and more"


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    if not is_here():
        if in_ci() and os.geteuid() == 0:
            pytest.fail("mail tests must not be skipped here")
        pytest.skip("no dovecot")
    with imap_server(tmp_path_factory.mktemp("imap")) as server:
        yield server


def inbox_on(port: int, *, password: str = PASSWORD, smtp: int = 25) -> EmailInbox:
    settings = {
        "host": "127.0.0.1", "port": smtp, "security": "none", "sender": "bot@clearshot.example", "recipient": "claims@acme.example",
        "reply_domain": "Bot.example", "reply_secret": "a secret of sixteen and more", "senders": ["acme.example"],
        "hook_token": TOKEN,
        "imap": {"host": "127.0.0.1", "port": port, "security": "none", "username": USER, "password": password, "every": 1},
    }  # fmt: skip
    return EmailInbox(EmailSettings.model_validate(settings), tries=3)


class Ear:
    """Hears, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.failures = 0
        self.full = asyncio.Event()

    async def __call__(self, heard: Heard) -> bool:
        if self.failures:
            self.failures -= 1
            raise TransientFailure("the store is away")
        self.heard.append(heard)
        self.full.set()
        return True


async def listened(inbox: EmailInbox, ear: Tell, *, until: int, server: ImapServer) -> None:
    """Listen until so many mails are marked."""
    task = asyncio.create_task(inbox.listen(ear))
    try:
        async with asyncio.timeout(20):
            while sum("S" in flags for flags in server.flags()) < until and not task.done():  # noqa: ASYNC110 - files
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_answers_are_brought_in_order_and_marked(server: ImapServer) -> None:
    server.put(reply("Sorry", Message_ID="<1@acme>").as_bytes())
    server.put(reply("/photo the serial number", Message_ID="<2@acme>").as_bytes())
    ear = Ear()

    await listened(inbox_on(server.port), ear, until=2, server=server)

    assert [(one.kind, one.text) for one in ear.heard] == [
        ("answer", "Sorry"),
        ("photo", "the serial number"),
    ]
    assert server.flags() == ["S", "S"]


@pytest.mark.parametrize("is_up", [True, False])
async def test_an_answer_to_a_case_that_is_gone_is_told_to_the_seller_s_own_address(
    server: ImapServer, *, is_up: bool
) -> None:
    server.put(reply("Sorry", From="Eve <eve@elsewhere.example>").as_bytes())
    mailbox = Mailbox(port=free_port())

    async def deaf(_heard: Heard) -> bool:
        return False

    with mailbox.serving() if is_up else nullcontext():
        await listened(inbox_on(server.port, smtp=mailbox.port), deaf, until=1, server=server)

    assert server.flags() == ["S"]
    assert [str(mail["To"]) for mail in mailbox.mails] == ["claims@acme.example"] * is_up
    for mail in mailbox.mails:
        assert mail["Auto-Submitted"] == "auto-generated"
        assert "reached nobody" in mail.get_content()


async def test_what_cannot_be_taken_now_stays_unseen_and_comes_again(server: ImapServer) -> None:
    server.put(reply("Sorry").as_bytes())
    ear, inbox = Ear(), inbox_on(server.port)
    ear.failures = 1

    with pytest.raises(TransientFailure):
        await inbox.listen(ear)
    assert (ear.heard, server.flags()) == ([], [""])

    await listened(inbox, ear, until=1, server=server)
    assert [one.text for one in ear.heard] == ["Sorry"]


async def test_whenever_it_is_told_to_stop_no_connection_stays_open_and_no_mail_is_lost(
    server: ImapServer,
) -> None:
    for number in range(STOPS):
        server.put(reply(f"Sorry {number}", Message_ID=f"<{number}@acme>").as_bytes())
    ear, inbox = Ear(), inbox_on(server.port)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for number in range(STOPS):
            task = asyncio.create_task(inbox.listen(ear))
            await asyncio.sleep(number * 0.003)  # while it connects, logs in, looks, fetches, marks, logs out
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        gc.collect()

    assert [str(one.message) for one in told] == []
    await listened(inbox, ear, until=STOPS, server=server)
    assert {one.text for one in ear.heard} == {f"Sorry {number}" for number in range(STOPS)}
    assert server.flags() == ["S"] * STOPS


async def test_a_server_that_goes_away_at_the_login_is_not_taken_for_a_refusal() -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK here\r\n")
        while b"CAPABILITY" in (line := await reader.readline()):
            writer.write(b"* CAPABILITY IMAP4rev1\r\n" + line.split()[0] + b" OK so it is\r\n")
        writer.close()

    async with await asyncio.start_server(leave, "127.0.0.1", 0) as away:
        with pytest.raises(TransientFailure):
            await inbox_on(away.sockets[0].getsockname()[1]).listen(Ear())


async def test_forged_and_garbled_mails_are_flagged_once_and_stop_nobody(server: ImapServer) -> None:
    server.put(reply("forged", To="claims@acme.example").as_bytes())
    server.put(b"\xff\xfe\x00 no mail at all")
    server.put(reply("I am away", **{"Auto-Submitted": "auto-replied"}).as_bytes())
    server.put(reply("Sorry").as_bytes())
    ear = Ear()

    await listened(inbox_on(server.port), ear, until=4, server=server)

    assert [one.text for one in ear.heard] == ["Sorry"]
    assert server.flags() == ["FS", "FS", "S", "S"]


async def test_a_wrong_password_is_for_a_person_and_a_silent_server_passes(server: ImapServer) -> None:
    with pytest.raises(PermanentFailure) as refused:
        await inbox_on(server.port, password="canary wrong").listen(Ear())
    with pytest.raises(TransientFailure):
        await inbox_on(1).listen(Ear())

    assert "canary" not in str(refused.value)


async def test_an_inbox_without_a_mailbox_waits_quietly() -> None:
    settings = EmailSettings(host="h", sender="a@b.example", recipient="c@d.example")
    task = asyncio.create_task(EmailInbox(settings).listen(Ear()))

    done, _ = await asyncio.wait([task], timeout=0.05)

    assert not done
    task.cancel()


# -- tried ---------------------------------------------------------------------------------------------------


class Post(Mailbox):
    """A mail server that also brings what is for the bot's own domain, if it does."""

    def __init__(self, server: ImapServer | None) -> None:
        super().__init__(port=free_port())
        self.server = server

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        if self.server is not None and envelope.rcpt_tos[0].endswith("@Bot.example"):
            self.server.put(envelope.content)
        return await super().handle_DATA(_server, _session, envelope)


@pytest.mark.parametrize("brings", ["brings", "loses"])
async def test_a_trial_finds_out_whether_answers_would_come_back(server: ImapServer, brings: str) -> None:
    server.put(reply("Sorry").as_bytes())
    post = Post(server if brings == "brings" else None)
    inbox = inbox_on(server.port, smtp=post.port)
    trial = await trial_parcel(SellerProfile(id="acme", name="Acme"), picture(), judge=FakeJudge())

    with post.serving():
        if brings == "brings":
            assert "address for answers" in await inbox.attempt(trial)
        else:
            with pytest.raises(PermanentFailure, match="answers would be lost"):
                await inbox.attempt(trial)

    assert str(post.mails[0]["To"]) == "claims@acme.example"
    assert str(post.mails[0]["Subject"]) == "Re: [TRYOUT] Test: nothing to do"
    assert server.flags() == [""]  # the seller's answer was not touched, the test mail is gone


def test_a_trial_call_is_authentic_and_heard_as_nothing(server: ImapServer) -> None:
    inbox = inbox_on(server.port)
    made = inbox.trial_call(now=NOW)

    assert made is not None
    assert inbox.hear(made, now=NOW) == ()


# -- posted ----------------------------------------------------------------------------------------------------


def call(body: bytes, kind: str, *, token: str = TOKEN) -> Call:
    return Call(headers={"content-type": kind}, query={"token": token}, body=body)


def form(raw: bytes, name: str) -> tuple[bytes, str]:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
    return head + raw + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


def shapes(mail: EmailMessage) -> dict[str, Call]:
    raw = mail.as_bytes()
    return {
        "raw": call(raw, "message/rfc822"),
        "sendgrid": call(*form(raw, "email")),
        "mailgun": call(
            urlencode({"body-mime": raw, "recipient": "x"}).encode(), "application/x-www-form-urlencoded"
        ),
        "postmark": call(orjson.dumps({"RawEmail": raw.decode()}), "application/json"),
    }


@pytest.mark.parametrize("provider", ["raw", "sendgrid", "mailgun", "postmark"])
def test_a_posted_mail_is_read_whatever_it_comes_in(provider: str) -> None:
    [said] = inbox_on(1).hear(shapes(reply("Sorry, the mug & more = 5 €"))[provider], now=NOW)

    assert said.text == "Sorry, the mug & more = 5 €"


@pytest.mark.parametrize("token", ["", "guess", "a token of sixteen and mor", "€"])
def test_a_wrong_token_in_the_address_is_refused(token: str) -> None:
    with pytest.raises(HookRefused) as refusal:
        inbox_on(1).hear(call(reply().as_bytes(), "message/rfc822", token=token), now=NOW)

    assert refusal.value.status == 401


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "message/rfc822"),
        (b"{", "application/json"),
        (b'{"RawEmail": 5}', "application/json"),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b"x", "multipart/form-data; boundary=b"),
        (b"x", "multipart/form-data"),
    ],
)
def test_a_call_without_a_mail_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(HookRefused) as refusal:
        inbox_on(1).hear(call(body, kind), now=NOW)

    assert refusal.value.status == 400


def test_an_inbox_without_a_token_hears_no_call(tmp_path: Path) -> None:
    assert tmp_path
    settings = EmailSettings(host="h", sender="a@b.example", recipient="c@d.example")

    with pytest.raises(HookRefused):
        EmailInbox(settings).hear(call(reply().as_bytes(), "message/rfc822", token=""), now=NOW)
