"""What a person wrote in a mail: without what is quoted, signed or put in by the program; pure.

Answers stand above what they quote, below it, or between its lines; all three are read.
"""

import re
from collections.abc import Iterator

from mailparser_reply import EmailReplyParser

LANGUAGES = ["en", "de", "es", "fr", "it", "nl", "pl"]
MARKER = re.compile(r"^(?P<before>.*)#-#-# *[0-9A-Z]{4,12} *#-#-#.*$", re.MULTILINE)
INTRODUCED = re.compile(r"^.*case\+[0-9A-Za-z]{4,12}\.[0-9a-f]{20}@.*$", re.MULTILINE)
"""The line with which any mail program, in any language, introduces what it quotes of ours."""
SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
TAIL = (
    re.compile(r"^\s*[_*=-]{5,}\s*$"),
    re.compile(r"^\s*-{2,}\s*[^\W\d_][\w ]{3,40}\s*-{2,}\s*$"),  # -----Original Message-----, in any language
    re.compile(
        r"^\W*(From|Sent|Date|To|Cc|Subject|Von|Gesendet|Datum|An|Betreff|De|Enviado( el)?|Fecha|Para|CC|Asunto)\W?:.*$"
    ),
    re.compile(r"^(Sent (from|with) my |Get Outlook for |Sent from Outlook|Sent from Mail for ).*$"),
    re.compile(
        r"^(Von meinem .* gesendet|Gesendet (von|mit) (meinem|der) .*|Outlook für .* herunterladen.*)\W*$"
    ),
    re.compile(r"^(Enviado desde mi |Enviado desde Outlook|Obtener Outlook para ).*$"),
    re.compile(r"^(On|Am|El|Le|Op|Il|W dniu)\b.*\b\d{1,2}[:.]\d{2}\b.*(:|Clearshot|@.*)\s*$"),  # ... wrote:
    re.compile(r"^(On|Am|El|Le|Op|Il)\b.*\b(wrote|schrieb|escribió|a écrit|schreef|ha scritto)\b.*:\s*$"),
)
"""Lines that programs put between an answer and what it quotes, and their own advertisements."""
BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
LONG_LINE = re.compile(r"^.{200,}$", re.MULTILINE)
STAND_INS, STAND_IN = re.compile("[\ue000\ue001]"), re.compile("\ue000([0-9]+)\ue001")
MOST_TEXT = 8000  # characters that the library reads; fewer reach the chat
LONGEST_TAIL = 500  # characters; longer lines are somebody's words


def words_in(text: str) -> str:
    """Find what was written, "" when nothing was."""
    found = [pattern.search(text) for pattern in (MARKER, INTRODUCED)]
    ends = [one.start() for one in found if one]
    if not ends:
        return _newest(text)
    return _newest(text[: min(ends)]) or _newest(_between(text[min(ends) :]))


def _newest(text: str) -> str:
    kept = _parsed(BLANK_LINES.sub("\n\n", text)[:MOST_TEXT])
    signature = SIGNATURE.search(kept)
    return _without_tail(kept[: signature.start()] if signature else kept)


def _parsed(text: str) -> str:
    """Let the library find the newest reply. It never sees a long line: its patterns take the cube of one's length."""
    hidden: list[str] = []

    def hide(found: re.Match[str]) -> str:
        hidden.append(found[0])
        return f"\ue000{len(hidden) - 1}\ue001"

    said = LONG_LINE.sub(hide, STAND_INS.sub("", text))
    reply = EmailReplyParser(languages=LANGUAGES).read(text=said).latest_reply or ""
    return STAND_IN.sub(lambda found: hidden[int(found[1])], reply)


def _without_tail(text: str) -> str:
    """Drop from the end what no person wrote."""
    lines = text.rstrip().split("\n")
    while lines and (not lines[-1].strip() or _is_tail(lines[-1])):
        lines.pop()
    return "\n".join(lines).strip()


def _is_tail(line: str) -> bool:
    return len(line) < LONGEST_TAIL and any(pattern.match(line) for pattern in TAIL)


def _between(quoted: str) -> str:
    """Collect what stands below or between quoted lines; a mail that quotes without > cannot be told apart."""
    marked = MARKER.search(quoted)
    if marked is None or ">" not in marked["before"]:
        return ""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_unquoted(quoted[marked.end() :].split("\n")))).strip()


def _unquoted(lines: list[str]) -> Iterator[str]:
    """Leave quoted lines out; an empty one stands for what was quoted in between."""
    for line in lines:
        yield "" if line.lstrip().startswith(">") else line
