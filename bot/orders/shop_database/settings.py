"""The block of configuration for a shop's own database."""

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

PARAMETER = re.compile(r"(?<!:):(\w+)")


class ShopDatabaseSettings(BaseModel):
    """Where the shop's orders are, and the one question that is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr
    seller: str = Field(min_length=1)
    query: str = Field(min_length=10, max_length=4000)
    """SELECT with :number; its columns: number, item, fact (one or several: fact_email ...), and optionally sku,
    quantity, image, barcode, personalization, placed_on, delivered_on, customer_name, hazardous."""

    @model_validator(mode="after")
    def _asks_only(self) -> Self:
        if not re.match(r"^\s*select\b", self.query, re.IGNORECASE) or ";" in self.query.rstrip().rstrip(";"):
            raise ValueError("the query is one SELECT")
        if set(PARAMETER.findall(self.query)) != {"number"}:
            raise ValueError("the query has the parameter :number, and no other")
        return self
