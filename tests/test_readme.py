"""What the README says of the code is made from the code."""

import re
from pathlib import Path

from bot.settings_table import table
from tests.bench.__main__ import NAMES as BENCHES
from tests.chaos.__main__ import NAMES as ATTACKS

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_settings_table_is_the_code_s() -> None:
    text = README.read_text(encoding="utf-8")

    shown = text.partition("<!-- settings: made by bot/settings_table.py -->")[2].partition(
        "<!-- /settings -->"
    )[0]

    assert shown.strip() == table().strip()


def test_the_two_commands_are_there_and_can_be_run() -> None:
    text = README.read_text(encoding="utf-8")

    for command in ("deploy/demo.sh", "deploy/test.sh"):
        assert f"./{command}" in text
        assert (README.parent / command).stat().st_mode & 0o111


def test_every_picture_and_file_that_is_linked_is_there() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))

    assert "deploy/pictures/chat.png" in linked
    assert [path for path in linked if not (README.parent / path).is_file()] == []


def test_every_command_of_benches_and_attacks_is_there() -> None:
    text = README.read_text(encoding="utf-8")

    assert f"tests.bench {'|'.join(BENCHES)}" in text
    for attack in ATTACKS:
        assert f"tests.chaos {attack}" in text
