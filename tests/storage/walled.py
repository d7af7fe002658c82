"""Which tables the wall between sellers stands around, and how: what the policies of migration 0005 must come to."""

from collections.abc import Mapping
from types import MappingProxyType

OWN: Mapping[str, str] = MappingProxyType(
    {
        "conversations": "desk",
        "agents": "seller",
        "canned_answers": "seller",
        "case_records": "seller",
        "fingerprints": "seller",
        "orders": "seller",
        "order_facts": "seller",
        "order_links": "seller",
        "link_tokens": "seller",
    }
)
"""Which column says whose a row is."""
OF_AGENTS = ("agent_links", "agent_sessions")
"""What hangs on a seller's people."""
CLOSED = ("chats", "inbox", "outbox")
"""What customers say and are told: no seller's transaction has a look."""
