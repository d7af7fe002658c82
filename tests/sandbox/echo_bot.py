"""A tiny bot on python-telegram-bot's client alone, which answers with buttons, photos and edits; it knows nothing of ours."""

import asyncio
import contextlib
import io
from typing import Self

from PIL import Image, ImageDraw
from telegram import (
    Bot,
    BotCommand,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
    MessageEntity,
    ReplyParameters,
)

MENU = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("Something is broken", callback_data="K7F3.1.broken")],
        [InlineKeyboardButton("It never came", callback_data="K7F3.1.lost")],
        [
            InlineKeyboardButton("Toast", callback_data="toast"),
            InlineKeyboardButton("Alert", callback_data="alert"),
        ],
    ]
)
RETAKE = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("Try again", callback_data="again"),
            InlineKeyboardButton("Use anyway", callback_data="use"),
        ]
    ]
)


def picture(
    colour: str, *, size: tuple[int, int] = (900, 1200), words: str = "", form: str = "JPEG"
) -> bytes:
    image = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(image)
    draw.ellipse(
        [size[0] * 0.2, size[1] * 0.2, size[0] * 0.8, size[1] * 0.8], fill="#f4efe6", outline="#333", width=8
    )
    draw.text((size[0] // 2, size[1] // 2), words, fill="#222", anchor="mm", font_size=size[0] // 12)
    written = io.BytesIO()
    image.save(written, form)
    return written.getvalue()


class EchoBot:
    """Poll and answer until the block ends; `seen` holds the updates as they came."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.bot.initialize()
        await self.bot.set_my_commands(
            [BotCommand("help", "What I can do"), BotCommand("album", "Show me an album")]
        )
        await self.bot.set_my_commands([BotCommand("help", "Was ich kann")], language_code="de")
        self._task = asyncio.create_task(self._poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.bot.shutdown()

    async def _poll(self) -> None:
        offset = 0
        while True:
            for update in await self.bot.get_updates(offset=offset, timeout=20):
                offset = update.update_id + 1
                if update.message is not None:
                    await self._answer(update.message)
                if update.callback_query is not None:
                    await self._pressed(update.callback_query)

    async def _answer(self, message: Message) -> None:
        chat = message.chat_id
        text = message.text or ""
        if text.startswith("/start"):
            payload = text.removeprefix("/start").strip()
            hello = f"Hello {message.from_user.first_name if message.from_user else ''}. What happened?"
            await self.bot.send_message(chat, f"{hello} ({payload})" if payload else hello, reply_markup=MENU)
        elif text == "/album":
            pictures = [
                InputMediaPhoto(picture(one), caption="Five views")
                for one in ("#7aa", "#a77", "#77a", "#aa7", "#7a7")
            ]
            await self.bot.send_media_group(
                chat, pictures[:1] + [InputMediaPhoto(one.media) for one in pictures[1:]]
            )
        elif text == "/styles":
            await self._styles(chat)
        elif message.photo:
            await self._retake(message)
        elif message.document:
            await self.bot.send_message(chat, f"Thank you for {message.document.file_name}.")
        else:
            await self.bot.send_chat_action(chat, "typing")
            await self.bot.send_message(
                chat, f"You wrote: {text}", reply_parameters=ReplyParameters(message.message_id)
            )

    async def _retake(self, message: Message) -> None:
        await self.bot.send_chat_action(message.chat_id, "upload_photo")
        caption = "The photo is a little blurred. Hold the phone with both hands and tap on the label before you press."
        await self.bot.send_photo(
            message.chat_id,
            picture("#445", size=(1280, 960), words="label"),
            caption=caption,
            reply_markup=RETAKE,
        )

    async def _styles(self, chat: int) -> None:
        text = "bold italic code hidden https://example.org <b>plain</b>"
        kinds = (("bold", 0, 4), ("italic", 5, 6), ("code", 12, 4), ("spoiler", 17, 6))
        marks = [MessageEntity(kind, offset, length) for kind, offset, length in kinds]
        await self.bot.send_message(chat, text, entities=marks)

    async def _pressed(self, query: CallbackQuery) -> None:
        assert query.message is not None
        chat, message_id = query.message.chat.id, query.message.message_id
        if query.data == "toast":
            await query.answer("Noted.")
        elif query.data == "alert":
            await query.answer("This needs a moment of your attention.", show_alert=True)
        elif query.data in ("again", "use"):
            await query.answer()
            await self.bot.edit_message_caption(chat, message_id, caption=f"You chose: {query.data}")
        else:
            await query.answer()
            chosen = "Something is broken" if query.data == "K7F3.1.broken" else "It never came"
            await self.bot.edit_message_text(f"What happened? {chosen}", chat, message_id)
            await self.bot.send_message(chat, "Please take a photo of the whole item.")
