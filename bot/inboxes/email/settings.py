"""The e-mail inbox's block of configuration."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

Address = Annotated[
    str, StringConstraints(pattern=r"^[^@\s<>\"',;:\\()\[\]]+@[A-Za-z0-9.-]+$", max_length=254)
]


Known = Annotated[
    str, StringConstraints(pattern=r"^([^@\s<>\"',;:\\()\[\]]+@)?[A-Za-z0-9.-]+$", max_length=254)
]
SHORTEST_SECRET = 16


class ImapSettings(BaseModel):
    """The mailbox that answers come to, asked every few seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = Field(min_length=1)
    port: int = Field(993, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = Field(min_length=1)
    password: SecretStr
    folder: str = "INBOX"
    every: float = Field(30.0, ge=1, le=3600)  # seconds
    timeout: float = Field(30.0, gt=0, le=300)  # seconds


class EmailSettings(BaseModel):
    """How mails leave, and where they go."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = Field(min_length=1)
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: Address  # From
    recipient: Address  # To
    reply_domain: str = Field("", pattern=r"^[A-Za-z0-9.-]*$")  # Reply-To: case+CODE.TOKEN@DOMAIN
    reply_secret: SecretStr = SecretStr("")
    senders: tuple[Known, ...] = ()
    """Who may answer: addresses or domains; without any, the recipient's address. Others count as unverified."""
    only_known_senders: bool = False  # refuse the others
    imap: ImapSettings | None = None
    hook_token: SecretStr = SecretStr("")  # of /hooks/SELLER?token=..., for providers that post mails
    budget: int = Field(
        7_000_000, ge=100_000
    )  # bytes of photos in one mail, before base64 makes them 1.37 times as many
    timeout: float = Field(30.0, gt=0, le=300)  # seconds

    @model_validator(mode="after")
    def _way_back(self) -> "EmailSettings":
        secret, token = self.reply_secret.get_secret_value(), self.hook_token.get_secret_value()
        if self.reply_domain and len(secret) < SHORTEST_SECRET:
            raise ValueError(
                f"reply_secret has at least {SHORTEST_SECRET} characters when reply_domain is set"
            )
        if token and len(token) < SHORTEST_SECRET:
            raise ValueError(f"hook_token has at least {SHORTEST_SECRET} characters")
        if (self.imap is not None or token) and not self.reply_domain:
            raise ValueError("answers need reply_domain and reply_secret: the address is what tells the case")
        return self
