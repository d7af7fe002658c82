"""Telegram's numbers, each with its source; no behaviour.

"spec" is the Bot API page, "server" the source of tdlib/telegram-bot-api, "PTB" the constants of python-telegram-bot.
"""

MEBIBYTE = 1 << 20

TEXT_LENGTH = 4096  # spec sendMessage: 1-4096 characters after entities parsing
CAPTION_LENGTH = 1024  # spec sendPhoto: 0-1024 characters after entities parsing
CALLBACK_DATA_BYTES = 64  # spec InlineKeyboardButton: 1-64 bytes
CALLBACK_ANSWER_LENGTH = 200  # spec answerCallbackQuery: 0-200 characters
BUTTONS = 100  # PTB InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER, undocumented
MARKUP_BYTES = 10 * 1024  # measured by users (tginfo/Telegram-Limits)
ALBUM_ITEMS = (2, 10)  # spec sendMediaGroup
START_PAYLOAD_LENGTH = 64  # core.telegram.org/bots/features, deep linking
COMMANDS = 100  # spec setMyCommands
COMMAND_LENGTH = 32  # spec BotCommand
COMMAND_DESCRIPTION_LENGTH = 256  # spec BotCommand
DESCRIPTION_LENGTH = 512  # spec setMyDescription
SHORT_DESCRIPTION_LENGTH = 120  # spec setMyShortDescription
NAME_LENGTH = 64  # spec setMyName
DELETED_AT_ONCE = 100  # spec deleteMessages

DOWNLOAD_BYTES = 20 * MEBIBYTE  # server Client.h MAX_DOWNLOAD_FILE_SIZE = 20 << 20
UPLOAD_BYTES = 50 * MEBIBYTE  # spec "Sending files": 50 MB
PHOTO_BYTES = 10 * MEBIBYTE  # spec sendPhoto: 10 MB
PHOTO_SIDES = 10_000  # spec sendPhoto: width and height must not exceed 10000 in total
PHOTO_RATIO = 20  # spec sendPhoto: width and height ratio at most 20
REQUEST_BYTES = UPLOAD_BYTES + MEBIBYTE  # one upload and the fields beside it
CUSTOMER_UPLOAD_BYTES = 256 * MEBIBYTE  # an app may upload 2 GB; this is what a test may want

UPDATE_SECONDS = 86_400  # server Client.cpp add_update: messages live 86400 s
PRESS_SECONDS = 150  # server Client.cpp add_new_callback_query: presses live 150 s
ACTION_SECONDS = 5  # spec sendChatAction: 5 seconds or less
DELETE_SECONDS = 48 * 3600  # spec deleteMessage: less than 48 hours ago

POLL_LIMIT = 100  # spec getUpdates
POLL_SECONDS = 50  # server LONG_POLL_MAX_TIMEOUT
WEBHOOK_CONNECTIONS = (1, 40, 100)  # spec setWebhook: least, default, most
WEBHOOK_PORTS = (443, 80, 88, 8443)  # server WebhookActor.cpp start_up
WEBHOOK_RESEND_SECONDS = 60  # server WebhookActor.cpp: the delay doubles up to between this and twice this
WEBHOOK_RETRY_AFTER_SECONDS = 3600  # server WebhookActor.cpp MAX_RETRY_AFTER
SECRET_LENGTH = 256  # spec setWebhook: 1-256 characters of A-Za-z0-9_-
