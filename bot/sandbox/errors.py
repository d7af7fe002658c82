"""Every refusal of the Bot API in Telegram's wording, each with its source; nothing decides here.

Sources: "server" is tdlib/telegram-bot-api (the function in Client.cpp), "td" is tdlib/td underneath it, "spec" the Bot API
page, "seen" an answer quoted by users of the hosted service. "ours" marks a sentence for which no source was found.
"""

from dataclasses import dataclass

from bot.sandbox.shapes import Json


class Refusal(Exception):
    """An answer with `ok: false`."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after

    def answer(self) -> Json:
        """Return the body that the Bot API sends with this refusal."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One sentence of Telegram's and where it was read; values stand in braces."""

    code: int
    text: str
    source: str

    def refusal(self, **values: object) -> Refusal:
        """Make the refusal, with the values filled in."""
        return Refusal(self.code, self.text.format(**values) if values else self.text)


def _bad(text: str, source: str) -> Wording:
    return Wording(code=400, text=f"Bad Request: {text}", source=source)


UNAUTHORIZED = Wording(
    code=401, text="Unauthorized", source="server ClientManager::send: a token that is not known"
)
TOKEN_INVALID = Wording(
    code=401,
    text="Unauthorized: invalid token specified",
    source="server ClientManager::send: no token at all",
)
NOT_FOUND = Wording(
    code=404, text="Not Found", source="server Client::send: a method that is not in the table"
)
TOO_LARGE = Wording(code=413, text="Request Entity Too Large", source="seen: more than 50 MB uploaded")
BLOCKED = Wording(
    code=403,
    text="Forbidden: bot was blocked by the user",
    source="server fail_query_with_error USER_IS_BLOCKED",
)

# chats and messages
CHAT_ID_EMPTY = _bad("chat_id is empty", "server check_chat")
CHAT_NOT_FOUND = _bad("chat not found", "server TdOnCheckChatCallback")
MESSAGE_ID_MISSING = _bad(
    "message identifier is not specified", "server get_message_id and its callers; seen"
)
REPLY_NOT_FOUND = _bad("message to be replied not found", "server check_reply_parameters")
EDIT_NOT_FOUND = _bad("message to edit not found", "server process_edit_message_text_query, check_message")
REACT_NOT_FOUND = _bad(
    "message to react not found", "server process_set_message_reaction_query, check_message"
)
DELETE_NOT_FOUND = _bad("message to delete not found", "server process_delete_message_query, check_message")
DELETE_FORBIDDEN = _bad("message can't be deleted", "server fail_query_with_error MESSAGE_DELETE_FORBIDDEN")
DELETE_NOTHING = _bad("message identifiers are not specified", "server process_delete_messages_query")
DELETE_TOO_MANY = _bad("too many message identifiers specified", "server process_delete_messages_query")
EDIT_FORBIDDEN = _bad("message can't be edited", "td MessagesManager: the message is not the bot's")
NOT_MODIFIED = _bad(
    "message is not modified: specified new message content and reply markup are exactly the same as a current"
    " content and reply markup of the message",
    "server fail_query_with_error MESSAGE_NOT_MODIFIED",
)
NO_TEXT_TO_EDIT = _bad(
    "there is no text in the message to edit", "td MessagesManager::edit_message_text; seen"
)
NO_CAPTION_TO_EDIT = _bad("there is no caption in the message to edit", "td edit_message_caption; seen")

# text
TEXT_EMPTY = _bad("message text is empty", "server get_input_message_text")
TEXT_BLANK = _bad("text must be non-empty", "td get_formatted_text after trimming; seen")
TEXT_TOO_LONG = _bad("message is too long", "td; seen")
CAPTION_TOO_LONG = _bad("message caption is too long", "td; seen")
PARSE_MODE_UNKNOWN = _bad(
    "unsupported parse_mode", "server get_formatted_text; here also for Markdown, which is not built"
)
ENTITIES_UNREADABLE = _bad(
    "can't parse entities: {reason}", "server get_formatted_text; the reasons are td's"
)

# buttons
MARKUP_UNREADABLE = _bad("can't parse reply keyboard markup JSON object", "server get_reply_markup")
MARKUP_NOT_OBJECT = _bad("object expected as reply markup", "server get_reply_markup")
KEYBOARD_NOT_ARRAY = _bad(
    'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays', "server; seen"
)
BUTTON_UNREADABLE = _bad("can't parse inline keyboard button: {reason}", "server get_reply_markup")
BUTTON_DATA_INVALID = _bad("BUTTON_DATA_INVALID", "seen: callback_data longer than 64 bytes")
MARKUP_TOO_LONG = _bad("reply markup is too long", "server fail_query_with_error REPLY_MARKUP_TOO_LONG")

