"""Plural forms by language, after the Unicode CLDR's cardinal rules for whole numbers."""

from collections.abc import Callable


def _one_other(n: int) -> int:
    return 0 if n == 1 else 1


def _zero_one(n: int) -> int:
    return 0 if n in {0, 1} else 1


def _single(n: int) -> int:
    return 0


def _slavic_east(n: int) -> int:
    if n % 10 == 1 and n % 100 != 11:  # noqa: PLR2004 - eleven
        return 0
    return 1 if n % 10 in {2, 3, 4} and n % 100 not in {12, 13, 14} else 2


def _polish(n: int) -> int:
    if n == 1:
        return 0
    return 1 if n % 10 in {2, 3, 4} and n % 100 not in {12, 13, 14} else 2


def _czech(n: int) -> int:
    if n == 1:
        return 0
    return 1 if n in {2, 3, 4} else 2


RULES: dict[str, tuple[int, Callable[[int], int]]] = {
    **dict.fromkeys(
        ("en", "de", "es", "it", "nl", "sv", "da", "nb", "fi", "el", "hu", "tr"), (2, _one_other)
    ),
    **dict.fromkeys(("fr", "pt"), (2, _zero_one)),
    **dict.fromkeys(("ja", "zh", "ko", "vi", "th", "id"), (1, _single)),
    **dict.fromkeys(("ru", "uk"), (3, _slavic_east)),
    "pl": (3, _polish),
    **dict.fromkeys(("cs", "sk"), (3, _czech)),
}
"""Language -> (number of forms, index of the form for a number)."""


def forms(locale: str) -> int:
    """How many forms a language writes; 2 for languages not in the table."""
    return RULES.get(locale.partition("-")[0], (2, _one_other))[0]


def form(locale: str, number: float) -> int:
    """The place of the form for a number; fractions take the last."""
    count, rule = RULES.get(locale.partition("-")[0], (2, _one_other))
    return rule(int(number)) if number == int(number) and number >= 0 else count - 1
