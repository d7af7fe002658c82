"""getUpdates and the webhook methods: how a bot receives; what it receives is made elsewhere."""

import asyncio
import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox import errors, limits
from bot.sandbox.call import Call
from bot.sandbox.errors import Refusal
from bot.sandbox.shapes import Json
from bot.sandbox.state import Bot, Webhook

_SECRET = re.compile(r"[A-Za-z0-9_-]*")


async def get_updates(call: Call) -> list[Json]:
    """Return what waits, at once or within `timeout` seconds; the offset acknowledges what is below it."""
    bot, parameters = call.bot, call.parameters
    if bot.webhook is not None:
        raise errors.WEBHOOK_ACTIVE.refusal()
    end_poll(bot, errors.OTHER_POLLER.refusal())
    _allow(call)
    if offset := parameters.whole("offset"):
        bot.mailbox.acknowledge(offset)
    limit = parameters.clamped("limit", limits.POLL_LIMIT, 1, limits.POLL_LIMIT)
    timeout = parameters.clamped("timeout", 0, 0, limits.POLL_SECONDS)
    if timeout and not bot.mailbox.first(1):
        await _wait_for_arrival(bot, timeout)
    return [update.shape() for update in bot.mailbox.first(limit)]


async def _wait_for_arrival(bot: Bot, seconds: float) -> None:
    """Return when an update came or the time is over; raises the refusal with which another call ends this one."""
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    arrived = asyncio.create_task(bot.mailbox.arrival().wait())
    bot.poll = ended
    try:
        waiting: list[asyncio.Future[Any]] = [ended, arrived]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            ended.result()
    finally:
        arrived.cancel()
        if bot.poll is ended:
            bot.poll = None


def end_poll(bot: Bot, refusal: Refusal) -> None:
    """End a long poll that is under way with this refusal."""
    if bot.poll is not None and not bot.poll.done():
        bot.poll.set_exception(refusal)
        bot.poll = None


async def set_webhook(call: Call) -> bool:
    """Set where updates go, or remove it when the url is empty."""
    parameters = call.parameters
    url = parameters.text("url").strip()
    if url:
        _check_url(url)
        _check_secret(parameters.text("secret_token"))
        end_poll(call.bot, errors.POLL_ENDED_BY_WEBHOOK.refusal())
    _allow(call)
    if parameters.flag("drop_pending_updates"):
        call.bot.mailbox.clear()
    least, usual, most = limits.WEBHOOK_CONNECTIONS
    call.bot.webhook = (
        Webhook(
            url=url,
            secret_token=parameters.text("secret_token"),
            max_connections=parameters.clamped("max_connections", usual, least, most),
        )
        if url
        else None
    )
    call.bot.save()
    await call.sender.restart()
    return True


async def delete_webhook(call: Call) -> bool:
    """Remove the webhook; what waits is kept unless it is to be dropped."""
    call.bot.webhook = None
    if call.parameters.flag("drop_pending_updates"):
        call.bot.mailbox.clear()
    call.bot.save()
    await call.sender.restart()
    return True


async def get_webhook_info(call: Call) -> Json:
    """Return Telegram's WebhookInfo."""
    hook = call.bot.webhook
    info: Json = {"url": hook.url if hook else "", "has_custom_certificate": False}
    info["pending_update_count"] = len(call.bot.mailbox)
    if hook is not None:
        info["max_connections"] = hook.max_connections
        info["ip_address"] = "127.0.0.1"
        if hook.last_error_date:
            info["last_error_date"] = hook.last_error_date
            info["last_error_message"] = hook.last_error_message
    if call.bot.mailbox.allowed:
        info["allowed_updates"] = call.bot.mailbox.allowed
    return info


def _allow(call: Call) -> None:
    # Absent means unchanged and empty means the default, for getUpdates and setWebhook alike (spec).
    wanted: Any = call.parameters.structure("allowed_updates")
    if isinstance(wanted, list):
        call.bot.mailbox.allowed = [str(kind).lower() for kind in wanted] or None


def _check_secret(secret: str) -> None:
    if len(secret) > limits.SECRET_LENGTH:
        raise errors.SECRET_TOO_LONG.refusal()
    if not _SECRET.fullmatch(secret):
        raise errors.SECRET_CHARACTERS.refusal()


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError as failure:
        raise errors.WEBHOOK_URL_INVALID.refusal() from failure
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise errors.WEBHOOK_URL_INVALID.refusal()
    if _is_this_machine(parts.hostname):
        return
    if parts.scheme == "http":
        raise errors.WEBHOOK_NEEDS_HTTPS.refusal()
    if port not in limits.WEBHOOK_PORTS:
        raise errors.WEBHOOK_PORT.refusal()


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
