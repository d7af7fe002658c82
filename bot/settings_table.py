"""Every setting in words: name, default, meaning; light to import, for `--help` and the README's table."""

from dataclasses import dataclass

PREFIX = "CLEARSHOT_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting as people read it."""

    name: str  # without the prefix, lower case
    default: str
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()


def _row(name: str, default: str, meaning: str) -> Row:
    return Row(name=name, default=default, meaning=meaning)


ROWS = (
    _row("telegram_token", "none", "the bot's token from @BotFather; needed by `run`"),
    _row(
        "telegram_api",
        "https://api.telegram.org",
        "base address of the Bot API (a local Bot API server, the sandbox)",
    ),
    _row(
        "telegram_secret",
        "made of the token",
        "secret that Telegram sends with every webhook call, 1-256 of A-Z a-z 0-9 _ -",
    ),
    _row(
        "database", "sqlite in ./clearshot-data", "where chats are kept: sqlite:///FILE or postgresql://..."
    ),
    _row(
        "blobs",
        "./clearshot-data/blobs",
        "where photos are kept: a folder, or s3://BUCKET/PREFIX (address and credentials from the AWS_* variables)",
    ),
    _row("flows", "the shipped flows", "a folder of flow files that add to or replace the shipped ones"),
    _row("sellers", "none", "the sellers file (YAML): who they are and where bundles go"),
    _row(
        "orders",
        "none",
        "where orders come from: a CSV file, or an orders file (YAML) that names shop databases",
    ),
    _row("operators", "none", "chats that get alerts: Telegram ids, separated by commas"),
    _row(
        "public_url", "none", "https address under which Telegram reaches the bot; without it the bot polls"
    ),
    _row("listen", "127.0.0.1:8080", "address and port of webhook and health page"),
    _row(
        "disk_reserve",
        "256",
        "megabytes to keep free: below it photos stay with Telegram until there is room",
    ),
    _row(
        "retention",
        "90",
        "days that a chat, and a case that ended, is kept after anything last happened in it",
    ),
    _row(
        "records",
        "0",
        "days that a record of a sent case stays after its customer was forgotten: code, seller, order number, issue, dates",
    ),
    _row("photo_workers", "1", "processes that look at photos, 1-16"),
    _row("log_level", "info", "debug, info, warning or error"),
    _row("log_format", "text", "text, or json: a JSON object a line, with the case it is about"),
    _row("metrics", "none", "address and port of /metrics for Prometheus; keep it off the public way"),
    _row(
        "traces",
        "none",
        "none, or otlp: OpenTelemetry traces over OTLP/HTTP, to where the OTEL_* variables say (the extra `otel`)",
    ),
)


def table() -> str:
    """The settings as a Markdown table."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    lines += [f"| `{row.variable}` | {row.default} | {row.meaning} |" for row in ROWS]
    return "\n".join(lines)
