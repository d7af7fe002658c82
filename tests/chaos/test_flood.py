"""The small form of `python -m tests.chaos flood`; how long the others wait is the full form's to tell, not a test's."""

import pytest

from tests.chaos.crowd import photo
from tests.chaos.flood import flood
from tests.chaos.world import world
from tests.journeys.customer import words


@pytest.mark.slow
async def test_a_chat_that_floods_is_told_once_and_holds_nobody_up() -> None:
    report = await flood(count=300, rounds=4)

    assert report["statuses"] == {"200": 300}
    assert report["told_to_slow_down"] == 1
    assert report["messages_to_the_flooder"] < 60
    assert report["samples"][0] == 24
    assert report["samples"][1] > 0


async def test_while_the_disk_is_nearly_full_photos_stay_with_telegram_and_the_customer_is_told() -> None:
    reserve = {"CLEARSHOT_DISK_RESERVE": "1000000"}  # a million megabytes are never free here
    async with world(engine="sqlite", conversations=1, extra=reserve) as place:
        chat = await place.client.new_chat("Anna", language_code="en")
        await place.client.start(chat, place.links[0])

        await place.client.send_photos(chat, [photo(1, 0)])
        told = await place.client.wait_for(chat, lambda m: "storage is full" in words(m), 30.0)
        [waiting] = [bot["pending"] for bot in await place.client.bots()]

    assert "waits with Telegram" in words(told)
    assert waiting == 1
