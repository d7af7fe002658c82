import asyncio
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.conversation import ChatState, Conversation, FlowRef
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from storage.blobs import DiskBlobs, MemoryBlobs, open_blobs, sweep
from storage.memory import MemoryStorage
from storage.ports import Arrival, StorageFailure

Blobs = DiskBlobs | MemoryBlobs


@pytest.fixture(params=["disk", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return DiskBlobs(tmp_path / "deep" / "blobs") if request.param == "disk" else MemoryBlobs()


async def test_what_was_put_is_got_under_its_case_and_sha256(blobs: Blobs) -> None:
    key = await blobs.put("K7F3QX", b"picture")

    assert key == f"K7F3QX/{hashlib.sha256(b'picture').hexdigest()}"
    assert await blobs.get(key) == b"picture"


async def test_the_same_bytes_again_cost_no_space(blobs: Blobs) -> None:
    keys = await asyncio.gather(*(blobs.put("K7F3QX", b"picture") for _ in range(8)))

    assert len(set(keys)) == 1
    assert [(blob.key, blob.size) for blob in await blobs.keys()] == [(keys[0], 7)]


async def test_what_is_not_there_is_a_key_error_and_may_be_deleted(blobs: Blobs) -> None:
    key = await blobs.put("K7F3QX", b"picture")
    await blobs.delete([key, key])

    with pytest.raises(KeyError):
        await blobs.get(key)


async def test_a_case_is_forgotten_without_touching_another(blobs: Blobs) -> None:
    await blobs.put("K7F3QX", b"one")
    kept = await blobs.put("K7F3QZ", b"one")

    await blobs.delete_case("K7F3QX")

    assert [blob.key for blob in await blobs.keys()] == [kept]


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

    assert len(await blobs.keys()) == 1


def opening(state: ChatState, event: Event) -> Outcome:
    code = event.text if isinstance(event, TextReceived) else ""
    conversation = Conversation(id=code, chat=state.chat.id, flow=FlowRef(name="f", hash="h"))
    return Outcome(state=ChatState(chat=state.chat, conversations={code: conversation}))


def aged(folder: Path) -> Callable[[str, timedelta], None]:
    def age(key: str, by: timedelta) -> None:
        then = (datetime.now(UTC) - by).timestamp()
        os.utime(folder / key, (then, then))

    return age


async def test_the_sweep_takes_only_rowless_objects_older_than_a_day(tmp_path: Path) -> None:
    blobs, store = DiskBlobs(tmp_path), MemoryStorage(lambda: datetime.now(UTC))
    await store.open(opening)
    await store.streams.post(Arrival(source="t", id="1", chat=1, event=TextReceived(text="ALIVE1")))
    old_rowless, young_rowless = await blobs.put("GONE11", b"1"), await blobs.put("GONE22", b"1")
    old_living = await blobs.put("ALIVE1", b"1")
    touched = await blobs.put("GONE33", b"1")
    age = aged(tmp_path)
    for key, by in ((old_rowless, 25), (young_rowless, 23), (old_living, 2000), (touched, 2000)):
        age(key, timedelta(hours=by))
    await blobs.put("GONE33", b"1")

    swept = await sweep(blobs, store.streams, now=datetime.now(UTC))

    assert swept == 1
    assert {blob.key for blob in await blobs.keys()} == {young_rowless, old_living, touched}
    await store.close()


def test_a_place_that_is_no_folder_is_refused_with_a_clear_word(tmp_path: Path) -> None:
    assert isinstance(open_blobs(str(tmp_path)), DiskBlobs)
    with pytest.raises(StorageFailure, match="extra `s3`"):
        open_blobs("s3://bucket/photos")
    with pytest.raises(StorageFailure, match="a folder"):
        open_blobs("https://example.com")
