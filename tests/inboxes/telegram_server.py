"""A local Bot API for a seller's own chat: what it refuses is what Telegram refuses (Bot API: limits of each method)."""

import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.inboxes.telegram_chat.adapter import TelegramChatInbox
from bot.inboxes.telegram_chat.settings import TelegramChatSettings
from bot.ports import SellerInbox
from tests.inboxes.arrivals import Arrived

TOKEN = "7000000001:AAtoken-for-the-tests-of-sellers-chats"
CHAT = -1001234567890
ASKED: dict[str, Any] = {
    "getMe": {"id": 7, "is_bot": True, "first_name": "Clearshot", "username": "clearshot_bot"},
    "getChat": {
        "id": CHAT, "type": "supergroup", "title": "Acme claims", "accent_color_id": 1, "max_reaction_count": 3,
        "accepted_gift_types": {
            "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False,
            "gifts_from_channels": False,
        },
    },
    "getChatMember": {"user": {"id": 7, "is_bot": True, "first_name": "Clearshot"}, "status": "member"},
    "answerCallbackQuery": True, "editMessageText": True,
}  # fmt: skip
"""Answers of methods that send nothing."""
FILES = {"sendPhoto": "photo", "sendDocument": "document"}


@dataclass
class TelegramServer:
    """Messages of one group in memory; `calls` are the methods as they came."""

    inbox: SellerInbox = field(init=False)
    base: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)  # what was uploaded in the group, by file_id
    broken: bool = False
    kicked: bool = False
    too_many: int = 0
    breaks_after: int = 0

    def app(self) -> web.Application:
        app = web.Application(client_max_size=80 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._take)
        app.router.add_get("/file/bot{token}/{file}", self._give)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        given, files = await _given(request)
        refusal = self._refusal(request.match_info["token"], method, given)
        if refusal is not None:
            return refusal
        self.calls.append((method, given))
        if method in ASKED:
            return _done(ASKED[method])
        if method == "getFile":
            return self._told_of(str(given["file_id"]))
        if method == "deleteMessage":
            self.messages = [one for one in self.messages if one["message_id"] != int(given["message_id"])]
            return _done(result=True)
        answer = self._sent(method, given, files)
        if self.breaks_after:
            self.breaks_after -= 1
            return _refused(504, "Gateway Timeout")
        return answer

    def _told_of(self, file: str) -> web.Response:
        if file not in self.files:
            return _refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        return _done(
            {"file_id": file, "file_unique_id": "u", "file_size": len(self.files[file]), "file_path": file}
        )

    async def _give(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["file"]])

    def _refusal(self, token: str, method: str, given: dict[str, Any]) -> web.Response | None:
        if self.broken:
            return _refused(502, "Bad Gateway")
        if token != TOKEN:
            return _refused(401, "Unauthorized")
        if self.kicked and method != "getMe":
            return _refused(403, "Forbidden: bot was kicked from the supergroup chat")
        if "chat_id" in given and str(given["chat_id"]) != str(CHAT):
            return _refused(400, "Bad Request: chat not found")
        if self.too_many and method.startswith("send"):
            self.too_many -= 1
            return _refused(429, "Too Many Requests: retry after 17", parameters={"retry_after": 17})
        return None

    def _sent(self, method: str, given: dict[str, Any], files: dict[str, tuple[str, bytes]]) -> web.Response:
        if method == "sendMessage":
            text = given.get("text", "")
            if not text.strip():
                return _refused(400, "Bad Request: message text is empty")
            if _units(text) > 4096:
                return _refused(400, "Bad Request: message is too long")
            return _done(self._keep({"text": text}))
        if method == "sendMediaGroup":
            media = given["media"]
            if not 2 <= len(media) <= 10:
                return _refused(400, "Bad Request: album must include 2-10 items")
            if len({one["type"] == "document" for one in media}) > 1:
                return _refused(400, "Bad Request: documents can't be mixed with other media types")
            items = [(one.get("caption", ""), files[one["media"].removeprefix("attach://")]) for one in media]
        else:
            found = files.get(FILES[method]) or next(iter(files.values()))
            items = [(given.get("caption", ""), found)]
        if any(_units(caption) > 1024 for caption, _ in items):
            return _refused(400, "Bad Request: message caption is too long")
        kept = [self._keep({"caption": caption, "file": file}) for caption, file in items]
        return _done(kept if method == "sendMediaGroup" else kept[0])

    def _keep(self, content: dict[str, Any]) -> dict[str, Any]:
        number = 1 + max((one["message_id"] for one in self.messages), default=0)
        self.messages.append({"message_id": number, **content})
        shown = {key: value for key, value in content.items() if key != "file"}
        return {
            "message_id": number,
            "date": 1763985600,
            "chat": {"id": CHAT, "type": "supergroup", "title": "x"},
            **shown,
        }

    # -- as an office ----------------------------------------------------------------------------------------

    def arrived(self) -> list[Arrived]:
        """Read the chat from above: photos belong to the words that follow them."""
        found: list[Arrived] = []
        photos: dict[str, dict[str, str]] = {}
        key = ""
        for one in self.messages:
            head = (one.get("caption") or one.get("text", "")).partition("\n")[0]
            if head.startswith("#") and ("file" not in one or re.match(r"#\w+ \(\d+\) ", head)):
                key = " ".join(head.split(" ")[:2])
            if "file" in one:
                name, content = one["file"]
                photos.setdefault(key, {})[name] = hashlib.sha256(content).hexdigest()
                continue
            case = key.split(" ")[0].removeprefix("#")
            own = photos.pop(key, {})
            found.append(
                Arrived(key=key if "(" in key else one["text"], case=case, photos=own, words=one["text"])
            )
        return found

    def break_down(self) -> None:
        self.broken = True

    def mend(self) -> None:
        self.broken = False


async def _given(request: web.Request) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    if request.content_type == "application/json":
        return await request.json(), {}
    posted = await request.post()
    given: dict[str, Any] = {}
    files: dict[str, tuple[str, bytes]] = {}
    for name, value in posted.items():
        if isinstance(value, str):
            given[name] = (
                json.loads(value)
                if value[:1] in "[{" and name in {"media", "reply_markup", "reply_parameters"}
                else value
            )
        elif isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
    return given, files


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _done(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _refused(code: int, said: str, **more: Any) -> web.Response:
    return web.json_response({"ok": False, "error_code": code, "description": said, **more}, status=code)


@asynccontextmanager
async def telegram_office() -> AsyncIterator[TelegramServer]:
    """Serve while the block lasts."""
    office = TelegramServer()
    async with TestServer(office.app()) as server:
        office.base = str(server.make_url("")).rstrip("/")
        settings = {"chat": CHAT, "token": TOKEN, "api": office.base, "timeout": 5}
        inbox = TelegramChatInbox(TelegramChatSettings.model_validate(settings))
        office.inbox = inbox
        yield office
        await inbox.aclose()
