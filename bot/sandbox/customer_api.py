"""The JSON API under /sandbox/: the customer's side for the page and for drivers, faults and journal; speaks no Bot API."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import orjson
from aiohttp import BodyPartReader, web

from bot.sandbox import limits
from bot.sandbox.bot_api import encoded
from bot.sandbox.customer import Customer, NotPossible
from bot.sandbox.errors import Refusal
from bot.sandbox.faults import InvalidFault
from bot.sandbox.files import Upload
from bot.sandbox.parameters import as_upload, read_part
from bot.sandbox.shapes import Json
from bot.sandbox.state import Bot, Chat, LocalTelegram

_HEARTBEAT_SECONDS = 15.0
_ANSWER_SECONDS = 10.0
_SHOWN_IN_PLACE = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class CustomerApi:
    """Answer what the chat page and SandboxClient ask."""

    def __init__(self, telegram: LocalTelegram) -> None:
        self._telegram = telegram

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        chat = r"/sandbox/chats/{chat:\d+}"
        message = chat + r"/messages/{message:\d+}"
        return [
            web.get("/sandbox/info", self._info),
            web.get("/sandbox/events", self._events),
            web.get("/sandbox/calls", self._calls),
            web.get("/sandbox/faults", self._faults),
            web.post("/sandbox/faults", self._add_fault),
            web.delete("/sandbox/faults", self._clear_faults),
            web.get("/sandbox/files/{file}", self._file),
            web.get("/sandbox/chats", self._chats),
            web.post("/sandbox/chats", self._new_chat),
            web.get(chat + "/messages", self._messages),
            web.get(chat + "/commands", self._commands),
            web.post(chat + "/text", self._text),
            web.post(chat + "/start", self._start),
            web.post(chat + "/photos", self._photos),
            web.post(chat + "/stub", self._stub),
            web.post(chat + "/press", self._press),
            web.post(chat + "/forward", self._forward),
            web.post(chat + "/block", self._block),
            web.post(chat + "/read", self._read),
            web.put(message, self._edit),
            web.delete(message, self._delete),
        ]

    # the whole sandbox

    async def _info(self, _: web.Request) -> web.Response:
        bots = [
            {
                "id": bot.id,
                "username": bot.account.username,
                "name": bot.user()["first_name"],
                "description": bot.texts.get("description:", ""),
                "webhook": bot.webhook is not None,
                "polling": bot.poll is not None,
                "pending": len(bot.mailbox),
            }
            for bot in self._telegram.bots.values()
        ]
        return encoded({"bots": bots, "seq": self._telegram.feed.seq})

    async def _calls(self, request: web.Request) -> web.Response:
        after, limit = _number(request, "after", 0), _number(request, "limit", 1000)
        return encoded({"calls": self._telegram.journal.after(after, limit=limit)})

    async def _faults(self, _: web.Request) -> web.Response:
        return encoded({"faults": self._telegram.faults.standing()})

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = self._telegram.faults.add(await _body(request))
        except InvalidFault as mistake:
            raise NotPossible(str(mistake)) from mistake
        return encoded(fault.described())

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._telegram.faults.clear()
        return encoded({"faults": []})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self._telegram.files.find_any(request.match_info["file"])
        if file is None:
            raise NotPossible("That file is gone.")
        shown = file.mime in _SHOWN_IN_PLACE
        headers = {
            "Content-Type": file.mime if shown else "application/octet-stream",
            "Content-Disposition": "inline" if shown else _attachment(file.name or file.path.split("/")[-1]),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=86400, immutable",
        }
        return web.FileResponse(self._telegram.files.place(file), headers=headers)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        stated = request.headers.get("Last-Event-ID") or request.query.get("after")
        after = int(stated) if stated is not None and stated.isdecimal() else None
        reader, missed = self._telegram.feed.join(after=after, wants_calls="calls" in request.query)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        try:
            await response.prepare(request)
            if missed is None:
                await response.write(_event(self._telegram.feed.seq, b'{"type":"reset"}'))
            for event in missed or ():
                await response.write(_event(event.seq, event.encoded))
            await response.write(b": ready\n\n")
            await self._pass_on(reader.queue, response)
        except ConnectionError:
            pass
        finally:
            self._telegram.feed.leave(reader)
        return response

    async def _pass_on(self, queue: asyncio.Queue[Any], response: web.StreamResponse) -> None:
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            if event is None:
                return
            await response.write(_event(event.seq, event.encoded))

    # chats

    async def _chats(self, _: web.Request) -> web.Response:
        cards = [chat.card() for chat in self._telegram.chats()]
        return encoded({"chats": cards, "seq": self._telegram.feed.seq})

    async def _new_chat(self, request: web.Request) -> web.Response:
        body = await _body(request)
        bot = self._bot(body.get("bot"))
        first_name = str(body.get("first_name") or "").strip()[:64]
        if not first_name:
            raise NotPossible("A customer needs a name.")
        rest = {
            name: str(body.get(name) or "")[:64]
            for name in ("last_name", "username", "language_code", "payload")
        }
        return encoded(self._telegram.open_chat(bot, {"first_name": first_name, **rest}).card())

    def _bot(self, username: Any) -> Bot:
        if username:
            found = self._telegram.by_username.get(str(username).removeprefix("@"))
            if found is None:
                raise NotPossible("There is no such bot here.")
            return found
        return next(iter(self._telegram.bots.values()))

    async def _messages(self, request: web.Request) -> web.Response:
        _, chat = self._found(request)
        reactions = {str(number): emoji for number, emoji in chat.reactions.items() if emoji}
        messages = list(chat.messages.values())
        return encoded({"messages": messages, "reactions": reactions, "seq": self._telegram.feed.seq})

    async def _commands(self, request: web.Request) -> web.Response:
        bot, chat = self._found(request)
        return encoded({"commands": bot.commands_for(chat)})

    async def _text(self, request: web.Request) -> web.Response:
        body = await _body(request)
        message = self._customer(request).write(
            str(body.get("text") or ""), reply_to=_whole(body, "reply_to")
        )
        return self._sent([message])

    async def _start(self, request: web.Request) -> web.Response:
        body = await _body(request)
        return self._sent([self._customer(request).start(str(body.get("payload") or ""))])

    async def _photos(self, request: web.Request) -> web.Response:
        customer = self._customer(request)
        fields, uploads = await _form(request)
        reply_to = fields.get("reply_to", "")
        messages = await customer.send_photos(
            uploads,
            as_file=fields.get("as_file") == "true",
            caption=fields.get("caption", ""),
            reply_to=int(reply_to) if reply_to.isdecimal() else 0,
        )
        return self._sent(messages)

    async def _stub(self, request: web.Request) -> web.Response:
        body = await _body(request)
        return self._sent([self._customer(request).send_stub(str(body.get("kind")))])

    async def _press(self, request: web.Request) -> web.Response:
        body = await _body(request)
        pressed = await self._customer(request).press(
            _whole(body, "message_id"),
            str(body.get("data") or ""),
            within=_seconds(body, "within", _ANSWER_SECONDS),
            stale=bool(body.get("stale")),
        )
        return encoded(pressed)

    async def _forward(self, request: web.Request) -> web.Response:
        body = await _body(request)
        found = self._telegram.find_chat(_whole(body, "from_chat") or int(request.match_info["chat"]))
        message = found[1].messages.get(_whole(body, "message_id")) if found else None
        if message is None:
            raise NotPossible("That message is gone.")
        return self._sent([self._customer(request).forward(message)])

    async def _block(self, request: web.Request) -> web.Response:
        body = await _body(request)
        self._customer(request).block(blocked=bool(body.get("blocked", True)))
        return encoded(self._found(request)[1].card())

    async def _read(self, request: web.Request) -> web.Response:
        self._customer(request).read()
        return encoded({"seq": self._telegram.feed.seq})

    async def _edit(self, request: web.Request) -> web.Response:
        body = await _body(request)
        number = int(request.match_info["message"])
        return self._sent([self._customer(request).edit(number, str(body.get("text") or ""))])

    async def _delete(self, request: web.Request) -> web.Response:
        self._customer(request).delete(int(request.match_info["message"]))
        return encoded({"seq": self._telegram.feed.seq})

    def _found(self, request: web.Request) -> tuple[Bot, Chat]:
        found = self._telegram.find_chat(int(request.match_info["chat"]))
        if found is None:
            raise NotPossible("There is no such chat.")
        return found

    def _customer(self, request: web.Request) -> Customer:
        return Customer(self._telegram, *self._found(request))

    def _sent(self, messages: list[Json]) -> web.Response:
        return encoded({"messages": messages, "seq": self._telegram.feed.seq})


@web.middleware
async def refusals_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer what a customer cannot do with 409 and one sentence, and a request from another site with 403."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.split("://")[-1] != request.host:
        return web.json_response({"error": "Requests from other sites are not taken."}, status=403)
    try:
        return await handler(request)
    except NotPossible as reason:
        return web.json_response({"error": str(reason)}, status=409)
    except Refusal as refusal:
        return web.json_response({"error": refusal.description}, status=refusal.code)


async def _body(request: web.Request) -> Json:
    raw = await request.read()
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as failure:
        raise NotPossible("The request is no JSON.") from failure
    if not isinstance(body, dict):
        raise NotPossible("The request is no JSON object.")
    return body


async def _form(request: web.Request) -> tuple[dict[str, str], list[Upload]]:
    if request.content_type != "multipart/form-data":
        raise NotPossible("Files come as multipart/form-data.")
    fields: dict[str, str] = {}
    uploads: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = await read_part(part, most=limits.CUSTOMER_UPLOAD_BYTES)
        if part.filename is None:
            fields[part.name] = data.decode(errors="replace")
        else:
            uploads.append(as_upload(part, data))
    return fields, uploads


def _whole(body: Json, name: str) -> int:
    value = body.get(name) or 0
    if not isinstance(value, int):
        raise NotPossible(f"{name} is a whole number.")
    return value


def _seconds(body: Json, name: str, default: float) -> float:
    value = body.get(name, default)
    if not isinstance(value, int | float):
        raise NotPossible(f"{name} is a number of seconds.")
    return float(value)


def _number(request: web.Request, name: str, default: int) -> int:
    stated = request.query.get(name, "")
    return int(stated) if stated.isdecimal() else default


def _event(seq: int, data: bytes) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (seq, data)


def _attachment(name: str) -> str:
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._- ") else "_" for sign in name)
    return f'attachment; filename="{plain}"'
