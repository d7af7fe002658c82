"""The same conversation on aiogram with its states in memory, by its own webhook server.

Runs in the peers' environment: `python -m tests.bench.peer_aiogram API PORT`.
"""

import sys
from typing import Any

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

TOKEN = "42:bench-token-bench-token-bench-token"
SECRET = "bench-secret"


class Defect(StatesGroup):  # type: ignore[misc]  # aiogram is not where types are checked
    """Where a conversation stands."""

    kind = State()
    details = State()
    front = State()


def keyboard(*labels: str) -> InlineKeyboardMarkup:
    """One button a row."""
    rows = [[InlineKeyboardButton(text=label, callback_data=label)] for label in labels]
    return InlineKeyboardMarkup(inline_keyboard=rows)


async def ask(bot: Bot, chat: int, state: FSMContext, words: str, *labels: str, picture: str = "") -> None:
    """Send the next prompt, then close the one before."""
    before = (await state.get_data()).get("prompt")
    if picture:
        sent = await bot.send_photo(chat, picture, caption=words, reply_markup=keyboard(*labels))
    else:
        sent = await bot.send_message(chat, words, reply_markup=keyboard(*labels))
    await state.update_data(prompt=sent.message_id)
    if before is not None:
        await bot.edit_message_reply_markup(chat_id=chat, message_id=before)


async def start(message: Message, state: FSMContext, bot: Bot) -> None:
    await state.set_state(Defect.kind)
    await ask(
        bot,
        message.chat.id,
        state,
        "What is wrong with it?",
        "It is broken",
        "It doesn't work",
        "It is badly made",
    )


async def kind(press: CallbackQuery, state: FSMContext, bot: Bot) -> None:
    await press.answer()
    await state.update_data(kind=press.data)
    await state.set_state(Defect.details)
    await ask(bot, press.from_user.id, state, "Describe it in a sentence or two", "Skip", "Back")


async def details(message: Message, state: FSMContext, bot: Bot) -> None:
    await state.update_data(details=message.text)
    await state.set_state(Defect.front)
    await ask(
        bot,
        message.chat.id,
        state,
        "The whole item from the front",
        "I can't take it",
        "Back",
        picture="picture",
    )


async def back_to_details(press: CallbackQuery, state: FSMContext, bot: Bot) -> None:
    await press.answer()
    await state.set_state(Defect.details)
    await ask(bot, press.from_user.id, state, "Describe it in a sentence or two", "Keep", "Skip", "Back")


def dispatcher() -> Dispatcher:
    """The states and who answers in them."""
    found = Dispatcher(storage=MemoryStorage())
    found.message.register(start, CommandStart())
    found.callback_query.register(kind, Defect.kind)
    found.message.register(details, Defect.details, F.text)
    found.callback_query.register(back_to_details, Defect.front, F.data == "Back")
    return found


def main() -> None:
    """Run until it is ended."""
    api, port = sys.argv[1:]
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api)))
    answering = dispatcher()
    site = web.Application()
    SimpleRequestHandler(answering, bot, secret_token=SECRET).register(site, path="/hook")
    setup_application(site, answering, bot=bot)

    async def announce(_site: Any) -> None:
        await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token=SECRET)

    site.on_startup.append(announce)
    web.run_app(site, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main()
