"""Times as the engines hand them back."""

from datetime import UTC, datetime


def aware(moment: datetime) -> datetime:
    """Give a time its zone back; SQLite hands back naive ones, which are UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
