"""The parse mode HTML: tags in, plain text and entities out; knows nothing else of messages."""

from html.parser import HTMLParser

from bot.sandbox import errors
from bot.sandbox.shapes import Json

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
"""Spec "HTML style"; a span is a spoiler only with class="tg-spoiler"."""


def parse_html(text: str) -> tuple[str, list[Json]]:
    """Return the plain text and its entities; raises the refusal for tags that Telegram does not know."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.finished()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._text: list[str] = []
        self._length = 0
        self._open: list[tuple[str, Json]] = []
        self._entities: list[Json] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _TAGS or (tag == "span" and given.get("class") != "tg-spoiler"):
            raise errors.ENTITIES_UNREADABLE.refusal(
                reason=f'Unsupported start tag "{tag}" at byte offset {self.getpos()[1]}'
            )
        entity: Json = {"type": _TAGS[tag], "offset": self._length, "length": 0}
        if tag == "a":
            entity["url"] = given.get("href") or ""
        if tag == "blockquote" and "expandable" in given:
            entity["type"] = "expandable_blockquote"
        self._open.append((tag, entity))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise errors.ENTITIES_UNREADABLE.refusal(
                reason=f"Unexpected end tag at byte offset {self.getpos()[1]}"
            )
        _, entity = self._open.pop()
        entity["length"] = self._length - entity["offset"]
        if entity["length"]:
            self._entities.append(entity)

    def handle_data(self, data: str) -> None:
        self._text.append(data)
        self._length += len(data.encode("utf-16-le")) // 2

    def finished(self) -> tuple[str, list[Json]]:
        if self._open:
            raise errors.ENTITIES_UNREADABLE.refusal(
                reason=f'Can\'t find end tag corresponding to start tag "{self._open[-1][0]}"'
            )
        return "".join(self._text), self._entities
