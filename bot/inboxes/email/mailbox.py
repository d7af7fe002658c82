"""The mailbox that answers come to, over IMAP: unseen mails are brought, and marked only when they were taken."""

import asyncio
import imaplib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import ParamSpec, TypeVar

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from bot.inboxes.email.settings import ImapSettings
from bot.ports import HookRefused, PermanentFailure, TransientFailure

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)

AGAIN = 1.0
"""Seconds between two looks for a mail that is on its way."""
AT_ONCE = 50
"""Mails of one look; the rest comes with the next."""
GONE = (imaplib.IMAP4.error, ImapToolsError, OSError, EOFError)
"""What a conversation with the mailbox may end with: refused, answered in words that nobody knows, cut off."""
Take = Callable[[bytes], Awaitable[None]]
"""Takes a mail as it is; raises HookRefused for one that is not ours to keep, TransientFailure to get it again."""


async def taken_out(settings: ImapSettings, message_id: str, *, tries: int, most: int) -> bytes | None:
    """Wait for one mail of our own, and take it out of the mailbox; None when it does not come."""
    async with _mailbox(settings) as box:
        for _ in range(tries):
            uids = await _in_thread(box.uids, f'HEADER Message-ID "{message_id}"')
            if uids:
                raw = await _in_thread(_fetched, box, uids[0], most)
                await _in_thread(box.delete, uids)
                return raw
            await asyncio.sleep(AGAIN)
            await _in_thread(box.client.noop)  # lets the server tell what is new
        return None


async def watch(settings: ImapSettings, take: Take, *, most: int) -> None:
    """Look for mails again and again, until cancelled; raises TransientFailure or PermanentFailure."""
    while True:
        if await look(settings, take, most=most) < AT_ONCE:
            await asyncio.sleep(settings.every)


async def look(settings: ImapSettings, take: Take, *, most: int) -> int:
    """Bring what is unseen, oldest first; answers how many there were."""
    async with _mailbox(settings) as box:
        uids = (await _in_thread(box.uids, "UNSEEN"))[:AT_ONCE]
        for uid in uids:
            await _bring(box, uid, take, most=most)
        return len(uids)


@asynccontextmanager
async def _mailbox(settings: ImapSettings) -> AsyncIterator[BaseMailBox]:
    """Open the mailbox for the block; raises TransientFailure when it is away, PermanentFailure when it refuses."""
    opened: list[BaseMailBox] = []  # known here even when the wait for it is cancelled
    try:
        await _in_thread(lambda: opened.append(_opened(settings)))
        yield opened[0]
    except GONE as failure:
        raise TransientFailure(f"mailbox: {type(failure).__name__}") from None
    finally:
        for box in opened:
            await _in_thread(_closed, box)


async def _in_thread(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Work to the end, even when cancelled: a connection bears one command at a time."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *args, **named))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise


def _opened(settings: ImapSettings) -> BaseMailBox:
    kinds = {"tls": MailBox, "starttls": MailBoxStartTls, "none": MailBoxUnencrypted}
    box: BaseMailBox = kinds[settings.security](settings.host, port=settings.port, timeout=settings.timeout)
    try:
        box.login(settings.username, settings.password.get_secret_value(), initial_folder=settings.folder)
    except GONE as failure:
        _closed(box)
        if isinstance(failure, (imaplib.IMAP4.abort, OSError, EOFError)):
            raise  # it went away before it could say
        raise PermanentFailure("mailbox: user, password or folder is refused") from None
    return box


def _closed(box: BaseMailBox) -> None:
    try:
        box.client.logout()
    except GONE:
        with suppress(OSError):  # it has gone already
            box.client.shutdown()


async def _bring(box: BaseMailBox, uid: str, take: Take, *, most: int) -> None:
    flags = [MailMessageFlags.SEEN]
    try:
        raw = await _in_thread(_fetched, box, uid, most)
        if raw is not None:
            await take(raw)
    except HookRefused as refusal:
        logger.warning("mail %s is set aside: %s", uid, refusal.reason)
        flags.append(MailMessageFlags.FLAGGED)  # a person finds it; it is never read again
    await _in_thread(box.flag, [uid], flags, True)  # noqa: FBT003 - the library's way


def _fetched(box: BaseMailBox, uid: str, most: int) -> bytes | None:
    """Fetch a mail without marking it; None when it has gone. Its size is asked first."""
    _, told = box.client.uid("FETCH", uid, "(RFC822.SIZE)")
    sizes = [
        int(word)
        for part in told
        if isinstance(part, bytes)
        for word in part.replace(b")", b" ").split()
        if word.isdigit()
    ]
    if sizes and sizes[-1] > most:
        raise HookRefused(413, f"a mail of {sizes[-1]} bytes")
    _, parts = box.client.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((part[1] for part in parts if isinstance(part, tuple)), None)
