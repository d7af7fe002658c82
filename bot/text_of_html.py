"""The words of an HTML text, without quotes of earlier mails; tolerant, pure."""

import re
from html.parser import HTMLParser

ADDRESS = re.compile(r"https?://[^\s<>]{3,1000}")
MOST_PAGE = 240_000  # characters that are read: the newest words stand first


class _Text(HTMLParser):
    """Gathers the words of a page; quotes of earlier mails are left out."""

    BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol"})
    CELLS = frozenset({"td", "th"})
    SILENT = frozenset({"style", "script", "head", "title", "blockquote"})
    EMPTY = frozenset({"br", "img", "hr", "meta", "link", "input", "wbr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent: list[str] = []
        self.link, self.named_from = "", 0  # where the open link leads, and where its words begin

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body" and self.silent[:1] == ["head"]:
            self.silent.clear()  # the end of a head may be left out
        quoted = tag == "div" and any(
            word in (dict(attrs).get("class") or "") for word in ("gmail_quote", "moz-cite")
        )
        if self.silent or tag in self.SILENT or quoted:
            if tag not in self.EMPTY:
                self.silent.append(tag)
        elif tag in self.BREAKS:
            self.parts.append("\n")
        elif tag in self.CELLS:
            self.parts.append(" ")
        elif tag == "a":
            self.link, self.named_from = (dict(attrs).get("href") or "").strip(), len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            while self.silent and self.silent.pop() != tag:
                pass
        elif tag == "a":
            self._say_where()

    def _say_where(self) -> None:
        """Say where a link leads, when its words do not: a label behind the word "here" would be lost."""
        words = "".join(self.parts[self.named_from :]).strip()
        bare = self.link.partition("://")[2].rstrip("/")
        if words and ADDRESS.fullmatch(self.link) and bare not in words:
            self.parts.append(f" ({self.link})")
        self.link = ""

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def text_of_html(page: str) -> str:
    """Read the words of an HTML text, a line for each paragraph."""
    reader = _Text()
    reader.feed(page[:MOST_PAGE])
    reader.close()
    lines = [re.sub(" {2,}", " ", line).strip() for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
