"""Backups by themselves: every row of every table, between the engines, whole or refused."""

import stat
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.backup import back_up, restore
from bot.bootstrap import Faulty, make_store
from bot.settings import Settings
from flows.conversation import ChatState, Conversation
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from storage.blobs import open_blobs
from storage.ports import Arrival, OrderRecord, StorageFailure
from storage.sql.store import SqlStorage
from tests.storage.samples import AT, ORDER, SAMPLES

SAMPLE_CASE = next(one for one in SAMPLES if isinstance(one, Conversation))
Rows = dict[str, list[dict[str, Any]]]
MOMENTARY = {"owners", "agent_sessions", "agent_links"}


def opening(state: ChatState, event: Event) -> Outcome:
    """Step: a case for each chat, and every effect there is."""
    if not isinstance(event, TextReceived):
        raise TypeError("a step that fails, so that something is set aside")
    case = Conversation(
        **{**_fields(SAMPLE_CASE), "id": f"CASE{state.chat.id:02}", "chat": state.chat.id, "revision": 0}
    )
    effects = tuple(one for one in SAMPLES if type(one).__module__ == "flows.effects")
    return Outcome(state=ChatState(chat=state.chat, conversations={case.id: case}), effects=effects)


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


@asynccontextmanager
async def filled(settings: Settings) -> AsyncIterator[SqlStorage]:
    """A store in which every table has something, as a bot leaves it that still runs."""
    store = make_store(settings, guest=False)
    await store.upgrade()
    await store.open(opening)
    try:
        for chat in range(1, 4):
            await store.streams.post(
                Arrival(source="t", id=str(chat), chat=chat, event=TextReceived(text="hi"))
            )
        await store.streams.post(Arrival(source="t", id="bad", chat=1, event=next(iter(SAMPLES))))
        await store.orders.save([OrderRecord(order=ORDER, facts=("10115",), updated=AT)])
        await store.orders.link(1, ORDER, at=AT)
        await store.orders.mint(ORDER.number, seller=ORDER.seller, at=AT, expires=AT + timedelta(days=1))
        await store.orders.count_try("chat:1", at=AT, limit=5, per_seconds=3600)
        agent = await store.agents.invite("acme", name="Ann", role="owner", locale="en", at=AT)
        await store.agents.link(agent.id, at=AT, expires=AT + timedelta(days=1))
        await store.revisions.save({"hash": "{}"})
        yield store
    finally:
        await store.close()


async def rows_of(settings: Settings) -> Rows:
    found: Rows = {}
    store = make_store(settings, guest=True)
    try:
        await store.copy_out(lambda table, rows: found.setdefault(table, []).extend(map(dict, rows)))
    finally:
        await store.close()
    for row in (*found.get("inbox", []), *found.get("tries", [])):
        del row["id"]
    for row in found["outbox"]:
        row |= {"owner": "", "handed": False}
    return found


def settings_in(folder: Path, database: str = "") -> Settings:
    folder.mkdir(exist_ok=True)
    return Settings(database=database or f"sqlite:///{folder / 'c.db'}", blobs=str(folder / "blobs"))


@pytest.fixture
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Settings, Settings]:
    """Where a backup is made, and where it is restored."""
    here, there = str(request.param).split(" to ")

    def url(engine: str) -> str:
        return str(request.getfixturevalue("postgres_server").database()) if engine == "postgres" else ""

    return settings_in(tmp_path / "here", url(here)), settings_in(tmp_path / "there", url(there))


@pytest.mark.parametrize(
    "engines",
    [
        "sqlite to sqlite",
        *(
            pytest.param(way, marks=pytest.mark.postgres)
            for way in ("sqlite to postgres", "postgres to sqlite")
        ),
    ],
    indirect=True,
)
async def test_every_row_and_photo_comes_back_while_the_bot_works(
    engines: tuple[Settings, Settings], tmp_path: Path
) -> None:
    here, there = engines
    async with filled(here):
        key = await open_blobs(here.blobs).put("CASE01", b"picture")
        copied = await back_up(here, tmp_path / "kept.tar")
        before = await rows_of(here)
    assert (copied.photos, copied.rows) == (1, sum(map(len, before.values())))
    assert set(before) == {"chats", "conversations", "seen", "inbox", "outbox", "orders", "order_facts", "order_links",
                           "link_tokens", "tries", "revisions", "fingerprints", "agents"}  # fmt: skip

    await restore(there, tmp_path / "kept.tar")

    assert await rows_of(there) == before
    assert await open_blobs(there.blobs).get(key) == b"picture"
    async with filled_again(there) as store:
        assert len(await store.cases.of_chat(2)) == 1
        assert await store.asides.retry((await store.asides.aside())[0].id)


@asynccontextmanager
async def filled_again(settings: Settings) -> AsyncIterator[SqlStorage]:
    store = make_store(settings, guest=False)
    await store.open(opening)
    try:
        yield store
    finally:
        await store.close()


async def test_a_backup_is_for_its_owner_s_eyes_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "here")
    (tmp_path / "kept").mkdir()
    async with filled(settings):
        copied = await back_up(settings, tmp_path / "kept")

    assert [one.name for one in (tmp_path / "kept").iterdir()] == [copied.file.name]
    assert stat.S_IMODE(copied.file.stat().st_mode) == 0o600


async def test_a_database_in_use_is_never_overwritten(tmp_path: Path) -> None:
    here, there = settings_in(tmp_path / "here"), settings_in(tmp_path / "there")
    async with filled(here):
        await back_up(here, tmp_path / "kept.tar")
    async with filled(there):
        pass
    before = await rows_of(there)

    with pytest.raises(StorageFailure, match="in use"):
        await restore(there, tmp_path / "kept.tar")

    assert await rows_of(there) == before


@pytest.mark.parametrize("harm", ["cut", "photo", "empty", "no tar", "no end"])
async def test_what_is_no_whole_backup_is_refused_in_one_line(tmp_path: Path, harm: str) -> None:
    here, there, file = settings_in(tmp_path / "here"), settings_in(tmp_path / "there"), tmp_path / "kept.tar"
    async with filled(here):
        await open_blobs(here.blobs).put("CASE01", b"picture")
        await back_up(here, file)
    content = file.read_bytes()
    harmed = {
        "cut": content[: len(content) // 2],
        "photo": content.replace(b"picture", b"PICTURE"),
        "empty": b"",
        "no tar": b"x" * 2000,
    }
    if harm == "no end":
        with tarfile.open(file) as tar:
            kept = [(entry, tar.extractfile(entry)) for entry in tar if entry.name != "end.json"]
            with tarfile.open(tmp_path / "other.tar", "w") as other:
                for entry, opened in kept:
                    other.addfile(entry, opened)
        harmed[harm] = (tmp_path / "other.tar").read_bytes()
    file.write_bytes(harmed[harm])

    with pytest.raises(Faulty, match=r"kept.tar: (is no whole backup|the photo \w+\.\.\. is damaged)"):
        await restore(there, file)

    assert not (tmp_path / "there" / "c.db").exists() or "chats" not in await rows_of(there)
