"""A seller's people in SQL: one-time links, sessions, prepared answers."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from flows.facts import token_hash
from storage.seller_ports import Agent, Canned, Role, SignedIn
from storage.sql.database import Database
from storage.sql.group import table
from storage.sql.seller_tables import AgentLinkRow, AgentRow, AgentSessionRow, CannedRow
from storage.sql.times import aware

AGENTS, LINKS = table(AgentRow), table(AgentLinkRow)
SESSIONS, CANNED = table(AgentSessionRow), table(CannedRow)

IDLE = timedelta(days=7)
LONGEST = timedelta(days=30)
NOTED_EVERY = timedelta(minutes=1)
TOKEN_BYTES = 32


class SqlAgents:
    """See storage.seller_ports.Agents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- people --------------------------------------------------------------------------------------------

    async def invite(self, seller: str, *, name: str, role: Role, locale: str, at: datetime) -> Agent:
        """Write a new agent down."""
        agent = Agent(
            id=secrets.token_hex(8),
            seller=seller,
            name=_plain(name),
            role=role,
            locale=locale,
            created=aware(at),
        )
        values = {column.name: getattr(agent, column.name) for column in AGENTS.columns}
        await self._database.run(lambda c: c.execute(insert(AGENTS), [values]), seller=seller)
        return agent

    async def of_seller(self, seller: str) -> Sequence[Agent]:
        """List a seller's people."""
        query = select(AGENTS).where(AGENTS.c.seller == seller)
        rows = await self._database.read(lambda c: c.execute(query).all(), seller=seller)
        return sorted((_agent(row) for row in rows), key=lambda agent: (agent.name.casefold(), agent.id))

    async def change(
        self, seller: str, agent: str, *, name: str = "", role: Role | None = None, locale: str = ""
    ) -> Agent | None:
        """Change what is given."""
        given = {"name": _plain(name), "role": role, "locale": locale}
        values = {key: value for key, value in given.items() if value}
        mine = _is(seller, agent)

        def work(connection: Connection) -> Agent | None:
            if values:
                connection.execute(update(AGENTS).where(mine).values(values))
            row = connection.execute(select(AGENTS).where(mine)).first()
            return _agent(row) if row is not None else None

        return await self._database.run(work, seller=seller)

    async def disable(self, seller: str, agent: str, *, disabled: bool = True) -> bool:
        """Let an agent in no more, or again."""

        def work(connection: Connection) -> bool:
            query = update(AGENTS).where(_is(seller, agent)).values(disabled=disabled)
            known = connection.execute(query).rowcount > 0
            if known and disabled:
                _end_all(connection, agent)
            return known

        return await self._database.run(work, seller=seller)

    # -- signing in ----------------------------------------------------------------------------------------

    async def link(self, agent: str, *, at: datetime, expires: datetime) -> str:
        """Make a link's token; links that have run out are forgotten on the way."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        values = {"hash": token_hash(token), "agent": agent, "expires": aware(expires)}

        def work(connection: Connection) -> None:
            known = select(AGENTS.c.id).where(AGENTS.c.id == agent, ~AGENTS.c.disabled).with_for_update()
            if connection.execute(known).first() is None:
                raise KeyError(agent)
            connection.execute(delete(LINKS).where(LINKS.c.expires <= aware(at)))
            connection.execute(insert(LINKS), [values])

        await self._database.run(work)
        return token

    async def redeem(self, token: str, *, at: datetime) -> SignedIn | None:
        """Delete the link, which only one of two can, and begin a session."""
        if not _is_token(token):
            return None
        fresh = secrets.token_urlsafe(TOKEN_BYTES)
        agent = await self._database.run(lambda c: _redeem(c, token, fresh, at=aware(at)))
        return SignedIn(token=fresh, agent=agent) if agent is not None else None

    async def session(self, token: str, *, at: datetime) -> Agent | None:
        """Tell whose session it is."""
        if not _is_token(token):
            return None
        mine = SESSIONS.c.hash == token_hash(token)
        query = (
            select(*AGENTS.columns, SESSIONS.c.used)
            .join(SESSIONS, SESSIONS.c.agent == AGENTS.c.id)
            .where(mine, ~AGENTS.c.disabled, ~_is_over(aware(at)))
        )
        row = await self._database.read(lambda c: c.execute(query).first())
        if row is None:
            return None
        if aware(row.used) <= at - NOTED_EVERY:
            noted = update(SESSIONS).where(mine, SESSIONS.c.used < aware(at)).values(used=aware(at))
            await self._database.run(lambda c: c.execute(noted))
        return _agent(row)

    async def end(self, token: str) -> None:
        """End one session."""
        if _is_token(token):
            query = delete(SESSIONS).where(SESSIONS.c.hash == token_hash(token))
            await self._database.run(lambda c: c.execute(query))

    async def end_all(self, seller: str, agent: str) -> int:
        """End every session and link of an agent."""

        def work(connection: Connection) -> int:
            known = connection.execute(
                select(AGENTS.c.id).where(_is(seller, agent)).with_for_update()
            ).first()
            return _end_all(connection, agent) if known is not None else 0

        return await self._database.run(work, seller=seller)

    # -- prepared answers ----------------------------------------------------------------------------------

    async def save_canned(self, canned: Canned) -> Canned:
        """Keep a prepared answer."""
        kept = replace(
            canned, id=canned.id or secrets.token_hex(8), title=_plain(canned.title), text=_plain(canned.text)
        )
        values = {column.name: getattr(kept, column.name) for column in CANNED.columns}

        def work(connection: Connection) -> None:
            if not canned.id:
                connection.execute(insert(CANNED), [values])
            elif not connection.execute(
                update(CANNED).where(_is_canned(canned.seller, canned.id)).values(values)
            ).rowcount:
                raise KeyError(canned.id)

        await self._database.run(work, seller=canned.seller)
        return kept

    async def canned(self, seller: str) -> Sequence[Canned]:
        """List a seller's prepared answers."""
        query = select(CANNED).where(CANNED.c.seller == seller)
        rows = await self._database.read(lambda c: c.execute(query).all(), seller=seller)
        found = [Canned(id=r.id, seller=r.seller, title=r.title, text=r.text, locale=r.locale) for r in rows]
        return sorted(found, key=lambda one: (one.title.casefold(), one.id))

    async def delete_canned(self, seller: str, canned: str) -> bool:
        """Delete a prepared answer."""
        query = delete(CANNED).where(_is_canned(seller, canned))
        return await self._database.run(lambda c: c.execute(query).rowcount > 0, seller=seller)


