"""The same conversation on python-telegram-bot's ConversationHandler with PicklePersistence, as its guide writes one.

Runs in the peers' environment: `python -m tests.bench.peer_ptb API PORT FILE shipped|tuned`. `tuned` has an aiohttp
request class in place of its own, and its updates come in by aiohttp instead of tornado.
"""

import asyncio
import sys
from typing import Any

import aiohttp
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)
from telegram.request import BaseRequest, RequestData

Context = ContextTypes.DEFAULT_TYPE
TOKEN = "42:bench-token-bench-token-bench-token"
SECRET = "bench-secret"
KIND, DETAILS, FRONT = range(3)


def keyboard(*labels: str) -> InlineKeyboardMarkup:
    """One button a row."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label)] for label in labels])


async def close_before(chat: Any, context: Context) -> None:
    """Take the buttons off the prompt before."""
    data: dict[str, Any] = context.user_data or {}
    if "prompt" in data:
        await context.bot.edit_message_reply_markup(chat_id=chat.id, message_id=data["prompt"])


async def ask(update: Update, context: Context, words: str, *labels: str, picture: str = "") -> None:
    """Send the next prompt, then close the one before."""
    chat = update.effective_chat
    assert chat is not None
    assert context.user_data is not None
    if picture:
        sent = await context.bot.send_photo(chat.id, picture, caption=words, reply_markup=keyboard(*labels))
    else:
        sent = await context.bot.send_message(chat.id, words, reply_markup=keyboard(*labels))
    await close_before(chat, context)
    context.user_data["prompt"] = sent.message_id


async def start(update: Update, context: Context) -> int:
    await ask(
        update, context, "What is wrong with it?", "It is broken", "It doesn't work", "It is badly made"
    )
    return KIND


async def kind(update: Update, context: Context) -> int:
    assert update.callback_query is not None
    assert context.user_data is not None
    await update.callback_query.answer()
    context.user_data["kind"] = update.callback_query.data
    await ask(update, context, "Describe it in a sentence or two", "Skip", "Back")
    return DETAILS


async def details(update: Update, context: Context) -> int:
    assert update.message is not None
    assert context.user_data is not None
    context.user_data["details"] = update.message.text
    await ask(update, context, "The whole item from the front", "I can't take it", "Back", picture="picture")
    return FRONT


async def back_to_details(update: Update, context: Context) -> int:
    assert update.callback_query is not None
    await update.callback_query.answer()
    await ask(update, context, "Describe it in a sentence or two", "Keep", "Skip", "Back")
    return DETAILS


def conversation() -> ConversationHandler[Context]:
    """The states, stored."""
    return ConversationHandler(
        entry_points=[CommandHandler("start", start)],
        states={
            KIND: [CallbackQueryHandler(kind, pattern="^It ")],
            DETAILS: [MessageHandler(filters.TEXT & ~filters.COMMAND, details)],
            FRONT: [CallbackQueryHandler(back_to_details, pattern="^Back$")],
        },
        fallbacks=[CommandHandler("start", start)],
        name="defect",
        persistent=True,
    )


class ByAiohttp(BaseRequest):
    """A request class on one aiohttp session."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds."""
        return 30.0

    async def initialize(self) -> None:
        """Open the session."""
        self._session = aiohttp.ClientSession()

    async def shutdown(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """Send one request."""
        assert self._session is not None
        data = request_data.json_parameters if request_data is not None else {}
        async with self._session.request(method, url, json=data) as answer:
            return answer.status, await answer.read()


def built(api: str, file: str, *, tuned: bool) -> Any:
    """The application, with its own HTTP client or ours."""
    builder = Application.builder().token(TOKEN).base_url(f"{api}/bot").persistence(PicklePersistence(file))
    if tuned:
        builder = builder.request(ByAiohttp()).get_updates_request(ByAiohttp())
    application = builder.build()
    application.add_handler(conversation())
    return application


async def by_aiohttp(application: Any, port: int) -> None:
    """Take updates in by aiohttp, each into the library's queue."""

    async def receive(request: web.Request) -> web.Response:
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return web.Response()

    async with application:
        await application.start()
        site = web.Application()
        site.add_routes([web.post("/hook", receive)])
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await application.bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token=SECRET)
        await asyncio.Event().wait()


def main() -> None:
    """Run until it is ended."""
    api, port, file, way = sys.argv[1:]
    application = built(api, file, tuned=way == "tuned")
    if way == "tuned":
        asyncio.run(by_aiohttp(application, int(port)))
    else:
        application.run_webhook(
            listen="127.0.0.1", port=int(port), url_path="hook", secret_token=SECRET,
            webhook_url=f"http://127.0.0.1:{port}/hook",
        )  # fmt: skip


if __name__ == "__main__":
    main()
