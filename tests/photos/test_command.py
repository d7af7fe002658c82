"""`clearshot photos judge`: one line a file, whatever the file is."""

import json
from pathlib import Path

import pytest

from bot.photos.command import judge_files
from tests.photos.scenes import jpeg, scaled_light, scene, unfocused


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    contents = {
        "good.jpg": jpeg(scene()),
        "blurred.png": jpeg(unfocused(scene())),
        "dark.jpg": jpeg(scaled_light(scene(), 0.12)),
        "tiny.jpg": jpeg(scene(size=(400, 319))),
        "ünläsbar.jpg": b"no picture",
        "empty.jpg": b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [str(tmp_path / name) for name in [*contents, "missing.jpg"]] + [str(tmp_path)]


def test_json_lines_keep_the_contract_and_the_order(files: list[str]) -> None:
    lines = [json.loads(line) for line in judge_files(files, as_json=True)]

    assert [line["path"] for line in lines] == files
    assert all(list(line) == ["path", "ok", "problems", "sharpness", "ms"] for line in lines)
    assert all(isinstance(line["sharpness"], float) and 0 <= line["sharpness"] <= 1 for line in lines)
    assert all(isinstance(line["ms"], float) and line["ms"] >= 0 for line in lines)
    assert [line["ok"] for line in lines] == [True] + [False] * 7
    assert lines[0]["problems"] == []
    assert "blur" in lines[1]["problems"]
    assert lines[1]["sharpness"] < 0.5
    assert "dark" in lines[2]["problems"]
    assert lines[3]["problems"] == ["small"]
    assert all(line["problems"] == ["unreadable"] for line in lines[4:])


def test_people_get_a_line_each_too(files: list[str]) -> None:
    lines = list(judge_files(files, as_json=False))

    assert len(lines) == len(files)
    assert lines[0].startswith("ok")
    assert "blur" in lines[1]
