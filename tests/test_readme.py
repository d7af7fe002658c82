"""What the README says of the code is made from the code."""

from pathlib import Path

from bot.settings_table import table

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
