"""What storage promises to a seller's people: their list of cases, figures, who they are and how they sign in.

Every door names the seller who asks, and answers about nobody else's cases.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, get_args

from flows.conversation import Conversation, Phase
from flows.standing import WhoseTurn

View = Literal["open", "unread", "mine", "settled", "all"]
Role = Literal["owner", "agent"]

VIEWS: tuple[View, ...] = get_args(View)
MOST_COUNTED = 9_999
"""Where counting stops: a view with more says one more than this ("9999+")."""


class WrongCursor(ValueError):
    """The place in a list, as it came back, is none that was given out."""


# -- cases ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases a list shows: all that is named must fit; "" fits everything.

    `agent` is who asks (for "mine"); `assigned` is an agent's id, or "-" for nobody's. Every word of `text` must
    occur in the code, order number, customer's name, item or summary, whatever its case and accents.
    """

    view: View = "open"
    agent: str = ""
    issue: str = ""
    assigned: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case as a list and an export show it; `photos` and `bundles` are those that went to this seller."""

    case: str
    phase: Phase
    turn: WhoseTurn
    issue: str
    issue_title: str
    item: str
    customer_name: str
    order_number: str
    summary: str
    photos: int
    bundles: int
    cover: str  # blob key of the first file as delivered, "" = none yet
    unread: bool
    assigned: str  # an agent's id
    delivered: datetime | None  # the first bundle
    answered: datetime | None  # first, after that
    promised: datetime | None  # by when the first answer was due, None = never promised
    answer_by: datetime | None  # the clock that runs now
    settled: datetime | None
    settled_with: int  # bundles it took, 0 = not settled
    created: datetime
    changed: datetime  # the last news or answer: what lists are sorted by


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A page of a list; `next` is handed back to get the one after it, "" = there is none."""

    rows: tuple[CaseRow, ...]
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue that occurs among a seller's cases."""

    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many cases of one issue or item; `name` is the issue's flow, or the item's title."""

    name: str
    title: str
    cases: int
    settled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week in UTC; each case counts in the week in which it came."""

    monday: date
    cases: int = 0
    answered: int = 0
    settled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Figures over the cases that came (CaseRow.created) since and before; a share is 0..1, None = of nothing.

    Times to the first answer are in seconds, from delivery. In time: of the cases with a promise that are answered
    or overdue. At the first bundle: of the settled cases.
    """

    cases: int = 0
    answered: int = 0
    settled: int = 0
    median: float | None = None
    p90: float | None = None
    in_time: float | None = None
    at_first_bundle: float | None = None
    issues: tuple[Tally, ...] = ()  # most cases first
    items: tuple[Tally, ...] = ()  # the 100 with most cases
    weeks: tuple[Week, ...] = ()  # oldest first, none left out between the first and the last; 520 at most


class SellerCases(Protocol):
    """A seller's cases: those of which a bundle went to the seller. All reads; none waits for a writer."""

    async def page(self, seller: str, *, chosen: CaseFilter, after: str = "", limit: int = 50) -> CasePage:
        """List cases, newest `changed` first; no case comes twice, whatever changes between two pages.

        A page of a search may hold few cases, or none, and still have a `next`: older ones are yet to be looked at.
        Raises WrongCursor for an `after` that is no `CasePage.next`.
        """
        ...

    async def counts(self, seller: str, *, agent: str) -> Mapping[View, int]:
        """Count the cases of each view; MOST_COUNTED + 1 stands for any more than MOST_COUNTED."""
        ...

    async def case(self, seller: str, code: str) -> Conversation | None:
        """Open one case; None alike for another seller's and for none."""
        ...

    async def issues(self, seller: str) -> Sequence[Issue]:
        """List the issues that occur, by title."""
        ...

    async def pulse(self, seller: str) -> str:
        """Return a short text that is another one once anything in the newest cases has changed; cheap, for polling."""
        ...

    async def statistics(
        self, seller: str, *, since: datetime, until: datetime, now: datetime
    ) -> Statistics: ...

    def export(self, seller: str, *, since: datetime, until: datetime) -> AsyncIterator[CaseRow]:
        """Yield every case that came since and before, oldest first, a few at a time."""
        ...


# -- people --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One person at a seller's."""

    id: str
    seller: str
    name: str
    role: Role
    locale: str
    created: datetime
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What a link was turned into: `token` goes into the cookie, nobody can look it up again."""

    token: str
    agent: Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """A prepared answer of a seller; `id` "" = not saved yet, `locale` "" = for every language."""

    seller: str
    title: str
    text: str
    locale: str = ""
    id: str = ""


class Agents(Protocol):
    """Who reads for a seller, their one-time links, sessions and prepared answers.

    Tokens are 256 bits, url-safe; only their hashes are kept. A session ends after 7 days without use, and 30 days
    after it began. A disabled agent has neither sessions nor links. Every change names the seller: an id of another
    seller's is treated as none.
    """

    async def invite(self, seller: str, *, name: str, role: Role, locale: str, at: datetime) -> Agent: ...

    async def of_seller(self, seller: str) -> Sequence[Agent]:
        """List a seller's people, by name; disabled ones too."""
        ...

    async def change(
        self, seller: str, agent: str, *, name: str = "", role: Role | None = None, locale: str = ""
    ) -> Agent | None:
        """Change what is given; None when the seller has no such agent."""
        ...

    async def disable(self, seller: str, agent: str, *, disabled: bool = True) -> bool:
        """Let an agent in no more (ends every session and link), or again; False when there is no such agent."""
        ...

    async def link(self, agent: str, *, at: datetime, expires: datetime) -> str:
        """Make a token that signs in once; raises KeyError for an agent who is unknown or disabled."""
        ...

    async def redeem(self, token: str, *, at: datetime) -> SignedIn | None:
        """Use a link up and begin a session; None alike for unknown, used and expired."""
        ...

    async def session(self, token: str, *, at: datetime) -> Agent | None:
        """Tell whose session it is; counts as use, written down once a minute at most."""
        ...

    async def end(self, token: str) -> None:
        """End one session; an unknown one is no error."""
        ...

    async def end_all(self, seller: str, agent: str) -> int:
        """End every session of an agent and make their open links useless; returns how many sessions."""
        ...

    async def save_canned(self, canned: Canned) -> Canned:
        """Keep a prepared answer, new (`id` "") or changed; raises KeyError for an id that the seller has not got."""
        ...

    async def canned(self, seller: str) -> Sequence[Canned]:
        """List a seller's prepared answers, by title."""
        ...

    async def delete_canned(self, seller: str, canned: str) -> bool:
        """Delete one; False when the seller has no such answer."""
        ...
