"""The block of configuration of a seller's own Telegram chat."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class TelegramChatSettings(BaseModel):
    """Which chat; token and address of the Bot API are the bot's own unless they are named."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    chat: int  # a group's is negative
    topic: int = Field(0, ge=0)  # message_thread_id of a forum's topic, 0 = none
    token: SecretStr
    api: str = "https://api.telegram.org"
    timeout: float = Field(60.0, gt=0, le=300)  # seconds