def _redeem(connection: Connection, token: str, fresh: str, *, at: datetime) -> Agent | None:
    mine = LINKS.c.hash == token_hash(token)
    link = connection.execute(select(LINKS).where(mine)).first()
    if (
        link is None
        or not connection.execute(delete(LINKS).where(mine)).rowcount
        or aware(link.expires) <= at
    ):
        return None
    known = select(AGENTS).where(AGENTS.c.id == link.agent, ~AGENTS.c.disabled).with_for_update()
    row = connection.execute(known).first()
    if row is None:
        return None
    connection.execute(delete(SESSIONS).where(_is_over(at)))
    values = {"hash": token_hash(fresh), "agent": link.agent, "began": at, "used": at}
    connection.execute(insert(SESSIONS), [values])
    return _agent(row)


def _end_all(connection: Connection, agent: str) -> int:
    connection.execute(delete(LINKS).where(LINKS.c.agent == agent))
    return connection.execute(delete(SESSIONS).where(SESSIONS.c.agent == agent)).rowcount


def _is_over(at: datetime) -> ColumnElement[bool]:
    return or_(SESSIONS.c.used <= at - IDLE, SESSIONS.c.began <= at - LONGEST)


def _is(seller: str, agent: str) -> ColumnElement[bool]:
    return (AGENTS.c.id == _plain(agent)) & (AGENTS.c.seller == seller)


def _is_canned(seller: str, canned: str) -> ColumnElement[bool]:
    return (CANNED.c.id == _plain(canned)) & (CANNED.c.seller == seller)


def _is_token(token: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_-]{43}", token) is not None


def _plain(text: str) -> str:
    """Take out what no engine keeps in a text: NUL, and halves of a pair."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _agent(row: Any) -> Agent:
    return Agent(
        id=row.id, seller=row.seller, name=row.name, role=row.role, locale=row.locale, created=aware(row.created),
        disabled=bool(row.disabled),
    )  # fmt: skip
