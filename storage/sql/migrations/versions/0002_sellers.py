"""The sellers' side: what their lists show of a case, their people, sessions and prepared answers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from flows.conversation import Conversation
from storage.codec import CodecFault, decode
from storage.sql.desk import desk_columns
from storage.sql.times import aware

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BATCH = 500
TEXTS = ("assigned", "turn", "search", "order_number", "customer_name", "item", "issue_title", "cover")
TIMES = ("moved", "noted", "delivered", "answered", "promised", "answer_by", "settled")
FLAGS = ("closed", "unread")
NUMBERS = ("settled_with", "sent_bundles", "sent_photos")
NAMES = ("desk", *TEXTS, *TIMES, *FLAGS, *NUMBERS)
INDEXES = {
    "all": ("desk", "moved", "id"),
    "closed": ("desk", "closed", "moved", "id"),
    "unread": ("desk", "moved", "id"),
    "assigned": ("desk", "assigned", "moved", "id", "closed"),
    "issue": ("desk", "issue", "moved", "id", "closed"),
    "created": ("desk", "created", "id"),
    "noted": ("desk", "noted"),
}


def upgrade() -> None:
    """Add the columns, fill them from the bodies, then make the indexes and the other tables."""
    _columns()
    _fill(op.get_bind())
    for name, columns in INDEXES.items():
        where = sa.text("desk IS NOT NULL AND unread" if name == "unread" else "desk IS NOT NULL")
        op.create_index(
            f"ix_desk_{name}", "conversations", list(columns), sqlite_where=where, postgresql_where=where
        )
    _people()


def _columns() -> None:
    """Add the columns; SQLite makes the table anew, with the body at the end, where it is in no list's way."""
    added: list[sa.Column[Any]] = [
        sa.Column("desk", sa.String(), nullable=True),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in TIMES),
        *(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()) for name in FLAGS),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in NUMBERS),
        *(sa.Column(name, sa.String(), nullable=False, server_default="") for name in TEXTS),
    ]
    if op.get_bind().dialect.name != "sqlite":
        for column in added:
            op.add_column("conversations", column)
        return
    with op.batch_alter_table("conversations", recreate="always") as table:
        before = "revision"
        for column in added:
            table.add_column(column, insert_after=before)
            before = column.name


def _fill(connection: sa.Connection) -> None:
    """Derive the columns of the cases that there are; one whose body cannot be read stays on nobody's desk."""
    columns = [
        sa.column(name, sa.DateTime(timezone=True)) if name in TIMES else sa.column(name) for name in NAMES
    ]
    table = sa.table(
        "conversations",
        *(sa.column(name) for name in ("id", "bundles", "body")),
        sa.column("changed", sa.DateTime(timezone=True)),
        *columns,
    )
    update = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("key"))
        .values({one.name: sa.bindparam(f"new_{one.name}", type_=one.type) for one in columns})
    )
    last = ""
    while True:
        query = sa.select(table.c.id, table.c.body, table.c.changed)
        query = query.where(table.c.id > last, table.c.bundles > 0).order_by(table.c.id).limit(BATCH)
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1].id
        filled = [values for row in rows if (values := _derived(row)) is not None]
        if filled:
            connection.execute(update, filled)


def _derived(row: Any) -> dict[str, object] | None:
    try:
        conversation = decode(row.body, expected=Conversation)
    except CodecFault:
        return None
    found = desk_columns(conversation, at=aware(row.changed))
    return {"key": row.id, **{f"new_{name}": found[name] for name in NAMES}}


def _people() -> None:
    """Who reads for a seller."""
    op.create_table(
        "agents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seller", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_agents_seller", "agents", ["seller"])
    op.create_table(
        "agent_links",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_agent_links_agent", "agent_links", ["agent"])
    op.create_table(
        "agent_sessions",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_agent_sessions_agent", "agent_sessions", ["agent"])
    op.create_table(
        "canned_answers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seller", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_canned_answers_seller", "canned_answers", ["seller"])
