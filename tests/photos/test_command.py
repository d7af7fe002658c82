"""`clearshot photos judge`: one line a file, whatever the file is."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.photos.command import explain_file, judge_file, judge_files, table
from bot.photos.tuning import NotLabelled, Scored, Tuning, labelled, scored
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
    lines = [json.loads(found.as_json()) for found in judge_files(files)]

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


def test_people_get_a_table_with_a_sum(files: list[str]) -> None:
    heading, *lines, summed = table(list(judge_files(files)))

    assert heading.split() == ["verdict", "sharpness", "time", "file"]
    assert len(lines) == len(files)
    assert lines[0].startswith("ok")
    assert "again" in lines[1]
    assert "blur" in lines[1]
    assert summed == "8 files: 1 ok, 7 to take again"


def test_names_that_are_no_text_or_no_line_are_written_all_the_same() -> None:
    given = ["rück\udcff.jpg", "two\nlines\x1b[2J.jpg"]

    found = list(judge_files(given))
    told = [one.as_json().encode() for one in found]
    _, *lines, _ = table(found)

    assert [json.loads(line)["path"] for line in told] == given
    assert [line.split("  ")[-2] for line in lines] == ["rück\\udcff.jpg", "two\\nlines\\x1b[2J.jpg"]


def test_explaining_pictures_are_written_for_files_with_problems(files: list[str], tmp_path: Path) -> None:
    into = tmp_path / "why"

    written = [
        explain_file(found, into=into, caption=lambda problem: f"it is {problem}")
        for found in judge_files(files)
    ]

    names = [path.name if path else None for path in written]
    assert names == [None, "blurred.blur.jpg", "dark.dark.jpg", "tiny.small.jpg", *[None] * 4]
    assert Image.open(BytesIO((into / "blurred.blur.jpg").read_bytes())).size == (1280, 960)


def test_a_second_picture_of_a_name_takes_no_others_place(files: list[str], tmp_path: Path) -> None:
    found = judge_file(files[1])

    first, second = (explain_file(found, into=tmp_path / "why", caption=str) for _ in range(2))

    assert [path.name for path in (first, second) if path] == ["blurred.blur.jpg", "blurred.blur-2.jpg"]


def labelled_folder(folder: Path) -> Path:
    for seed in range(6):
        for kind, photo in (("sharp", scene(seed=seed)), ("blurred", unfocused(scene(seed=seed)))):
            (folder / kind).mkdir(exist_ok=True)
            (folder / kind / f"{seed}.jpg").write_bytes(jpeg(photo))
    (folder / "sharp" / "notes.txt").write_text("no picture")
    return folder


def test_an_operators_own_photos_are_tuned_to(tmp_path: Path) -> None:
    measured = list(scored(labelled(labelled_folder(tmp_path))))
    tuning = Tuning(photos=tuple(one for one in measured if isinstance(one, Scored)))

    lines = list(tuning.lines())

    assert [one.name for one in measured if isinstance(one, Path)] == ["notes.txt"]
    assert lines[0] == "12 photos: 6 sharp, 6 blurred; AUC 1.000"
    assert tuning.best.caught == 1
    assert tuning.best.rejected == 0
    assert any("6/6 = 100.0%" in line and line.startswith("->") for line in lines)
    assert any("quality: {blur: {below: 0." in line for line in lines)
    assert Image.open(BytesIO(tuning.plot())).format == "PNG"


def test_a_manifest_names_the_labels(tmp_path: Path) -> None:
    folder = labelled_folder(tmp_path)
    rows = [f"{kind}/{seed}.jpg,{kind}" for kind in ("sharp", "blurred") for seed in range(5)]
    (folder / "manifest.csv").write_text("path,label\n" + "\n".join([*rows, "sharp/5.jpg,dark"]))

    assert [(path.parent.name == "sharp") == sharp for path, sharp in labelled(folder)] == [True] * 10


@pytest.mark.parametrize("manifest", [None, "file,kind\na,b\n", "path,label\na.jpg,sharp\n"])
def test_a_folder_without_labels_is_refused_in_one_line(tmp_path: Path, manifest: str | None) -> None:
    if manifest is not None:
        (tmp_path / "manifest.csv").write_text(manifest)

    with pytest.raises(NotLabelled, match=r"^\S+: .*"):
        labelled(tmp_path)
