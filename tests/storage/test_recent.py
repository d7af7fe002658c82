"""States remembered by name: trusted unread only where nobody else writes, right by their text elsewhere, and bounded."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from flows.conversation import Chat, Conversation, FlowRef
from storage.codec import CodecFault, encode
from storage.sql.recent import Recent
from storage.stepping import Known, Written

MARA = Chat(id=1, name="Mara", revision=3)
CASE = Conversation(id="K7F3QX", chat=1, flow=FlowRef(name="f", hash="h"))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def read(recent: Recent, chat: Chat) -> Chat:
    return recent.read(chat.id, encode(chat), expected=Chat, born=NOON)


def wrote(recent: Recent, chat: Chat) -> None:
    case = Written(value=CASE, body=encode(CASE), at=NOON, before=None)
    recent.learn([Written(value=chat, body=encode(chat), at=NOON, before=None)], [case])


def test_a_text_is_decoded_once_and_another_text_of_the_same_revision_is_another_state() -> None:
    recent, reborn = Recent(), replace(MARA, name="Ove")

    first, second = (read(recent, MARA) for _ in range(2))

    assert first is second
    assert read(recent, reborn) == reborn


def test_what_was_not_asked_for_longest_goes_first() -> None:
    recent = Recent(most=2)
    chats = [replace(MARA, id=number) for number in (1, 2, 3)]
    one, two = (read(recent, chat) for chat in chats[:2])
    read(recent, chats[0])

    read(recent, chats[2])

    assert read(recent, chats[0]) is one
    assert read(recent, chats[1]) is not two


def test_a_known_text_of_another_kind_is_refused() -> None:
    recent = Recent()
    read(recent, MARA)

    with pytest.raises(CodecFault):
        recent.read(MARA.id, encode(MARA), expected=Conversation)


def opened(file: Path) -> Connection:
    return create_engine(f"sqlite:///{file}").connect()


def test_what_was_written_need_not_be_read_by_who_is_alone(tmp_path: Path) -> None:
    recent, mine = Recent(alone=True), opened(tmp_path / "c.db")
    recent.look(mine)
    wrote(recent, MARA)

    recent.look(mine)

    assert recent.chats([1, 2]) == {1: Known(chat=MARA, born=NOON)}
    assert recent.conversations([CASE.id, "OTHER1"]) == {CASE.id: CASE}
    mine.close()


def test_once_somebody_else_wrote_everything_is_read(tmp_path: Path) -> None:
    recent, mine, other = Recent(alone=True), opened(tmp_path / "c.db"), opened(tmp_path / "c.db")
    recent.look(mine)
    wrote(recent, MARA)
    other.exec_driver_sql("CREATE TABLE t (x)")
    other.commit()

    recent.look(mine)

    assert recent.chats([1]) == {}
    assert recent.conversations([CASE.id]) == {}
    mine.close()
    other.close()


def test_where_others_write_everything_is_read() -> None:
    recent = Recent()
    wrote(recent, MARA)

    assert recent.chats([1]) == {}
    assert recent.conversations([CASE.id]) == {}


def test_what_is_doubted_is_read(tmp_path: Path) -> None:
    recent, mine = Recent(alone=True), opened(tmp_path / "c.db")
    recent.look(mine)
    wrote(recent, MARA)
    recent.doubt()

    recent.look(mine)

    assert recent.chats([1]) == {}
    assert recent.conversations([CASE.id]) == {}
    mine.close()
