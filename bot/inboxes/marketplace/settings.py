"""The marketplace inbox's block of configuration."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator


class MarketplaceSettings(BaseModel):
    """Which marketplace, what it takes, and how its customers find the seller there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("Amazon", min_length=1, max_length=40)
    orders_url: str = ""  # the page where a customer begins: a button leads there
    way: dict[str, str] = Field(
        default_factory=dict
    )  # from there to the seller, by language; {} = the common words
    most_text: int = Field(4000, ge=300, le=4000)  # characters of one message; 4000 is Amazon's limit
    most_bytes: int = Field(10_000_000, ge=500_000, le=10_000_000)  # of all files together, likewise

    @model_validator(mode="after")
    def _address(self) -> Self:
        parts = urlsplit(self.orders_url)
        if self.orders_url and (parts.scheme != "https" or not parts.hostname):
            raise ValueError("orders_url begins with https://")
        return self