# files
PARAMETER_MISSING = _bad('parameter "{name}" is required', "server get_required_string_arg; seen")
PHOTO_MISSING = _bad("there is no photo in the request", "server process_send_photo_query; seen")
DOCUMENT_MISSING = _bad("there is no document in the request", "server process_send_document_query; seen")
FILE_EMPTY = _bad("file must be non-empty", "td FileManager; seen")
FILE_ID_MISSING = _bad("file_id not specified", "server check_remote_file_id")
FILE_ID_INVALID = _bad("invalid file_id", "server TdOnCheckRemoteFileIdCallback; seen")
FILE_ID_WRONG = _bad("wrong file identifier/HTTP URL specified", "td; seen with file_ids of another bot")
FILE_WRONG_KIND = _bad("can't use file of type {given} as {wanted}", "td FileManager; seen")
FILE_TOO_BIG = _bad("file is too big", "server do_get_file: over 20 << 20 bytes")
URL_UNREACHABLE = _bad(
    "failed to get HTTP URL content", "server fail_query_with_error WEBPAGE_CURL_FAILED; no network here"
)
PHOTO_TOO_BIG = _bad(
    "file of size {size} bytes is too big for a photo; the maximum size is 10485760 bytes",
    "td check_full_local_location; seen",
)
PHOTO_DIMENSIONS = _bad("PHOTO_INVALID_DIMENSIONS", "seen: sides over 10000 together, or a ratio over 20")
PHOTO_UNREADABLE = _bad("IMAGE_PROCESS_FAILED", "seen: what is no picture sent as a photo")
MEDIA_UNREADABLE = _bad("can't parse media JSON object", "server get_input_message_contents")
MEDIA_NOT_ARRAY = _bad("expected an Array of InputMedia", "server get_input_message_contents")
MEDIA_INVALID = _bad("can't parse InputMedia: {reason}", "server get_input_message_contents")
ALBUM_TOO_LONG = _bad("too much messages to send as an album", "td; seen")
ALBUM_TOO_SHORT = _bad("album must include 2-10 items", "ours: spec sendMediaGroup gives the numbers")
ALBUM_MIXED = _bad(
    "Can't use the media of the specified type in the album",
    "server fail_query_with_error MEDIA_GROUPED_INVALID",
)

# presses, actions, commands
QUERY_EXPIRED = _bad(
    "query is too old and response timeout expired or query ID is invalid",
    "server fail_query_with_error QUERY_ID_INVALID",
)
ANSWER_TOO_LONG = _bad("MESSAGE_TOO_LONG", "seen: answerCallbackQuery with more than 200 characters")
ACTION_UNKNOWN = _bad("wrong parameter action in request", "server process_send_chat_action_query")
REACTION_INVALID = _bad("REACTION_INVALID", "seen: an emoji that is no reaction")
COMMANDS_UNREADABLE = _bad("can't parse commands JSON object", "server get_bot_commands")
COMMANDS_NOT_ARRAY = _bad("expected an Array of BotCommand", "server get_bot_commands")
COMMAND_INVALID = _bad("can't parse BotCommand: {reason}", "server get_bot_commands")
COMMAND_REFUSED = _bad("BOT_COMMAND_INVALID", "seen: capitals, more than 32 characters")
COMMANDS_TOO_MANY = _bad("too many commands specified", "ours: spec setMyCommands gives 100")
SCOPE_UNREADABLE = _bad("can't parse BotCommandScope JSON object", "server get_bot_command_scope")
SCOPE_UNKNOWN = _bad(
    "can't parse BotCommandScope: Unsupported type specified", "server get_bot_command_scope"
)
DESCRIPTION_TOO_LONG = _bad("description is too long", "ours: spec setMyDescription gives the numbers")

# receiving
WEBHOOK_ACTIVE = Wording(
    code=409,
    text="Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    source="server process_get_updates_query",
)
OTHER_POLLER = Wording(
    code=409,
    text="Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    source="server abort_long_poll",
)
POLL_ENDED_BY_WEBHOOK = Wording(
    code=409, text="Conflict: terminated by setWebhook request", source="server abort_long_poll"
)
WEBHOOK_URL_INVALID = _bad("invalid webhook URL specified", "server do_set_webhook")
WEBHOOK_NEEDS_HTTPS = _bad(
    "bad webhook: An HTTPS URL must be provided for webhook",
    "server WebhookActor::start_up; plain HTTP is let through here for addresses of this machine",
)
WEBHOOK_PORT = _bad(
    "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443", "server WebhookActor::start_up"
)
SECRET_TOO_LONG = _bad("secret token is too long", "server do_set_webhook")
SECRET_CHARACTERS = _bad("secret token contains unallowed characters", "server do_set_webhook")


def too_many_requests(retry_after: int) -> Refusal:
    """Make the 429 answer (server set_retry_after_error)."""
    return Refusal(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


SERVER_FAILURES = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
"""What the hosted service answers when it is unwell (seen)."""
