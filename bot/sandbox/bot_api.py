"""The Bot API over HTTP: token, method, parameters, faults, journal, answer; what a method does is in `methods`."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from bot.sandbox import errors
from bot.sandbox.call import Call
from bot.sandbox.errors import Refusal
from bot.sandbox.faults import FILE_DOWNLOAD, Fault
from bot.sandbox.methods import METHODS
from bot.sandbox.parameters import Parameters, read_parameters
from bot.sandbox.shapes import Json
from bot.sandbox.state import Bot, LocalTelegram
from bot.sandbox.webhook import WebhookSender

_log = logging.getLogger(__name__)


class BotApi:
    """Answer `/bot<TOKEN>/<method>` and `/file/bot<TOKEN>/<path>`."""

    def __init__(self, telegram: LocalTelegram, senders: Mapping[int, WebhookSender]) -> None:
        self._telegram = telegram
        self._senders = senders

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; methods come by GET and POST."""
        return [
            web.route("*", r"/bot{token:\d+:[\w-]+}/{method}", self._method),
            web.route("*", "/bot{token}/{method}", self._unknown),
            web.get(r"/file/bot{token:\d+:[\w-]+}/{path:.+}", self._download),
        ]

    async def _unknown(self, _: web.Request) -> web.StreamResponse:
        return _answered(errors.TOKEN_INVALID.refusal())

    async def _method(self, request: web.Request) -> web.StreamResponse:
        bot = self._telegram.bots.get(request.match_info["token"])
        if bot is None:
            return _answered(errors.UNAUTHORIZED.refusal())
        name = request.match_info["method"]
        fault = self._telegram.faults.claim(name.lower())
        started = time.perf_counter()
        try:
            parameters = await read_parameters(request)
        except Refusal as refusal:
            parameters = Parameters({}, {})
            response: web.StreamResponse = _answered(refusal)
            body: Json = refusal.answer()
        else:
            body = await self._carried_out(bot, name, parameters, fault)
            response = _response(body)
        self._note(bot, name, parameters, body, fault=fault, started=started)
        if fault is not None and fault.kind in ("drop", "drop_after_acting", "hang"):
            _break(request)
        return response

    async def carry_out(self, bot: Bot, name: str, values: Json) -> None:
        """Carry out a call that came as a webhook's answer; what comes of it stands in the journal only."""
        fault, started = self._telegram.faults.claim(name.lower()), time.perf_counter()
        parameters = Parameters(values, {})
        body = await self._carried_out(bot, name, parameters, fault)
        self._note(bot, name, parameters, body, fault=fault, started=started)

    def _note(
        self, bot: Bot, name: str, parameters: Parameters, body: Json, *, fault: Fault | None, started: float
    ) -> None:
        self._telegram.journal.record(
            bot=bot.account.username,
            direction="call",
            method=name,
            parameters=parameters.described(),
            status=_status(body),
            answer=body,
            seconds=time.perf_counter() - started,
            fault=fault.kind if fault is not None else None,
        )

    async def _carried_out(self, bot: Bot, name: str, parameters: Parameters, fault: Fault | None) -> Json:
        if fault is not None and fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "error":
            return failure(fault).answer()
        if fault is not None and fault.kind in ("drop", "hang"):
            return {"ok": False, "error_code": 0, "description": "(connection broken before acting)"}
        return await self._result(bot, name, parameters)

    async def _result(self, bot: Bot, name: str, parameters: Parameters) -> Json:
        method = METHODS.get(name.lower())
        call = Call(telegram=self._telegram, bot=bot, parameters=parameters, sender=self._senders[bot.id])
        if method is None:
            return errors.NOT_FOUND.refusal().answer()
        try:
            return {"ok": True, "result": await method(call)}
        except Refusal as refusal:
            return refusal.answer()
        except Exception:  # noqa: BLE001 - a fault of the sandbox must look like one of Telegram's
            _log.exception("sandbox method failed: %s", name)
            return Refusal(500, "Internal Server Error").answer()

    async def _download(self, request: web.Request) -> web.StreamResponse:
        bot = self._telegram.bots.get(request.match_info["token"])
        file = (
            self._telegram.files.find_path(request.match_info["path"], bot=bot.id)
            if bot is not None
            else None
        )
        fault = self._telegram.faults.claim(FILE_DOWNLOAD)
        if fault is not None and fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "error":
            return _answered(failure(fault))
        if fault is not None and fault.kind != "slow":
            _break(request)
        if bot is None:
            return _answered(errors.UNAUTHORIZED.refusal())
        if file is None:
            return _answered(errors.NOT_FOUND.refusal())
        # As with Telegram, the type is not told: the name and the bytes must do (spec getFile).
        return web.FileResponse(
            self._telegram.files.place(file), headers={"Content-Type": "application/octet-stream"}
        )


def failure(fault: Fault) -> Refusal:
    """Return the refusal that an "error" fault asks for."""
    if fault.status == errors.too_many_requests(1).code:
        return errors.too_many_requests(fault.retry_after)
    if fault.status == errors.BLOCKED.code:
        return errors.BLOCKED.refusal()
    return Refusal(fault.status, errors.SERVER_FAILURES.get(fault.status, "Bad Request: fault on demand"))


def _status(body: Json) -> int:
    return 200 if body["ok"] else int(body["error_code"]) or 500


def _response(body: Json) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=_status(body), content_type="application/json")


def _answered(refusal: Refusal) -> web.Response:
    return _response(refusal.answer())


def _break(request: web.Request) -> None:
    """Break the connection so that the other side sees no answer at all."""
    if request.transport is not None:
        request.transport.abort()


def encoded(value: Any) -> web.Response:
    """Return a JSON answer of the control and customer APIs."""
    return web.Response(body=orjson.dumps(value), content_type="application/json")
