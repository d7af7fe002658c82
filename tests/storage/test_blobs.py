"""One suite for every place of objects: a folder, an S3-compatible store, memory."""

import asyncio
import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.blobs import DiskBlobs, MemoryBlobs, open_blobs
from storage.ports import BlobStore, StorageFailure
from tests.every import every
from tests.object_store import ObjectStore

Blobs = BlobStore


@pytest.fixture(params=["disk", "memory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    if request.param == "disk":
        return DiskBlobs(tmp_path / "deep" / "blobs")
    if request.param == "memory":
        return MemoryBlobs()
    store: ObjectStore = request.getfixturevalue("object_store")
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    return open_blobs(f"s3://{store.bucket()}/deep/photos")


async def test_what_was_put_is_got_under_its_case_and_sha256(blobs: Blobs) -> None:
    key = await blobs.put("K7F3QX", b"picture")

    assert key == f"K7F3QX/{hashlib.sha256(b'picture').hexdigest()}"
    assert await blobs.get(key) == b"picture"


async def test_the_same_bytes_again_cost_no_space(blobs: Blobs) -> None:
    keys = await asyncio.gather(*(blobs.put("K7F3QX", b"picture") for _ in range(8)))

    assert len(set(keys)) == 1
    assert [(blob.key, blob.size) for blob in await every(blobs)] == [(keys[0], 7)]


async def test_what_is_not_there_is_a_key_error_and_may_be_deleted(blobs: Blobs) -> None:
    key = await blobs.put("K7F3QX", b"picture")
    await blobs.delete([key, key])

    with pytest.raises(KeyError):
        await blobs.get(key)


async def test_a_case_is_forgotten_without_touching_another(blobs: Blobs) -> None:
    await blobs.put("K7F3QX", b"one")
    kept = await blobs.put("K7F3QZ", b"one")

    await blobs.delete_case("K7F3QX")

    assert [blob.key for blob in await every(blobs)] == [kept]


@pytest.mark.parametrize(
    "key",
    [
        "../K7F3QX/" + "a" * 64,
        "K7F3QX/../../etc/passwd",
        "/etc/passwd",
        "K7F3QX/" + "A" * 64,
        "K7F3QX/" + "a" * 64 + "\n",
        "K7F3QX/" + "a" * 63,
        "k7f3qx/" + "a" * 64,
        "K7F3QX\\" + "a" * 64,
        "",
    ],
)
async def test_no_key_names_a_place_outside(blobs: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="no blob key"):
        await blobs.get(key)
    with pytest.raises(ValueError, match="no blob key"):
        await blobs.delete([key])


@pytest.mark.parametrize("case", ["..", "", "K7F3QX/..", ".", "K7F3QX\n", "K7"])
async def test_no_case_names_a_place_outside(blobs: Blobs, case: str) -> None:
    with pytest.raises(ValueError, match="no"):
        await blobs.put(case, b"picture")
    with pytest.raises(ValueError, match="no case"):
        await blobs.delete_case(case)


async def test_a_full_disk_is_a_storage_failure_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    blobs = DiskBlobs(folder)
    (folder / "K7F3QX").mkdir(parents=True)
    target = folder / "K7F3QX" / hashlib.sha256(b"picture").hexdigest()
    target.mkdir()  # a rename onto a folder fails, as a write on a full disk does

    with pytest.raises(StorageFailure):
        await blobs.put("K7F3QX", b"picture")

    assert list((folder / "K7F3QX").iterdir()) == [target]


async def test_half_written_files_are_never_listed(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)
    await blobs.put("K7F3QX", b"picture")
    (tmp_path / "K7F3QX" / ".0123").write_bytes(b"half")

    assert len(await every(blobs)) == 1


async def test_an_object_stored_again_is_young_again(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)
    key = await blobs.put("K7F3QX", b"picture")
    then = (datetime.now(UTC) - timedelta(days=40)).timestamp()
    os.utime(tmp_path / key, (then, then))

    await blobs.put("K7F3QX", b"picture")

    [blob] = await every(blobs)
    assert datetime.now(UTC) - blob.changed < timedelta(hours=1)


async def test_stores_in_one_bucket_see_nothing_of_each_other(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in object_store.environ.items():
        monkeypatch.setenv(name, value)
    bucket = object_store.bucket()
    one, two = open_blobs(f"s3://{bucket}/one"), open_blobs(f"s3://{bucket}/two")
    key = await one.put("K7F3QX", b"picture")

    await two.delete_case("K7F3QX")

    assert await every(two) == []
    assert await one.get(key) == b"picture"


async def test_a_store_without_conditional_writes_is_written_to_all_the_same(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (*object_store.environ.items(), ("AWS_CONDITIONAL_PUT", "disabled")):
        monkeypatch.setenv(name, value)
    blobs = open_blobs(f"s3://{object_store.bucket()}")

    keys = {await blobs.put("K7F3QX", b"picture") for _ in range(2)}

    assert [blob.key for blob in await every(blobs)] == list(keys)


@pytest.mark.parametrize("bucket", ["nobody-made-this", "unreachable"])
async def test_an_object_store_that_fails_is_a_storage_failure_and_no_missing_photo(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    for name, value in object_store.environ.items():
        monkeypatch.setenv(name, value)
    if bucket == "unreachable":
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    blobs = open_blobs(f"s3://{bucket}/photos")

    for work in (
        blobs.put("K7F3QX", b"1"),
        blobs.get("K7F3QX/" + "a" * 64),
        blobs.delete_case("K7F3QX"),
        every(blobs),
    ):
        with pytest.raises(StorageFailure) as failed:
            await work
        assert "canary" not in str(failed.value)
        assert "127.0.0.1" not in str(failed.value)
        assert failed.value.__cause__ is None
        assert failed.value.__suppress_context__


def test_a_place_that_is_no_folder_is_refused_with_a_clear_word(tmp_path: Path) -> None:
    assert isinstance(open_blobs(str(tmp_path)), DiskBlobs)
    with pytest.raises(StorageFailure, match="a folder"):
        open_blobs("https://example.com")
