"""Turns a Say into calls of the Bot API, as plain values; formats only by entities, never by a parse mode. Pure."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.telegram.styled import BLANK, Styled, clean, is_blank, shortened, split, styled
from flows.effects import Say
from flows.values import Button, Picture, Rows, Spans

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
BUTTONS_LIMIT = 100
DATA_LIMIT = 64  # bytes
LABEL_LIMIT = 64
"""The Bot API names no limit for labels; longer ones do not fit a phone."""

PICTURE = "attach://picture"
"""Where the picture goes: its upload is the part `picture` of the request, or a file_id takes its place."""

_SCHEMES = ("http", "https", "tg")


class NotInPlace(Exception):
    """The message there is cannot be changed into what is wished for: it must be sent anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: `params` as the Bot API names them; `pictured` tells that it carries the picture at PICTURE.

    `name` is that of a picture which goes as a file, with all its bytes.
    """

    method: str
    params: dict[str, Any]
    pictured: bool = False
    name: str = ""

    def with_file_id(self, file_id: str) -> dict[str, Any]:
        """Return the parameters with a file that Telegram has."""
        if "media" in self.params:
            return self.params | {"media": self.params["media"] | {"media": file_id}}
        return self.params | {"photo": file_id}

    def with_upload(self, file: Any) -> dict[str, Any]:
        """Return the parameters with a file to upload; `file` is what the client takes for one."""
        return self.params | {
            "picture" if "media" in self.params else "document" if self.name else "photo": file
        }


def render_send(say: Say, *, chat: int, pictured: bool) -> tuple[Call, ...]:
    """Return the calls that show `say` anew; the last one carries the buttons and holds the slot.

    A text that is too long is split; one that does not fit below the picture follows it.
    """
    words = styled(say.spans)
    markup = _markup(say)
    if not pictured:
        return _texts(words, chat=chat, markup=markup)
    if say.picture is not None and say.picture.source == "file":
        return (_document(words, say.picture, chat=chat, markup=markup),)
    if _fits(words, CAPTION_LIMIT):
        return (_photo(words, chat=chat, markup=markup),)
    return (_photo(Styled(""), chat=chat, markup={}), *_texts(words, chat=chat, markup=markup))


def render_edit(
    say: Say, *, chat: int, message: int, had_picture: bool, pictured: bool, same_picture: bool = False
) -> Call:
    """Return the call that changes a message into `say`; raises NotInPlace.

    A text never becomes a picture nor a picture a text; `same_picture` tells that only its caption changes.
    """
    words = styled(say.spans)
    limit = CAPTION_LIMIT if pictured else TEXT_LIMIT
    if had_picture != pictured or not _fits(words, limit) or (say.placeholder and not say.buttons):
        raise NotInPlace
    place = {"chat_id": chat, "message_id": message} | _keyboard(say.buttons)
    if not pictured:
        return Call(method="editMessageText", params=place | _text(words))
    if same_picture:
        return Call(method="editMessageCaption", params=place | _caption(words))
    media = {"type": "photo", "media": PICTURE} | _caption(words)
    return Call(method="editMessageMedia", params=place | {"media": media}, pictured=True)


def render_closing(closing: Spans | None, *, chat: int, message: int, had_picture: bool) -> Call:
    """Return the call that takes the buttons off a message, and sets its words to `closing` when that is given."""
    place: dict[str, Any] = {"chat_id": chat, "message_id": message}
    words = styled(closing or ())
    if is_blank(words.text):
        return Call(method="editMessageReplyMarkup", params=place)
    if had_picture:
        return Call(method="editMessageCaption", params=place | _caption(_first(words, CAPTION_LIMIT)))
    return Call(method="editMessageText", params=place | _text(_first(words, TEXT_LIMIT)))


def _fits(words: Styled, limit: int) -> bool:
    return len(split(words, limit=limit)) <= 1


def _first(words: Styled, limit: int) -> Styled:
    return split(words, limit=limit)[0]


def _texts(words: Styled, *, chat: int, markup: dict[str, Any]) -> tuple[Call, ...]:
    parts = split(words, limit=TEXT_LIMIT) or [Styled(BLANK)]
    calls = [Call(method="sendMessage", params={"chat_id": chat} | _text(part)) for part in parts]
    calls[-1].params.update(markup)
    return tuple(calls)


def _photo(words: Styled, *, chat: int, markup: dict[str, Any]) -> Call:
    params = {"chat_id": chat, "photo": PICTURE} | _caption(words) | markup
    return Call(method="sendPhoto", params=params, pictured=True)


def _document(words: Styled, file: Picture, *, chat: int, markup: dict[str, Any]) -> Call:
    params = {"chat_id": chat, "document": PICTURE} | _caption(_first(words, CAPTION_LIMIT)) | markup
    return Call(method="sendDocument", params=params, pictured=True, name=file.captions[0])


def _text(words: Styled) -> dict[str, Any]:
    shown = Styled(BLANK) if is_blank(words.text) else words
    params: dict[str, Any] = {"text": shown.text, "link_preview_options": {"is_disabled": True}}
    if shown.runs:
        params["entities"] = shown.entities
    return params


def _caption(words: Styled) -> dict[str, Any]:
    if is_blank(words.text):
        return {}
    return {"caption": words.text} | ({"caption_entities": words.entities} if words.runs else {})


def _markup(say: Say) -> dict[str, Any]:
    if say.buttons or not say.placeholder:
        return _keyboard(say.buttons)
    hint = shortened(_one_line(say.placeholder), limit=LABEL_LIMIT)
    return {"reply_markup": {"force_reply": True, "input_field_placeholder": hint}}


def _keyboard(rows: Rows) -> dict[str, Any]:
    left = BUTTONS_LIMIT
    drawn = []
    for row in rows:
        buttons = [drawn_button for button in row if (drawn_button := _button(button)) is not None][:left]
        left -= len(buttons)
        if buttons:
            drawn.append(buttons)
    return {"reply_markup": {"inline_keyboard": drawn}} if drawn else {}


def _button(button: Button) -> dict[str, str] | None:
    """Return one button; None for an address that Telegram would refuse together with the whole message."""
    label = {"text": shortened(_one_line(button.text), limit=LABEL_LIMIT)}
    if button.url:
        return label | {"url": button.url} if _is_address(button.url) else None
    if not 1 <= len(button.data.encode()) <= DATA_LIMIT:
        raise ValueError(f"button data has {len(button.data.encode())} bytes, 1 to {DATA_LIMIT} are possible")
    return label | {"callback_data": button.data}


def _one_line(words: str) -> str:
    line = " ".join(clean(words).split())
    return BLANK if is_blank(line) else line


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.netloc) and not any(sign.isspace() for sign in url)
