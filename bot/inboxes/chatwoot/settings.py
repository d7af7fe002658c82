"""The Chatwoot inbox's block of configuration."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.http_calls import checked_base


class ChatwootSettings(BaseModel):
    """Which Chatwoot, and which of its API inboxes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    inbox: str = Field(pattern=r"^[A-Za-z0-9_-]{4,80}$")  # the API inbox's identifier
    hmac_token: SecretStr = SecretStr("")  # where the inbox demands proof of identity
    hook_secret: SecretStr = SecretStr("")  # the webhook's own secret (since 4.13), not hmac_token
    hook_token: SecretStr = SecretStr("")  # of /hooks/SELLER?token=..., for releases that do not sign
    request_bytes: int = Field(30_000_000, ge=1_000_000)  # bytes of photos in one message
    allow_private: bool = False
    timeout: float = Field(60.0, gt=0, le=300)  # seconds

    @model_validator(mode="after")
    def _address(self) -> Self:
        checked_base(self.url, allow_private=self.allow_private)
        token = self.hook_token.get_secret_value()
        if token and len(token) < 16:  # noqa: PLR2004 - nobody guesses so many
            raise ValueError("hook_token has at least 16 characters")
        return self
