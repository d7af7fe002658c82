"""The webhook inbox's block of configuration."""

import base64
import binascii
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.public_hosts import is_literal, is_public

PREFIX = "whsec_"
PLAIN = re.compile(
    r"https?://[!\"$-\[\]-~]+"
)  # printable ASCII without # and backslash; other names are written with xn--
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*\.?")
SHORTEST, LONGEST = 24, 64  # bytes of a secret (Standard Webhooks, "Symmetric")


def _is_secret(secret: SecretStr) -> SecretStr:
    try:
        key = key_of(secret)
    except (ValueError, binascii.Error):
        raise ValueError("is no secret: whsec_ and base64") from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"holds {len(key)} bytes; {SHORTEST} to {LONGEST} are wanted")
    return secret


def key_of(secret: SecretStr) -> bytes:
    """Return the bytes that a secret signs with."""
    return base64.b64decode(secret.get_secret_value().removeprefix(PREFIX), validate=True)


class WebhookSettings(BaseModel):
    """Where events go, and how they are signed (Standard Webhooks)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    secrets: tuple[Annotated[SecretStr, AfterValidator(_is_secret)], ...] = Field(min_length=1, max_length=4)
    """Newest first; every one signs, so that a receiver can change over."""
    allow_private: bool = False
    """Also addresses that are not on the public internet, and plain http."""
    timeout: float = Field(20.0, gt=0, le=60)  # seconds; the specification asks for 15 to 30

    @model_validator(mode="after")
    def _address(self) -> "WebhookSettings":
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if not PLAIN.fullmatch(self.url) or parts.username is not None or not host:
            raise ValueError("url is no address such as https://shop.example/clearshot")
        if not is_literal(host) and not NAME.fullmatch(host):
            raise ValueError("url names a host that cannot be")
        if self.allow_private:
            return self
        if parts.scheme != "https" or _is_odd(parts.port):
            raise ValueError("url begins with https:// and has no port below 1024 but 443; see allow_private")
        if is_literal(host) and not _is_public_literal(host):
            raise ValueError("url is on no public host; allow_private lets it be")
        return self


def _is_odd(port: int | None) -> bool:
    return port is not None and port < 1024 and port != 443  # noqa: PLR2004 - ports of other services


def _is_public_literal(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return False
