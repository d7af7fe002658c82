"""The tables, declared with SQLModel; rows never leave this folder."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, text
from sqlmodel import Field, SQLModel

Moment = DateTime(timezone=True)

LATER = "later"
"""The owner of timers that are not due within the minute: no process has them."""
UNDER_WAY = f"owner <> '{LATER}'"
OF_LATER = f"owner = '{LATER}'"
UNHANDED = "NOT handed AND NOT dead"
DEAD = "dead"
DESKS = "desk IS NOT NULL"
WAITING = "turn = 'seller'"
ENDED = "phase NOT IN ('open', 'sending')"
"""What partial indexes hold, and what queries say to find them."""


class ChatRow(SQLModel, table=True):
    """A chat: its stream's head. `touched` changes once an hour at most, so that its index costs next to nothing."""

    __tablename__ = "chats"
    __table_args__ = (Index("ix_chats_touched", "touched", "born"),)

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    born: datetime = Field(
        sa_type=Moment
    )  # when this life of it began: a chat may be forgotten and come back
    revision: int
    touched: datetime | None = Field(default=None, sa_type=Moment)  # the end of the hour of its last change
    body: str


def _index_where(name: str, *columns: str, only: str) -> Index:
    """Index the rows for which `only` holds; a query finds the index by saying `only` in the very same words."""
    return Index(name, *columns, sqlite_where=text(only), postgresql_where=text(only))


def _desk_index(name: str, *columns: str, only: str = DESKS) -> Index:
    """Index what lies on somebody's desk: a case in the making, which changes most often, is in none of these."""
    return _index_where(f"ix_desk_{name}", *columns, only=only)


class ConversationRow(SQLModel, table=True):
    """A conversation, with the columns that lists need; those from `desk` on are filled once a bundle was sent.

    The body comes last: SQLite reads a row from its start, and a body fills pages of its own.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_chat", "chat", "phase", "desk"),
        Index("ix_conversations_seller_created", "seller", "created"),
        _index_where("ix_conversations_ended", "changed", only=ENDED),
        _desk_index("all", "desk", "moved", "id"),
        _desk_index("closed", "desk", "closed", "moved", "id"),
        _desk_index("unread", "desk", "moved", "id", only="desk IS NOT NULL AND unread"),
        _desk_index("assigned", "desk", "assigned", "moved", "id", "closed"),
        _desk_index("issue", "desk", "issue", "moved", "id", "closed"),
        _desk_index("created", "desk", "created", "id"),
        _desk_index("noted", "desk", "noted"),
        # these two answer alone, so they hold what the wall looks at
        _desk_index("news", "noted", "delivered", "answered", "settled", "desk"),
        _desk_index("waiting", "turn", "answer_by", "desk", only=WAITING),
    )

    id: str = Field(primary_key=True)
    chat: int = Field(sa_type=BigInteger)
    seller: str = ""
    phase: str = "open"
    issue: str = ""
    summary: str = ""
    photos: int = 0
    bundles: int = 0
    created: datetime = Field(sa_type=Moment)
    changed: datetime = Field(sa_type=Moment)
    revision: int
    desk: str | None = None  # whose people read it: the seller's id, "support"
    closed: bool = False
    unread: bool = False
    assigned: str = ""
    turn: str = ""
    moved: datetime | None = Field(default=None, sa_type=Moment)  # what lists are sorted by
    noted: datetime | None = Field(default=None, sa_type=Moment)
    delivered: datetime | None = Field(default=None, sa_type=Moment)
    answered: datetime | None = Field(default=None, sa_type=Moment)
    promised: datetime | None = Field(default=None, sa_type=Moment)
    answer_by: datetime | None = Field(default=None, sa_type=Moment)
    settled: datetime | None = Field(default=None, sa_type=Moment)
    settled_with: int = 0
    sent_bundles: int = 0  # to this desk
    sent_photos: int = 0
    search: str = ""  # what is looked through, folded
    order_number: str = ""
    customer_name: str = ""
    item: str = ""
    issue_title: str = ""
    cover: str = ""  # blob key
    body: str


class SeenRow(SQLModel, table=True):
    """An arrival that was worked: repeats change nothing."""

    __tablename__ = "seen"

    source: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment, index=True)


class InboxRow(SQLModel, table=True):
    """An arrival that waits, or was set aside."""

    __tablename__ = "inbox"

    id: int | None = Field(default=None, primary_key=True)
    source: str
    arrival: str
    chat: int = Field(sa_type=BigInteger)
    place: int = Field(default=0, sa_type=BigInteger)
    event: str
    settles: str = "[]"  # ids of outbox rows, as JSON
    aside: bool = Field(default=False, index=True)
    error: str = ""
    at: datetime = Field(sa_type=Moment)


class EffectRow(SQLModel, table=True):
    """An effect to carry out; ids of one chat sort in commit order. `handed`: its owner's relay has it.

    Timers of later have an owner of their own: however many wait, what is under way is found beside them.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        _index_where("ix_outbox_owner", "owner", only=UNDER_WAY),
        _index_where("ix_outbox_unhanded", "owner", only=f"{UNDER_WAY} AND {UNHANDED}"),
        _index_where("ix_outbox_later", "due", only=OF_LATER),
        _index_where("ix_outbox_dead", "created", "id", only=DEAD),
    )

    id: str = Field(primary_key=True)
    chat: int = Field(sa_type=BigInteger, index=True)
    lane: str
    effect: str
    due: datetime = Field(sa_type=Moment)
    attempts: int = 0
    created: datetime = Field(sa_type=Moment)
    error: str = ""
    owner: str
    handed: bool
    timer: str | None = Field(default=None, unique=True)
    dead: bool = False


