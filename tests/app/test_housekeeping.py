"""How long things are kept: no longer than promised, and nothing goes that is still in use."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app.housekeeping import Housekeeping
from bot.flow_files import read_flow_files
from bot.testing import FixedClock, picture
from bot.testing.customer import Playground
from flows.values import Seller
from tests.every import every

KEPT = timedelta(days=90)


def housekeeping(playground: Playground, *, clock: FixedClock | None = None) -> Housekeeping:
    return Housekeeping(
        cases=playground.storage.cases,
        archive=playground.storage.archive,
        blobs=playground.blobs,
        clock=clock or playground.clock,
        kept=KEPT,
    )


@pytest.fixture
def ground() -> Playground:
    catalogue = read_flow_files().load(sellers=[Seller(id="acme", name="Acme")]).catalogue
    assert catalogue is not None
    return Playground(catalogue)


async def test_a_chat_is_forgotten_when_it_was_kept_long_enough_and_not_a_day_before(
    ground: Playground,
) -> None:
    async with ground as playground:
        anna, ben = playground.customer(1), playground.customer(2, name="Ben")
        await anna.start()
        await anna.photo()
        assert len(await every(playground.blobs)) == 1
        await anna.say("/status")
        for _ in range(6):  # reminders come and end
            await playground.pass_time(timedelta(days=1))
        await playground.pass_time(timedelta(days=83))
        await housekeeping(playground).round()
        assert len(await playground.storage.cases.of_chat(1)) == 1
        await ben.start()

        await playground.pass_time(timedelta(days=8))
        await housekeeping(playground).round()

        assert await playground.storage.cases.of_chat(1) == []
        assert await every(playground.blobs) == []
        assert len(await playground.storage.cases.of_chat(2)) == 1


async def test_objects_without_a_case_are_swept_when_they_are_old_enough(ground: Playground) -> None:
    now = datetime.now(UTC)
    async with ground as playground:
        anna = playground.customer(1)
        await anna.start()
        await anna.photo()
        [kept] = await every(playground.blobs)
        await playground.blobs.put("2222CC", picture("ok", serial=9))

        await housekeeping(playground, clock=FixedClock(now + timedelta(hours=23))).round()
        young = len(await every(playground.blobs))
        await housekeeping(playground, clock=FixedClock(now + timedelta(hours=49))).round()

        assert young == 2
        assert [blob.key for blob in await every(playground.blobs)] == [kept.key]
