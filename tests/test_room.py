"""Whether there is room is seen on the real disk."""

from pathlib import Path

from bot.room import Room, folders_of


def test_there_is_room_until_the_reserve_would_be_touched(tmp_path: Path) -> None:
    assert Room([tmp_path], reserve=0)()
    assert not Room([tmp_path], reserve=1_000_000_000)()


def test_a_folder_that_is_not_there_yet_is_where_it_will_be(tmp_path: Path) -> None:
    assert Room([tmp_path / "not" / "yet"], reserve=0)()


def test_what_is_kept_elsewhere_needs_no_room_here() -> None:
    assert folders_of(database="postgresql://db/clearshot", blobs="s3://photos") == ()
    assert folders_of(database="sqlite:////data/c.db", blobs="/blobs") == (Path("/data"), Path("/blobs"))
