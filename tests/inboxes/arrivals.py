"""What every office can tell: what arrived at an inbox, and how it breaks down."""

from dataclasses import dataclass, field
from typing import Protocol

from bot.ports import SellerInbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One thing that a seller finds: the key it came under, its case, sha256 of its photos by name, its words."""

    key: str
    case: str
    photos: dict[str, str] = field(default_factory=dict)
    words: str = ""


class Office(Protocol):
    """An inbox and where it leads."""

    inbox: SellerInbox

    def arrived(self) -> list[Arrived]: ...

    def break_down(self) -> None: ...

    def mend(self) -> None: ...
