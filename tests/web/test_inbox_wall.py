"""Two sellers at random over the sellers' pages, whose questions forgot the seller: the database's own wall holds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, select

from flows.conversation import Conversation
from storage.codec import decode
from storage.seller_ports import VIEWS, CaseFilter
from storage.sql.group import CONVERSATIONS
from storage.sql.seller_cases import SqlSellerCases
from tests.web.conftest import Inbox, Person, on_postgres
from tests.web.test_inbox_access import LEAVE, SECRETS, Secret, addresses, asked, bolt_s_secrets

ENDS = {LEAVE, "/inbox/settings/everywhere"}
"""Where sessions end, which are still needed."""
BOLTS = ("Zora", *SECRETS[1:], "Ben of Bolt")
ACMES = ("Aardvark", "Acme lantern", "canary note for acme", "Ann of Acme")


class Forgetful(SqlSellerCases):
    """Doors to lists and cases with a mistake in them: no question says whose."""

    def _conditions(self, seller: str, chosen: CaseFilter) -> list[ColumnElement[bool]]:
        return super()._conditions(seller, chosen)[1:]

    async def case(self, seller: str, code: str) -> Conversation | None:
        query = select(CONVERSATIONS.c.body).where(CONVERSATIONS.c.id == code)
        row = await self._database.read(lambda c: c.execute(query).first(), seller=seller)
        return decode(row.body, expected=Conversation) if row is not None else None


@dataclass(frozen=True)
class Side:
    """One of the two, what they try to get at, and what they must not see."""

    person: Person
    addresses: Sequence[tuple[str, str]]
    fields: dict[str, str]
    foreign: tuple[bytes, ...]


@pytest.fixture
async def sides(inbox: Inbox) -> tuple[Side, Side]:
    """Both sellers with cases, signed in; the pages ask through forgetful doors from here on."""
    theirs = await bolt_s_secrets(inbox)
    own = await inbox.cases.add("acme", customer="Aardvark", item="Acme lantern")
    await inbox.desk.actions("acme").remark(own, "canary note for acme")
    ann, ben = await inbox.person("acme", name="Ann of Acme"), await inbox.person("bolt", name="Ben of Bolt")
    for person in (ann, ben):
        await person.open("/inbox")
    object.__setattr__(inbox.desk, "cases", Forgetful(inbox.cases.storage._database))
    both = [*_addresses(inbox, theirs, theirs.code), *_addresses(inbox, theirs, own)]
    acmes = replace(theirs, boris=ann.agent).stolen()
    bolts = (*map(str.encode, BOLTS), theirs.photo[200:1200])
    return (
        Side(person=ann, addresses=both, fields=theirs.stolen(), foreign=bolts),
        Side(person=ben, addresses=both, fields=acmes, foreign=tuple(map(str.encode, ACMES))),
    )


def _addresses(inbox: Inbox, secret: Secret, code: str) -> list[tuple[str, str]]:
    found = addresses(inbox, code, secret.file, secret.sha)
    return [(method, path) for method, path in found if path not in ENDS]


LISTS = st.fixed_dictionaries(
    {"view": st.sampled_from(VIEWS)},
    optional={
        "q": st.sampled_from(["samovar", "lantern", "a", "%", "' OR 1=1 --"]),
        "assigned": st.sampled_from(["-", "nobody"]),
        "issue": st.sampled_from(["product_defect", "shipping_damage"]),
        "after": st.text(max_size=8),
    },
).map(lambda chosen: ("GET", f"/inbox?{urlencode(chosen)}"))
REQUESTS = st.lists(
    st.tuples(st.integers(0, 1), st.one_of(st.integers(0, 999), LISTS)), min_size=1, max_size=8
)


async def play(sides: tuple[Side, Side], requests: Sequence[tuple[int, int | tuple[str, str]]]) -> None:
    """Let them ask in turn; nobody sees what is the other's, and nobody is told of a fault."""
    for who, what in requests:
        side = sides[who]
        method, path = side.addresses[what % len(side.addresses)] if isinstance(what, int) else what
        status, body, headers = await asked(side.person, method, path, side.fields)
        found = body + repr(sorted(headers.items())).encode()
        assert [one for one in side.foreign if one in found] == [], (method, path)
        assert status < 500, (method, path)
        assert status != 401, (method, path)


@on_postgres
async def test_two_sellers_at_random_see_nothing_of_each_other_though_every_question_forgot_whose(
    inbox: Inbox, sides: tuple[Side, Side]
) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(requests=REQUESTS)
    def at_random(requests: Sequence[tuple[int, int | tuple[str, str]]]) -> None:
        asyncio.run_coroutine_threadsafe(play(sides, requests), loop).result()

    await asyncio.to_thread(at_random)
    await play(sides, [(who, place) for who in (0, 1) for place in range(len(sides[0].addresses))])
    ann, ben = [(await side.person.open("/inbox?view=all")).words for side in sides]

    assert [words for words in ACMES[:2] if words not in ann] == [], ann
    assert [words for words in BOLTS[:2] if words not in ben] == [], ben
