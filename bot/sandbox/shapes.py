"""The names that JSON has here; no behaviour."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""One JSON object, in Telegram's own shape unless a docstring says otherwise."""
