"""The block of configuration for a shop's own database."""

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from sqlalchemy import make_url, text
from sqlalchemy.exc import ArgumentError


class ShopDatabaseSettings(BaseModel):
    """Where the shop's orders are, and the one question that is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr
    seller: str = Field(min_length=1)
    query: str = Field(min_length=10, max_length=4000)
    """SELECT with :number; its columns: number, item, fact (one or several: fact_email ...), and optionally sku,
    quantity, image, barcode, personalization, placed_on, delivered_on, customer_name, hazardous."""

    @field_validator("url")
    @classmethod
    def _can_be_opened(cls, url: SecretStr) -> SecretStr:
        try:
            dialect = make_url(url.get_secret_value()).get_dialect()
            dialect.import_dbapi()
        except ArgumentError:  # of a kind that there is not, too
            raise ValueError("is no address such as postgresql://USER:PASSWORD@HOST/NAME") from None
        except ImportError as fault:
            raise ValueError(f"needs {fault.name}, which is not installed") from None
        if dialect.is_async:
            raise ValueError("names a driver for asyncio: name a plain one, such as postgresql+psycopg")
        return url

    @model_validator(mode="after")
    def _asks_only(self) -> Self:
        if not re.match(r"^\s*select\b", self.query, re.IGNORECASE) or ";" in self.query.rstrip().rstrip(";"):
            raise ValueError("the query is one SELECT")
        if set(text(self.query).compile().params) != {"number"}:
            raise ValueError("the query has the parameter :number, and no other (with CAST, not with ::)")
        return self
