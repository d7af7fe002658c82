"""What the inbox's pages work with: the doors of storage, the blobs, the actions, and who the sellers are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.app.attachments import Attachments
from bot.app.case_actions import CaseActions
from flows.catalogue import Catalogue
from storage.ports import BlobStore
from storage.seller_ports import Agent, Agents, SellerCases


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything behind the pages; `names` are the sellers' by id, `public` is the address that links begin with."""

    cases: SellerCases
    agents: Agents
    blobs: BlobStore
    actions: Callable[[str], CaseActions]
    """Makes the actions of one seller."""
    attachments: Attachments
    catalogue: Catalogue
    names: Mapping[str, str]
    now: Callable[[], datetime]
    public: str = ""
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    """Where a seller's clock hangs; UTC for one who has not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request of somebody who may make it."""

    desk: Desk
    agent: Agent
    token: str = field(repr=False)  # of the session
    fresh: bool = False  # the session began with this request: its cookie is to be set
    look: str = ""  # "light" or "dark" where this browser's reader has chosen

    @property
    def seller(self) -> str:
        """Whose inbox it is."""
        return self.agent.seller

    def exact(self, when: datetime) -> str:
        """Say the exact time by the seller's own clock."""
        zone = self.desk.zones.get(self.seller)
        return f"{when.astimezone(zone or UTC):%Y-%m-%d %H:%M} {zone.key if zone else 'UTC'}"

    @property
    def is_owner(self) -> bool:
        """Whether the visitor may change who reads the inbox."""
        return self.agent.role == "owner"
