"""The e-mail inbox's block of configuration."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

Address = Annotated[
    str, StringConstraints(pattern=r"^[^@\s<>\"',;:\\()\[\]]+@[A-Za-z0-9.-]+$", max_length=254)
]


class EmailSettings(BaseModel):
    """How mails leave, and where they go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1)
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: Address  # From
    recipient: Address  # To
    reply_domain: str = Field("", pattern=r"^[A-Za-z0-9.-]*$")  # Reply-To: case+CODE.TOKEN@DOMAIN
    reply_secret: SecretStr = SecretStr("")
    budget: int = Field(
        7_000_000, ge=100_000
    )  # bytes of photos in one mail, before base64 makes them 1.37 times as many
    timeout: float = Field(30.0, gt=0, le=300)  # seconds
