"""The facts that prove an order is somebody's: brought to one form, then kept only as keyed hashes."""

import hashlib
import hmac
import re
import unicodedata

ROUNDS = 2000
"""PBKDF2 rounds: e-mail addresses can be guessed, so guessing is made slower; a look-up still takes about 1 ms."""


def normal(fact: str) -> str:
    """Bring a fact to one form: case, white space, accents of width, and the signs in numbers do not count."""
    text = unicodedata.normalize("NFKC", fact).strip().casefold()
    if "@" in text:
        return re.sub(r"\s", "", text)
    if re.fullmatch(r"[+()\d\s./-]{6,}", text):
        return re.sub(r"\D", "", text).lstrip("0")
    return re.sub(r"[\s-]", "", text)


def normal_number(number: str) -> str:
    """Bring an order number to one form: a leading # and the case of letters do not count."""
    return unicodedata.normalize("NFKC", number).strip().lstrip("#").strip().casefold()


def hashed(number: str, fact: str) -> str:
    """Hash a fact together with its order's number, which is the salt."""
    salt = f"clearshot:{normal_number(number)}".encode()
    return hashlib.pbkdf2_hmac("sha256", normal(fact).encode(), salt, ROUNDS).hex()


def token_hash(token: str) -> str:
    """Hash a link token; 128 random bits need no salt."""
    return hashlib.sha256(b"clearshot:" + token.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)
