"""The second wall between sellers: row level security, on PostgreSQL. See storage.sql.wall."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOBODY_NAMED = "(SELECT nullif(current_setting('clearshot.seller', true), '')) IS NULL"
NAMED = "(SELECT substr(current_setting('clearshot.seller', true), 2))"
"""Selects of their own, so that they are made once a statement and not once a row. Before the name stands a mark."""
SHOWN = {
    "conversations": f"desk = {NAMED}",
    **dict.fromkeys(
        ("agents", "canned_answers", "case_records", "fingerprints", "orders", "order_facts", "order_links", "link_tokens"),
        f"seller = {NAMED}",
    ),
    "agent_links": "EXISTS (SELECT FROM agents WHERE agents.id = agent_links.agent)",
    "agent_sessions": "EXISTS (SELECT FROM agents WHERE agents.id = agent_sessions.agent)",
    **dict.fromkeys(("chats", "inbox", "outbox"), "false"),
}  # fmt: skip
NEWS, WAITING = ("noted", "delivered", "answered", "settled"), ("turn", "answer_by")


def upgrade() -> None:
    """Make the policies, which bind the tables' owner too; indexes that answer alone now hold what policies look at."""
    _index("news", *NEWS, "desk", only="desk IS NOT NULL")
    _index("waiting", *WAITING, "desk", only="turn = 'seller'")
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, shown in SHOWN.items():
        op.execute(f"CREATE POLICY wall ON {table} USING ({NOBODY_NAMED} OR {shown})")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take the wall down."""
    _index("news", *NEWS, only="desk IS NOT NULL")
    _index("waiting", *WAITING, only="turn = 'seller'")
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in SHOWN:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY wall ON {table}")


def _index(name: str, *columns: str, only: str) -> None:
    """Make an index anew, with other columns."""
    where = sa.text(only)
    op.drop_index(f"ix_desk_{name}", "conversations")
    op.create_index(
        f"ix_desk_{name}", "conversations", list(columns), sqlite_where=where, postgresql_where=where
    )
