"""Updates as the Bot API sends them: real shapes, invented content."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """List the recorded updates."""
    return sorted(file.stem for file in FOLDER.glob("*.json"))


def recorded(name: str) -> Any:
    """Read one update, a fresh copy each time."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
