"""The words of an HTML text, without quotes of earlier mails; tolerant, pure."""

import re
from html.parser import HTMLParser

MOST_PAGE = 240_000  # characters that are read: the newest words stand first


class _Text(HTMLParser):
    """Gathers the words of a page; quotes of earlier mails are left out."""

    BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol"})
    SILENT = frozenset({"style", "script", "head", "title", "blockquote"})
    EMPTY = frozenset({"br", "img", "hr", "meta", "link", "input", "wbr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        quoted = tag == "div" and any(
            word in (dict(attrs).get("class") or "") for word in ("gmail_quote", "moz-cite")
        )
        if self.silent or tag in self.SILENT or quoted:
            if tag not in self.EMPTY:
                self.silent.append(tag)
        elif tag in self.BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            while self.silent and self.silent.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def text_of_html(page: str) -> str:
    """Read the words of an HTML text, a line for each paragraph."""
    reader = _Text()
    reader.feed(page[:MOST_PAGE])
    reader.close()
    lines = [line.strip() for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
