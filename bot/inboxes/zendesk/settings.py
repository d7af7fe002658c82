"""The Zendesk inbox's block of configuration."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.http_calls import checked_base


class ZendeskSettings(BaseModel):
    """Which Zendesk, and as whom; the webhook's body is `TEMPLATE` of `wire`, put into the trigger by hand."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str  # https://SUBDOMAIN.zendesk.com
    email: str = Field(pattern=r"^[^@\s:/]+@[A-Za-z0-9.-]+$")  # of the agent whose API token it is
    token: SecretStr = Field(min_length=8)
    hook_secret: SecretStr = SecretStr("")  # the webhook's signing secret
    tags: tuple[str, ...] = ("clearshot",)
    allow_private: bool = False
    timeout: float = Field(60.0, gt=0, le=300)  # seconds

    @model_validator(mode="after")
    def _address(self) -> Self:
        checked_base(self.url, allow_private=self.allow_private)
        return self