class OwnerRow(SQLModel, table=True):
    """A process that carries effects out, and until when its word counts."""

    __tablename__ = "owners"

    id: str = Field(primary_key=True)
    until: datetime = Field(sa_type=Moment)


class SlotRow(SQLModel, table=True):
    """Which message holds a slot of a chat."""

    __tablename__ = "slots"

    chat: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    name: str = Field(primary_key=True)
    message: int = Field(sa_type=BigInteger)
    has_picture: bool
    has_buttons: bool


class OrderRow(SQLModel, table=True):
    """An imported order."""

    __tablename__ = "orders"

    seller: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    folded: str = Field(index=True)  # the number as it is compared
    body: str
    updated: datetime = Field(sa_type=Moment)


class FactRow(SQLModel, table=True):
    """A hashed fact that proves ownership of an order."""

    __tablename__ = "order_facts"

    seller: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)


class LinkRow(SQLModel, table=True):
    """A chat that proved to own an order."""

    __tablename__ = "order_links"

    chat: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    seller: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    body: str
    at: datetime = Field(sa_type=Moment)


class TokenRow(SQLModel, table=True):
    """A single-use deep link; only its hash is kept."""

    __tablename__ = "link_tokens"

    hash: str = Field(primary_key=True)
    seller: str
    number: str
    expires: datetime = Field(sa_type=Moment, index=True)
    chat: int | None = Field(default=None, sa_type=BigInteger)


class TryRow(SQLModel, table=True):
    """One try of guessing an order."""

    __tablename__ = "tries"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(index=True)
    at: datetime = Field(sa_type=Moment)
    until: datetime = Field(sa_type=Moment, index=True)  # when it stops to count


class RevisionRow(SQLModel, table=True):
    """A merged flow by its hash."""

    __tablename__ = "revisions"

    hash: str = Field(primary_key=True)
    body: str


class FingerprintRow(SQLModel, table=True):
    """A perceptual hash of an accepted photo."""

    __tablename__ = "fingerprints"
    __table_args__ = (Index("ix_fingerprints_seller_at", "seller", "at"),)

    case: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)
    seller: str
    at: datetime = Field(sa_type=Moment)


class CaseRecordRow(SQLModel, table=True):
    """What a seller must keep of a case whose customer was forgotten: nobody's name, words or photos."""

    __tablename__ = "case_records"

    case: str = Field(primary_key=True)
    opened: datetime = Field(primary_key=True, sa_type=Moment)
    seller: str = Field(index=True)
    order_number: str
    issue: str
    photos: int
    settled: datetime | None = Field(default=None, sa_type=Moment)
    until: datetime = Field(sa_type=Moment, index=True)
