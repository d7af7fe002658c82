"""Bundles in directories."""

import contextlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.inboxes.folder.adapter import FolderInbox, _place_folder
from bot.inboxes.folder.settings import FolderSettings
from bot.ports import PermanentFailure, TransientFailure
from tests.inboxes.parcels import parcel_with
from tests.inboxes.test_email import note


def inbox(path: Path) -> FolderInbox:
    return FolderInbox(FolderSettings(path=path))


async def test_a_case_is_a_directory_with_numbered_photos_manifest_and_message(tmp_path: Path) -> None:
    parcel = parcel_with()

    receipt = await inbox(tmp_path).deliver(parcel, idempotency_key="K7F3QX.1")

    folder = tmp_path / "K7F3QX"
    assert receipt.reference == "K7F3QX"
    assert sorted(path.name for path in folder.iterdir()) == [
        "01_ShippingDamage_Packaging.jpg",
        "02_ShippingDamage_CloseUp_1.jpg",
        "manifest.json",
        "message.txt",
    ]
    assert (folder / "01_ShippingDamage_Packaging.jpg").read_bytes() == parcel.files[0].content
    assert "my mug broke" in (folder / "message.txt").read_text(encoding="utf-8")


async def test_the_manifest_keeps_to_the_published_schema_and_names_the_files(tmp_path: Path) -> None:
    import bot  # noqa: PLC0415

    schema = json.loads(Path(bot.__file__).with_name("manifest.schema.json").read_text(encoding="utf-8"))
    await inbox(tmp_path).deliver(parcel_with(), idempotency_key="K7F3QX.1")

    manifest = json.loads((tmp_path / "K7F3QX" / "manifest.json").read_bytes())

    jsonschema.validate(manifest, schema)
    assert [photo["file"] for photo in manifest["photos"]] == [
        "01_ShippingDamage_Packaging.jpg",
        "02_ShippingDamage_CloseUp_1.jpg",
    ]
    assert all((tmp_path / "K7F3QX" / photo["file"]).is_file() for photo in manifest["photos"])


async def test_the_same_delivery_twice_is_one_directory(tmp_path: Path) -> None:
    await inbox(tmp_path).deliver(parcel_with(), idempotency_key="K7F3QX.1")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    await inbox(tmp_path).deliver(parcel_with(), idempotency_key="K7F3QX.1")

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


async def test_what_comes_later_lies_in_the_same_case(tmp_path: Path) -> None:
    await inbox(tmp_path).forward(note(), idempotency_key="K7F3QX.note.1")
    await inbox(tmp_path).deliver(parcel_with(), idempotency_key="K7F3QX.1")

    await inbox(tmp_path).deliver(parcel_with(number=2), idempotency_key="K7F3QX.2")

    assert (tmp_path / "K7F3QX" / "notes" / "001.txt").read_text(encoding="utf-8") == "It was a gift"
    assert (tmp_path / "K7F3QX" / "manifest.json").is_file()
    assert (tmp_path / "K7F3QX" / "bundle-2" / "manifest.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["K7F3QX"]


@pytest.mark.parametrize("case", ["../../etc", "", "a/b", "K7F3QX\n", "k7f3qx"])
async def test_a_case_code_that_could_name_another_place_is_refused(tmp_path: Path, case: str) -> None:
    with pytest.raises(PermanentFailure):
        await inbox(tmp_path / "in").deliver(parcel_with(case=case), idempotency_key="x")

    assert list(tmp_path.rglob("*.jpg")) == []


async def test_hostile_labels_stay_inside_the_case(tmp_path: Path) -> None:
    parcel = parcel_with(labels=("../../../etc/passwd", "x\x00y", "日本"))

    await inbox(tmp_path).deliver(parcel, idempotency_key="K7F3QX.1")

    names = sorted(path.name for path in (tmp_path / "K7F3QX").iterdir())
    assert names == ["01_etc_passwd.jpg", "02_x_y.jpg", "03_Photo.jpg", "manifest.json", "message.txt"]


async def test_a_place_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(TransientFailure):
        await inbox(tmp_path / "file").deliver(parcel_with(), idempotency_key="K7F3QX.1")
    with pytest.raises(PermanentFailure):
        await inbox(tmp_path / "file").check()


async def test_an_attempt_that_was_stopped_in_the_middle_leaves_no_half_bundle_beside_another(
    tmp_path: Path,
) -> None:
    files = {"1.jpg": b"one", "2.jpg": b"two", "3.jpg": b"three", "manifest.json": b"{}"}

    class Stopped(dict[str, bytes]):
        """Files whose second is not read before the other attempt has begun and is stopped in its turn."""

        def items(self) -> Any:
            pairs = list(super().items())
            yield from pairs[:2]
            with contextlib.suppress(OSError):
                _place_folder(tmp_path, "K7F3QX", Other(files))
            yield from pairs[2:]

    class Other(dict[str, bytes]):
        """Files of which one is written, and then the disk is full."""

        def items(self) -> Any:
            yield next(iter(super().items()))
            raise OSError(28, "No space left on device")

    _place_folder(tmp_path, "K7F3QX", Stopped(files))

    assert {path.name: path.read_bytes() for path in (tmp_path / "K7F3QX").iterdir()} == files
    assert [path.name for path in tmp_path.iterdir()] == ["K7F3QX"]


async def test_second_bundles_of_two_cases_at_once_keep_their_photos_apart(tmp_path: Path) -> None:
    mine = {"1.jpg": b"mine", "2.jpg": b"mine too", "manifest.json": b"{}"}
    others = {"1.jpg": b"another customer's", "2.jpg": b"not mine", "manifest.json": b"{}"}

    class Slow(dict[str, bytes]):
        """Files among whose writing another case's bundle comes."""

        def items(self) -> Any:
            pairs = list(super().items())
            yield pairs[0]
            _place_folder(tmp_path, "B8G4RY/bundle-2", others)
            yield from pairs[1:]

    _place_folder(tmp_path, "K7F3QX/bundle-2", Slow(mine))

    for case, files in (("K7F3QX", mine), ("B8G4RY", others)):
        folder = tmp_path / case / "bundle-2"
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
