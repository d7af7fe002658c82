"""The tables of sellers' people: who they are, how they sign in, what they have prepared; rows never leave this folder."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.sql.tables import Moment


class AgentRow(SQLModel, table=True):
    """One person at a seller's."""

    __tablename__ = "agents"

    id: str = Field(primary_key=True)
    seller: str = Field(index=True)
    name: str
    role: str
    locale: str
    created: datetime = Field(sa_type=Moment)
    disabled: bool = False


class AgentLinkRow(SQLModel, table=True):
    """A link that signs in once; only its hash is kept, and using it deletes it."""

    __tablename__ = "agent_links"

    hash: str = Field(primary_key=True)
    agent: str = Field(index=True)
    expires: datetime = Field(sa_type=Moment)


class AgentSessionRow(SQLModel, table=True):
    """A session; only the hash of its token is kept."""

    __tablename__ = "agent_sessions"

    hash: str = Field(primary_key=True)
    agent: str = Field(index=True)
    began: datetime = Field(sa_type=Moment)
    used: datetime = Field(sa_type=Moment)


class CannedRow(SQLModel, table=True):
    """A prepared answer."""

    __tablename__ = "canned_answers"

    id: str = Field(primary_key=True)
    seller: str = Field(index=True)
    title: str
    text: str
    locale: str
