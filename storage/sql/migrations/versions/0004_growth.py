"""What a million cases need: chats by their last hour, timers of later out of the way, indexes that hold what is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNDER_WAY = "owner <> 'later'"
UNHANDED = "NOT handed AND NOT dead"
LAST = """UPDATE chats SET touched = coalesce(
    (SELECT max(changed) FROM conversations WHERE conversations.chat = chats.id), born)"""


def upgrade() -> None:
    """Add and fill the column, then change the indexes; `touched` may be missing: a replica of before knows it not."""
    op.add_column("chats", sa.Column("touched", sa.DateTime(timezone=True), nullable=True))
    op.execute(LAST)
    op.create_index("ix_chats_touched", "chats", ["touched", "born"])
    for name in ("owner", "unhanded", "dead"):
        op.drop_index(f"ix_outbox_{name}", "outbox")
    _index("ix_outbox_owner", "outbox", "owner", only=UNDER_WAY)
    _index("ix_outbox_unhanded", "outbox", "owner", only=f"{UNDER_WAY} AND {UNHANDED}")
    _index("ix_outbox_later", "outbox", "due", only="owner = 'later'")
    _index("ix_outbox_dead", "outbox", "created", "id", only="dead")
    _index("ix_conversations_ended", "conversations", "changed", only="phase NOT IN ('open', 'sending')")
    op.drop_index("ix_conversations_chat", "conversations")
    op.create_index("ix_conversations_chat", "conversations", ["chat", "phase", "desk"])
    news = ("noted", "delivered", "answered", "settled")
    _index("ix_desk_news", "conversations", *news, only="desk IS NOT NULL")
    _index("ix_desk_waiting", "conversations", "answer_by", only="desk IS NOT NULL AND turn = 'seller'")
    op.create_index("ix_fingerprints_seller_at", "fingerprints", ["seller", "at"])
    op.drop_index("ix_fingerprints_seller", "fingerprints")
    op.create_index("ix_link_tokens_expires", "link_tokens", ["expires"])


def _index(name: str, table: str, *columns: str, only: str) -> None:
    where = sa.text(only)
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)
