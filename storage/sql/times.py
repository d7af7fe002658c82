"""Times as the engines hand them back, and as indexes want them."""

from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)


def aware(moment: datetime) -> datetime:
    """Give a time its zone back; SQLite hands back naive ones, which are UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def hour_after(moment: datetime) -> datetime:
    """Round up to the hour, so that a column changes seldom though its row does often."""
    begun = aware(moment).replace(minute=0, second=0, microsecond=0)
    return begun if begun == moment else begun + HOUR
