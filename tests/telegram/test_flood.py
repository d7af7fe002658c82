"""What one chat may send at once: a person's haste and albums pass, a program does not."""

from bot.telegram.flood import Allowance, Flood, Ruling
from flows.events import ChatBlocked, ChoiceMade, PhotoReceived, TextReceived
from flows.values import Upload

TEXT = TextReceived(text="hello")
PRESS = ChoiceMade(data="a.1.b")
PHOTO = PhotoReceived(upload=Upload(file_id="f", unique_id="u", kind="photo"))


def rulings(flood: Flood, count: int, *, at: float, chat: int = 5, event: object = TEXT) -> list[Ruling]:
    return [flood.rule(chat, event, at=at) for _ in range(count)]  # type: ignore[arg-type]


def test_haste_passes_and_a_flood_is_told_once() -> None:
    flood = Flood(words=Allowance(burst=3, per_second=1))

    seen = rulings(flood, 6, at=100)

    assert seen == [Ruling.TAKEN] * 3 + [Ruling.DROPPED_FIRST] + [Ruling.DROPPED] * 2


def test_a_flood_is_told_again_only_after_it_calmed_down() -> None:
    flood = Flood(words=Allowance(burst=3, per_second=1))
    rulings(flood, 6, at=100)

    trickle = rulings(flood, 2, at=101)
    calm = rulings(flood, 4, at=200)

    assert trickle == [Ruling.TAKEN, Ruling.DROPPED]
    assert calm == [Ruling.TAKEN] * 3 + [Ruling.DROPPED_FIRST]


def test_after_the_clock_was_set_back_a_chat_that_calms_down_is_heard_again() -> None:
    flood = Flood(presses=Allowance(burst=3, per_second=1))
    rulings(flood, 3, at=20_000, event=PRESS)

    back = rulings(flood, 2, at=10_000, event=PRESS)
    calm = rulings(flood, 3, at=10_060, event=PRESS)

    assert back == [Ruling.DROPPED_FIRST, Ruling.DROPPED]
    assert calm == [Ruling.TAKEN] * 3


def test_many_albums_pass_while_words_are_dropped() -> None:
    flood = Flood()

    words = rulings(flood, 40, at=100)
    photos = rulings(flood, 200, at=100, event=PHOTO)

    assert words.count(Ruling.TAKEN) == 30
    assert photos == [Ruling.TAKEN] * 200


def test_even_photos_have_an_end() -> None:
    seen = rulings(Flood(), 1500, at=100, event=PHOTO)

    assert seen.count(Ruling.TAKEN) == 300


def test_other_chats_and_other_kinds_are_not_held_up() -> None:
    flood = Flood()
    rulings(flood, 100, at=100)

    assert rulings(flood, 1, at=100, chat=6) == [Ruling.TAKEN]
    assert rulings(flood, 1, at=100, event=PRESS) == [Ruling.TAKEN]
    assert rulings(flood, 1, at=100, event=ChatBlocked()) == [Ruling.TAKEN]


def test_what_was_sent_over_hours_while_the_bot_was_away_is_no_flood() -> None:
    flood = Flood()

    seen = [flood.rule(5, TEXT, at=1000 + 60 * minute) for minute in range(200)]

    assert seen == [Ruling.TAKEN] * 200


def test_a_draw_that_was_given_back_counts_no_more() -> None:
    flood = Flood(words=Allowance(burst=1, per_second=1))
    flood.rule(5, TEXT, at=100)

    flood.give_back(5, TEXT)

    assert flood.rule(5, TEXT, at=100) is Ruling.TAKEN


def test_chats_not_heard_of_for_long_are_forgotten() -> None:
    flood = Flood()

    for chat in range(1, 30_000):
        flood.rule(chat, TEXT, at=100)

    assert len(flood._chats) == 20_000


def test_chats_that_rest_are_forgotten_and_one_that_floods_is_not() -> None:
    flood = Flood()
    for chat in range(1000):
        rulings(flood, 1, at=100, chat=chat)
    rulings(flood, 40, at=104, chat=7)

    after_four_seconds = rulings(flood, 1, at=105, chat=7)
    remembered = len(flood)

    assert after_four_seconds == [Ruling.TAKEN]  # three came back in the second since
    assert remembered == 1


def test_bytes_have_an_end_too_and_what_was_given_back_counts_no_more() -> None:
    large = PhotoReceived(upload=Upload(file_id="f", unique_id="u", kind="file", size=19_000_000))
    flood = Flood(megabytes=Allowance(burst=40, per_second=1))

    seen = rulings(flood, 3, at=100, event=large)
    flood.give_back(5, large)

    assert seen == [Ruling.TAKEN, Ruling.TAKEN, Ruling.DROPPED_FIRST]
    assert rulings(flood, 1, at=100, event=large) == [Ruling.TAKEN]
    assert rulings(flood, 1, at=100, event=PHOTO) == [Ruling.TAKEN]
