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


def housekeeping(
    playground: Playground, *, clock: FixedClock | None = None, alerts: list[str] | None = None
) -> Housekeeping:
    told = alerts if alerts is not None else []
    return Housekeeping(
        sound=told.append,
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

        for _ in range(8):
            await playground.pass_time(timedelta(days=1))
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


async def test_a_clock_that_was_set_ahead_forgets_nobody_for_a_day_and_operators_hear_of_it_once(
    ground: Playground,
) -> None:
    alerts: list[str] = []
    async with ground as playground:
        anna = playground.customer(1)
        await anna.start()
        await anna.photo()
        await housekeeping(playground, alerts=alerts).round()
        wrong = FixedClock(playground.clock.now() + timedelta(days=400))

        for _ in range(3):  # each in a process of its own, an hour apart
            await housekeeping(playground, clock=wrong, alerts=alerts).round()
            wrong = FixedClock(wrong.now() + timedelta(hours=1))
        kept = await playground.storage.cases.of_chat(1)
        await housekeeping(playground, alerts=alerts).round()  # it was set right again

        assert len(kept) == len(await playground.storage.cases.of_chat(1)) == 1
        assert len(await every(playground.blobs)) == 1
        [alert] = alerts
        assert "400 days ago" in alert
        assert "clock" in alert


async def test_after_a_long_rest_what_is_old_goes_a_day_later(ground: Playground) -> None:
    alerts: list[str] = []
    async with ground as playground:
        anna = playground.customer(1)
        await anna.start()
        await housekeeping(playground).round()
        later = playground.clock.now() + KEPT + timedelta(days=5)

        for hours in (0, 1, 23):
            await housekeeping(
                playground, clock=FixedClock(later + timedelta(hours=hours)), alerts=alerts
            ).round()
        before = await playground.storage.cases.of_chat(1)
        await housekeeping(playground, clock=FixedClock(later + timedelta(hours=25)), alerts=alerts).round()

        assert len(before) == 1
        assert await playground.storage.cases.of_chat(1) == []
        assert len(alerts) == 1
