"""The Zammad inbox's block of configuration."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.http_calls import checked_base


class ZammadSettings(BaseModel):
    """Which Zammad, and as whom."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    token: SecretStr = Field(min_length=8)  # of a user who may create tickets (permission ticket.agent)
    group: str = Field(min_length=1)
    customer: str = Field(
        pattern=r"^[^@\s]+@[^@\s]+$"
    )  # e-mail address of the customer whom tickets of the bot belong to
    hook_secret: SecretStr = SecretStr("")  # "HMAC SHA1 Signature Token" of the webhook
    request_bytes: int = Field(14_000_000, ge=1_000_000)  # bytes of photos in one article, before base64
    allow_private: bool = False
    timeout: float = Field(60.0, gt=0, le=300)  # seconds

    @model_validator(mode="after")
    def _address(self) -> Self:
        checked_base(self.url, allow_private=self.allow_private)
        return self
