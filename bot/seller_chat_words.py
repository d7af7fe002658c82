"""What the bot says in a seller's own Telegram chat, and the marks by which a reply is understood later; pure.

Nothing is remembered: a message of ours begins with its case as a hashtag, a question also with the sign of what its
answer will be.
"""

import re
from typing import Literal

CASE = re.compile(r"\A(?P<sign>📷|✍️|)\s*#(?P<case>[0-9A-Z]{4,12})\b")
SIGNS: dict[Literal["answer", "photo"], str] = {"answer": "✍️", "photo": "📷"}
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "reply": "Reply", "ask": "Ask for a photo", "settle": "Settled", "yes": "Yes, settled", "no": "No",
        "answer": "Write your answer as a reply to this message.", "photo": "What should the photo show? Reply to this message.",
        "sure": "Is the matter settled?", "told": "✓ The customer reads it now.", "gone": "There is no such case any more.",
        "only_words": "Only words, photos and PDFs reach the customer. Please send one of them as a reply.",
        "not_fetched": "The file could not be fetched (10 MB at most). Nothing was sent, please try again.",
        "missing": "Could not be photographed", "more": "More photos",
    },
    "de": {
        "reply": "Antworten", "ask": "Foto anfordern", "settle": "Erledigt", "yes": "Ja, erledigt", "no": "Nein",
        "answer": "Schreiben Sie Ihre Antwort als Antwort auf diese Nachricht.",
        "photo": "Was soll das Foto zeigen? Antworten Sie auf diese Nachricht.", "sure": "Ist die Sache erledigt?",
        "told": "✓ Die Kundschaft liest es jetzt.", "gone": "Diesen Fall gibt es nicht mehr.",
        "only_words": "Nur Worte, Fotos und PDFs erreichen die Kundschaft. Bitte senden Sie eins davon als Antwort.",
        "not_fetched": "Die Datei ließ sich nicht laden (höchstens 10 MB). Es wurde nichts gesendet, bitte noch einmal versuchen.",
        "missing": "Nicht zu fotografieren", "more": "Weitere Fotos",
    },
    "es": {
        "reply": "Responder", "ask": "Pedir una foto", "settle": "Resuelto", "yes": "Sí, resuelto", "no": "No",
        "answer": "Escriba su respuesta como respuesta a este mensaje.",
        "photo": "¿Qué debe mostrar la foto? Responda a este mensaje.", "sure": "¿Está resuelto el asunto?",
        "told": "✓ El cliente lo lee ahora.", "gone": "Este caso ya no existe.", "missing": "No se pudo fotografiar",
        "only_words": "Al cliente solo le llegan palabras, fotos y PDF. Envíelos como respuesta, por favor.",
        "not_fetched": "No se pudo cargar el archivo (10 MB como máximo). No se envió nada, inténtelo otra vez, por favor.",
        "more": "Más fotos",
    },
}  # fmt: skip
ACTIONS = ("reply", "ask", "settle", "yes", "no")


def words_in(locale: str) -> dict[str, str]:
    """Pick a language."""
    return WORDS.get(locale, WORDS["en"])


def button(action: str, case: str) -> str:
    """Make the data of a button: at most 64 bytes."""
    return f"seller.{case}.{action}"


def pressed(data: str) -> tuple[str, str] | None:
    """Read a button's data: the case and what to do."""
    head, _, rest = data.partition(".")
    case, _, action = rest.partition(".")
    return (
        (case, action)
        if head == "seller" and action in ACTIONS and re.fullmatch("[0-9A-Z]{4,12}", case)
        else None
    )


def question(kind: Literal["answer", "photo"], case: str, *, locale: str) -> str:
    """Ask for words; the reply to it is understood by its beginning."""
    return f"{SIGNS[kind]} #{case}\n{words_in(locale)[kind]}"


def meant(text: str) -> tuple[str, Literal["answer", "photo"] | None] | None:
    """Tell which case a message of ours is about, and what a reply to it means (None: what its first line says)."""
    found = CASE.match(text)
    if found is None:
        return None
    kinds: dict[str, Literal["answer", "photo"] | None] = {"📷": "photo", "✍️": "answer", "": None}
    return found["case"], kinds[found["sign"]]
