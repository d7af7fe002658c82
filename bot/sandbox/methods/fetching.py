"""getFile and getChat: what a bot may look up."""

from bot.sandbox import errors, limits
from bot.sandbox.call import Call
from bot.sandbox.shapes import Json


async def get_file(call: Call) -> Json:
    """Return Telegram's File with the path for the download; 20 MB at most."""
    file_id = call.parameters.text("file_id")
    if not file_id:
        raise errors.FILE_ID_MISSING.refusal()
    file = call.telegram.files.find(file_id, bot=call.bot.id)
    if file is None:
        raise errors.FILE_ID_INVALID.refusal()
    if file.size > limits.DOWNLOAD_BYTES:
        raise errors.FILE_TOO_BIG.refusal()
    return {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }


async def get_chat(call: Call) -> Json:
    """Return Telegram's ChatFullInfo, as far as a private chat without a profile has it."""
    chat = call.chat(to_write=False)
    return {
        **chat.shape(),
        "accent_color_id": chat.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": _NO_GIFTS,
    }


_NO_GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}
