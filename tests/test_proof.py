"""The README's table of attacks says what the attacks printed: tests/proof holds each one's JSON as it came."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.__main__ import NAMES as ATTACKS

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "tests" / "proof").glob("chaos-*.json"))
COUNTED = ("kills", "conversations", "stops", "restarts", "jumps", "bundles", "updates_at_once")
"""What a row of the table must tell of its attack, where the attack counted it."""
LEAST = {"storm": {"kills": 500, "conversations": 2000}, "zombie": {"stops": 100}}


def told(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def rows_of(file: Path) -> list[str]:
    """Find the lines of the README that link a file."""
    link = f"]({file.relative_to(ROOT).as_posix()})"
    return [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if link in line]


def test_every_attack_has_its_proof() -> None:
    shown = {re.split(r"[-.]", file.name)[1] for file in FILES}

    assert shown == set(ATTACKS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_was_lost_doubled_or_out_of_order(file: Path) -> None:
    campaign = told(file)

    assert campaign["wrong_at"] == []
    assert {campaign.get(name, 0) for name in ("lost", "doubled", "order_faults")} == {0}
    least = LEAST.get(campaign["campaign"], {}) if "campaign" in campaign else {}
    assert {name: campaign[name] for name in least if campaign[name] < least[name]} == {}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_readme_says_what_was_printed(file: Path) -> None:
    campaign, rows = told(file), rows_of(file)

    assert rows
    for one in campaign.get("faults", [campaign]):
        numbers = {f"{one[name]:,}".replace(",", " ") for name in COUNTED if one.get(name)}
        assert any(all(re.search(rf"\b{number}\b", row) for number in numbers) for row in rows), numbers
