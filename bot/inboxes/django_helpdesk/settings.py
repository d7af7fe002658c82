"""The django-helpdesk inbox's block of configuration."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.http_calls import checked_base


class DjangoHelpdeskSettings(BaseModel):
    """Which help desk, and as whom."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str  # where the help desk is mounted: `api/` lies below it
    token: SecretStr = Field(min_length=8)  # REST framework token of a staff account
    queue: int = Field(ge=1)  # primary key of the queue
    submitter: str = Field(
        pattern=r"^[^@\s]+@[^@\s]+$"
    )  # e-mail address that tickets of the bot are submitted by
    hook_token: SecretStr = SecretStr("")  # `?token=` of the follow-up webhook's address; "" = only asked for
    poll: float = Field(60.0, ge=1, le=3600)  # seconds between questions for answers
    request_bytes: int = Field(14_000_000, ge=1_000_000)  # bytes of photos in one follow-up
    allow_private: bool = False
    timeout: float = Field(60.0, gt=0, le=300)  # seconds

    @model_validator(mode="after")
    def _address(self) -> Self:
        checked_base(self.url, allow_private=self.allow_private)
        token = self.hook_token.get_secret_value()
        if token and len(token) < 16:  # noqa: PLR2004 - nobody guesses so many
            raise ValueError("hook_token has at least 16 characters")
        return self
