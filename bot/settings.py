"""The settings: environment variables, or one YAML file; checked whole, every fault one line that names its variable."""

import hashlib
import re
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator

from bot.settings_table import PREFIX, ROWS, Row
from flows.yaml_source import Fault, SourceFault, parse

TELEGRAM = "https://api.telegram.org"
DATA = Path("clearshot-data")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
OWN_NAMES = {f"{PREFIX}SETTINGS", f"{PREFIX}TEST_DATA", f"{PREFIX}VENV"}


class WrongSettings(Exception):
    """Settings that cannot be used: one line for each."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Settings(BaseModel):
    """What an operator decides; secrets never show in a repr or a log."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    telegram_token: SecretStr | None = None
    telegram_api: str = TELEGRAM
    telegram_secret: SecretStr | None = None
    database: str = f"sqlite:///{DATA}/clearshot.db"
    blobs: str = f"{DATA}/blobs"
    flows: Path | None = None
    sellers: Path | None = None
    orders: Path | None = None
    operators: tuple[int, ...] = ()
    public_url: str = ""
    listen: str = "127.0.0.1:8080"
    disk_reserve: int = Field(256, ge=0, le=1_000_000)
    retention: int = Field(90, ge=1, le=3650)
    records: int = Field(0, ge=0, le=5475)
    photo_workers: int = Field(1, ge=1, le=16)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    metrics: str = ""
    traces: Literal["none", "otlp"] = "none"

    @field_validator("telegram_token")
    @classmethod
    def _token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not re.fullmatch(r"\d{1,20}:[\w-]{1,200}", token.get_secret_value()):
            raise ValueError("is no bot token: digits, a colon, then letters, digits, _ and -")
        return token

    @field_validator("telegram_secret")
    @classmethod
    def _secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
            raise ValueError("takes 1-256 of A-Z a-z 0-9 _ -")
        return secret

    @field_validator("telegram_api", "public_url")
    @classmethod
    def _address(cls, address: str) -> str:
        if not address:
            return address
        parts = urlsplit(address)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        local_api = parts.scheme == "http" and parts.hostname is not None and parts.port is not None
        if not parts.hostname or not (secure or local_api) or parts.query or parts.fragment:
            raise ValueError("is no address such as https://bot.example.org")
        return address.rstrip("/")

    @field_validator("database")
    @classmethod
    def _database(cls, address: str) -> str:
        if not re.match(r"(sqlite:///|postgres(ql)?(\+\w+)?://)", address):
            raise ValueError("is neither sqlite:///FILE nor postgresql://...")
        return address

    @field_validator("blobs")
    @classmethod
    def _blobs(cls, place: str) -> str:
        if "://" in place and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,62}(/[\w.-]+)*/?", place):
            raise ValueError("is neither a folder nor s3://BUCKET/PREFIX")
        return place

    @field_validator("listen", "metrics")
    @classmethod
    def _listen(cls, listen: str, about: ValidationInfo) -> str:
        if about.field_name == "metrics" and not listen:
            return listen
        host, _, port = listen.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the highest port
            raise ValueError("is not ADDRESS:PORT, such as 127.0.0.1:8080")
        return listen

    @field_validator("traces")
    @classmethod
    def _extra(cls, traces: str) -> str:
        if traces == "otlp" and not can_trace():
            raise ValueError("needs the extra `otel`")
        return traces

    @field_validator("operators", mode="before")
    @classmethod
    def _operators(cls, raw: Any) -> Any:
        parts = raw if isinstance(raw, list | tuple) else re.split(r"[\s,]+", str(raw).strip())
        if not all(re.fullmatch(r"-?\d{1,18}", str(part)) for part in parts if part != ""):
            raise ValueError("takes Telegram ids (numbers), separated by commas")
        return tuple(int(part) for part in parts if part != "")

    @field_validator("flows")
    @classmethod
    def _folder(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_dir():
            raise ValueError(f"there is no folder {folder}")
        return folder

    @field_validator("sellers", "orders")
    @classmethod
    def _file(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_file():
            raise ValueError(f"there is no file {file}")
        return file

    @property
    def metrics_place(self) -> tuple[str, int]:
        """The address and port that metrics are served on."""
        host, _, port = self.metrics.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def host(self) -> str:
        """The address to listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on, 0 = any."""
        return int(self.listen.rpartition(":")[2])

    @property
    def webhook_secret(self) -> str:
        """The secret of webhook calls: set, or made of the token so that it stays the same."""
        if self.telegram_secret is not None:
            return self.telegram_secret.get_secret_value()
        return hashlib.sha256(b"webhook secret of " + self.token.encode()).hexdigest()

    @property
    def token(self) -> str:
        """The bot's token; raises WrongSettings when there is none."""
        if self.telegram_token is None:
            raise WrongSettings(f"{PREFIX}TELEGRAM_TOKEN: is not set; @BotFather gives you one")
        return self.telegram_token.get_secret_value()


def can_trace() -> bool:
    """Tell whether the extra `otel` is installed, without importing what it brings."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def read_settings(environ: Mapping[str, str], *, file: Path | None = None) -> Settings:
    """Read the environment, then the settings file for what it leaves out; raises WrongSettings."""
    named = environ.get(f"{PREFIX}SETTINGS")
    file = file or (Path(named) if named else None)
    values = _from_file(file) if file else {}
    lines = _misspelt(environ)
    known = {row.variable: row.name for row in ROWS}
    values |= {known[name]: value for name, value in environ.items() if name in known and value != ""}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as refusal:
        raise WrongSettings(*lines, *(_line(error) for error in refusal.errors())) from None
    if lines:
        raise WrongSettings(*lines)
    return settings


def _from_file(file: Path) -> dict[str, Any]:
    try:
        root = parse(str(file), file.read_text(encoding="utf-8"))
    except SourceFault as refusal:
        raise WrongSettings(str(refusal.fault)) from None
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "is no UTF-8 text"
        raise WrongSettings(f"{PREFIX}SETTINGS: {file}: {why}") from None
    names = {row.name for row in ROWS}
    unknown = [str(Fault(root.marks[key], _unknown(key, names))) for key in root if key not in names]
    if unknown:
        raise WrongSettings(*unknown)
    return {key: _scalar(value) for key, value in root.items() if value is not None}


def _scalar(value: Any) -> Any:
    """Say a value as the environment would: a bare port or a `true` is judged as its words are."""
    return list(value) if isinstance(value, list) else str(value)


def _unknown(key: str, names: set[str]) -> str:
    near = get_close_matches(key, sorted(names), n=1)
    return f"unknown setting {key!r}" + (f", did you mean {near[0]!r}?" if near else "")


def _misspelt(environ: Mapping[str, str]) -> list[str]:
    """Name variables that look like settings and are none; others with our prefix are left alone."""
    names = {row.variable for row in ROWS}
    strange = [name for name in environ if name.startswith(PREFIX) and name not in names | OWN_NAMES]
    near = {name: get_close_matches(name, sorted(names), n=1, cutoff=0.85) for name in sorted(strange)}
    return [f"{name}: no such setting, did you mean {found[0]}?" for name, found in near.items() if found]


def _line(error: Any) -> str:
    variable = PREFIX + str(error["loc"][0]).upper()
    said = error["msg"].removeprefix("Value error, ")
    secret = "SECRET" in variable or "TOKEN" in variable
    given = (
        "" if secret or isinstance(error["input"], dict | list | tuple) else f"{str(error['input'])[:80]!r} "
    )
    plain = {"int_parsing": "is no whole number", "literal_error": f"is none of {_choices(error)}"}
    said = plain.get(error["type"], said[:1].lower() + said[1:])
    return f"{variable}: {given}{said}"


def _choices(error: Any) -> str:
    said = str(error.get("ctx", {}).get("expected", ""))
    return said.replace("'", "").replace(" or ", ", ")


def describe() -> tuple[Row, ...]:
    """Every setting as people read it."""
    return ROWS
