"""Several processes on one PostgreSQL: leases, take-over, lanes that stay whole, notices, lost connections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, insert, update

from flows.conversation import ChatState
from flows.effects import Say
from flows.events import Event
from flows.outcome import Outcome
from storage.ports import OutboxRow, Slot, StorageFailure
from storage.sql.database import RESTED
from storage.sql.group import OUTBOX, SEEN
from storage.sql.leases import LEASE, OWNERS, PAST, take_over
from storage.sql.pruning import in_slices, of_no_use
from storage.sql.store import SqlStorage
from storage.sql.streams import CHANNEL, INBOX_NOTICE
from tests.contracts.conftest import NOON, Stores, eventually, name_of
from tests.contracts.test_storage_contract import said, step
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
async def replicas(postgres_server: PostgresServer) -> AsyncIterator[Stores]:
    """Open stores on one fresh PostgreSQL database."""
    found = Stores(postgres_server.database())
    yield found
    for store in list(found.opened):
        await found.close(store)


async def lease_runs_out(store: SqlStorage) -> None:
    """What the database's clock would do in ten seconds, were the process dead."""
    await _lease_ends(store, PAST)


async def database_is_set_back(store: SqlStorage, by: timedelta) -> None:
    """What a lease looks like when the database's clock is set back."""
    await _lease_ends(store, func.now() + LEASE + by)


async def _lease_ends(store: SqlStorage, until: Any) -> None:
    ended = update(OWNERS).where(OWNERS.c.id == store.owner).values(until=until)
    await store._database.run(lambda c: c.execute(ended))


async def owners_of(store: SqlStorage) -> set[str]:
    rows = await store._database.read(lambda c: c.execute(OUTBOX.select()).all())
    return {row.owner for row in rows}


def words(rows: list[OutboxRow]) -> list[str]:
    return [row.effect.spans[0].text for row in rows if isinstance(row.effect, Say)]


async def test_rows_of_a_living_process_are_left_to_it(replicas: Stores) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")
    await one.streams.post(said(1, "hello"))

    claimed = await two.outbox.claim(now=NOON)

    assert claimed == []
    assert await owners_of(two) == {one.owner}


async def test_rows_of_a_process_whose_lease_ran_out_are_taken_over_in_order(replicas: Stores) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")
    one.outbox.subscribe(lambda _rows: None)
    for number in range(1, 6):
        await one.streams.post(said(number, str(number)))

    await lease_runs_out(one)
    claimed = list(await two.outbox.claim(now=NOON))

    assert words(claimed) == ["1", "2", "3", "4", "5"]
    assert await owners_of(two) == {two.owner}
    assert await two.outbox.claim(now=NOON) == []


async def test_rows_of_a_dead_process_do_not_wait_for_the_hours_by_which_the_clock_was_set_back(
    replicas: Stores,
) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")
    await one.streams.post(said(1, "hello"))

    await database_is_set_back(one, timedelta(hours=3))
    claimed = list(await two.outbox.claim(now=NOON))

    assert words(claimed) == ["hello"]


async def test_a_living_process_lets_go_of_its_rows_once_when_the_clock_is_set_back_and_then_keeps_them(
    replicas: Stores,
) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")
    await one.streams.post(said(1, "hello"))

    await database_is_set_back(one, timedelta(hours=3))

    assert await one.outbox.renew() is False
    assert await one.outbox.renew() is True
    assert await two.outbox.claim(now=NOON) == []
    assert words(list(await one.outbox.claim(now=NOON))) == ["hello"]


async def test_a_process_that_was_stopped_for_longer_than_its_lease_lets_go_and_its_late_writes_are_refused(
    replicas: Stores,
) -> None:
    zombie = await replicas.open(step, owner="zombie")
    heir = await replicas.open(step, owner="heir")
    lost: list[str] = []
    zombie.outbox.subscribe(lambda _rows: None, lose=lambda: lost.append("lost"))
    [row] = (await zombie.streams.post(said(1, "hello"))).rows
    await lease_runs_out(zombie)
    [taken] = await heir.outbox.claim(now=NOON)
    zombie.outbox._sure_until = 0.0  # its own clock went on while it stood still

    mine = await zombie.outbox.still_mine()
    postponed = await zombie.outbox.postpone(row.id, due=NOON, attempts=3, error="late")
    await zombie.outbox.bury(row.id, error="late")
    await zombie.outbox.settle([row.id], slots={(1, "prompt"): Slot(message=7)})
    await zombie.streams.post(said(2, "the group in which the marks ride"))

    assert (mine, postponed, lost) == (False, False, ["lost"])
    assert await heir.outbox.dead() == []
    assert await heir.outbox.slot(1, "prompt") is None
    assert await heir.outbox.pending() == 2
    await heir.outbox.settle([taken.id], slots={(1, "prompt"): Slot(message=8)})
    await eventually(heir.outbox.pending, 1)
    assert await heir.outbox.slot(1, "prompt") == Slot(message=8)


async def test_what_a_stopped_process_still_owns_is_given_to_it_anew(replicas: Stores) -> None:
    stopped = await replicas.open(step, owner="stopped")
    stopped.outbox.subscribe(lambda _rows: None)
    await stopped.streams.post(said(1, "hello"))
    before = list(await stopped.outbox.claim(now=NOON))
    await lease_runs_out(stopped)
    stopped.outbox._sure_until = 0.0

    mine = [await stopped.outbox.still_mine(), await stopped.outbox.still_mine()]

    assert (before, mine) == ([], [False, True])
    assert words(list(await stopped.outbox.claim(now=NOON))) == ["hello"]


async def test_a_process_that_closes_leaves_its_rows_to_others_at_once(replicas: Stores) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")
    await one.streams.post(said(1, "hello"))

    await replicas.close(one)

    assert words(list(await two.outbox.claim(now=NOON))) == ["hello"]


async def test_orphans_go_to_one_process_however_many_ask(replicas: Stores) -> None:
    one = await replicas.open(step, owner="one")
    others = [await replicas.open(step, owner=f"other{n}") for n in range(3)]
    for number in range(40):
        await one.streams.post(said(number, str(number), chat=number % 4 + 1))
    await lease_runs_out(one)

    claims = await asyncio.gather(*(other.outbox.claim(now=NOON) for other in others for _ in range(3)))

    claimed = [row.id for rows in claims for row in rows]
    assert len(claimed) == len(set(claimed)) == 40
    assert len([rows for rows in claims if rows]) == 1


async def test_new_rows_of_a_lane_go_to_the_process_that_holds_it_and_it_is_told(replicas: Stores) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")
    here: list[OutboxRow] = []
    there: list[OutboxRow] = []
    one.outbox.subscribe(here.extend)
    two.outbox.subscribe(there.extend)
    await one.streams.post(said(1, "first"))

    await two.streams.post(said(2, "second"))

    async def told() -> list[str]:
        return words(here)

    await eventually(told, ["first", "second"])
    assert there == []
    assert await owners_of(two) == {one.owner}


async def test_a_burst_of_rows_for_another_process_s_lanes_is_handed_over_whole_and_in_order(
    replicas: Stores,
) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")
    here: list[OutboxRow] = []
    one.outbox.subscribe(here.extend)
    two.outbox.subscribe(lambda _rows: None)
    for chat in range(1, 9):
        await one.streams.post(said(chat, "0", chat=chat))

    for turn in range(1, 6):
        await asyncio.gather(
            *(two.streams.post(said(10 * turn + chat, str(turn), chat=chat)) for chat in range(1, 9))
        )

    async def heard() -> list[list[str]]:
        return [words([row for row in here if row.chat == chat]) for chat in range(1, 9)]

    await eventually(heard, [[str(turn) for turn in range(6)]] * 8)


async def test_a_lane_stays_whole_when_its_process_is_gone_and_another_adds_to_it(replicas: Stores) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")
    three = await replicas.open(step, owner="three")
    two.outbox.subscribe(lambda _rows: None)
    await one.streams.post(said(1, "first"))
    await lease_runs_out(one)

    await two.streams.post(said(2, "second"))

    assert words(list(await three.outbox.claim(now=NOON))) == ["first", "second"]


async def test_whoever_adds_to_a_lane_is_waited_for_by_whoever_takes_it_over(replicas: Stores) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")
    three = await replicas.open(step, owner="three")
    [row] = (await one.streams.post(said(1, "first"))).rows
    await lease_runs_out(one)
    found: list[str] = []

    def add_slowly(connection: Any) -> None:
        found.extend(two._elsewhere(connection, [row]).values())
        with psycopg.connect(replicas.url) as stranger:  # another process, in the middle of our transaction
            taken = stranger.execute(
                "SELECT id FROM owners WHERE id = %s FOR UPDATE SKIP LOCKED", [one.owner]
            )
            found.append(str(taken.fetchone()))

    await two._database.run(add_slowly)

    assert found == [one.owner, "None"]
    await three._database.run(lambda c: take_over(c, owner=three.owner, now=NOON))
    assert await owners_of(three) == {three.owner}


async def test_both_processes_write_to_the_same_chats_and_nothing_is_lost_or_doubled(
    replicas: Stores,
) -> None:
    one = await replicas.open(step, owner="one")
    two = await replicas.open(step, owner="two")

    await asyncio.gather(
        *(
            store.streams.post(said(number, str(number), chat=number % 8 + 1))
            for number in range(200)
            for store in (one, two)
        )
    )

    for chat in range(1, 9):
        heard = (await name_of(one, chat)).split()
        assert sorted(heard, key=int) == [str(n) for n in range(200) if n % 8 + 1 == chat]
    assert await one.outbox.pending() == 200


async def test_a_chat_that_another_process_creates_in_between_is_written_at_the_second_try(
    replicas: Stores,
) -> None:
    rival = psycopg.connect(replicas.url, autocommit=True)
    born: list[str] = []

    def overtaken(state: ChatState, event: Event) -> Outcome:
        if not born:
            born.append(state.chat.name)
            body = '{"v":1,"kind":"Chat","body":{"id":1,"name":"rival","revision":1}}'
            rival.execute("INSERT INTO chats VALUES (1, now(), 1, %s)", [body])
        return step(state, event)

    store = await replicas.open(overtaken)

    await store.streams.post(said(1, "hello"))

    rival.close()
    assert await name_of(store, 1) == "rival hello"


async def test_replicas_that_start_together_save_the_same_revisions(replicas: Stores) -> None:
    stores = [await replicas.open(step, owner=f"replica{number}") for number in range(4)]
    flows = {f"hash{number}": "{}" for number in range(300)}

    await asyncio.gather(*(store.revisions.save(flows) for store in stores))

    assert await stores[0].revisions.all() == flows


async def test_a_guest_s_arrival_is_announced_and_worked(replicas: Stores) -> None:
    bot = await replicas.open(step, owner="bot")
    guest = await replicas.open(step, owner="guest", exclusive=False)
    notices: list[str] = []
    listening = asyncio.create_task(bot._database.listen(CHANNEL, notices.append))
    numbers = iter(range(1, 1000))

    async def announced() -> bool:
        """The first arrivals may come before the listener does."""
        await guest.streams.post(said(next(numbers), "x"))
        return INBOX_NOTICE in notices

    await eventually(announced, wanted=True)

    listening.cancel()
    posted = next(numbers) - 1
    await eventually(lambda: name_of(bot, 1), " ".join(["x"] * posted))


async def test_a_later_message_that_another_replica_showed_holds_the_slot(replicas: Stores) -> None:
    one, other, onlooker = [await replicas.open(step) for _ in range(3)]
    await one.outbox.settle([], slots={(1, "progress"): Slot(message=1)})
    await eventually(lambda: onlooker.outbox.slot(1, "progress"), Slot(message=1))

    await other.outbox.settle([], slots={(1, "progress"): Slot(message=2)})
    await eventually(lambda: onlooker.outbox.slot(1, "progress"), Slot(message=2))

    assert await one.outbox.slot(1, "progress") == Slot(message=2)


async def test_a_server_that_restarts_is_found_again(
    replicas: Stores, postgres_server: PostgresServer
) -> None:
    store = await replicas.open(step)
    await store.streams.post(said(1, "before"))

    postgres_server.restart()
    refused = await failures_until_taken(lambda: store.streams.post(said(2, "after")))

    assert await name_of(store, 1) == "before after"
    assert all(isinstance(failure, StorageFailure) for failure in refused)
    await store.outbox.settle([row.id for row in await store.outbox.claim(now=NOON)])
    await eventually(store.outbox.pending, 0)


async def test_connections_that_were_cut_while_they_rested_cost_no_arrival(replicas: Stores) -> None:
    store = await replicas.open(step)
    assert store._chores is not None
    await store._chores.stop()  # else one of them may use a connection while they all rest
    await store.streams.post(said(1, "before"))
    await asyncio.sleep(RESTED)

    with psycopg.connect(replicas.url, autocommit=True) as stranger:
        stranger.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
    await store.streams.post(said(2, "after"))

    assert await name_of(store, 1) == "before after"


async def failures_until_taken(post: Callable[[], Any]) -> list[Exception]:
    """Post as Telegram does: again, until it is taken; a server that recovers takes its time on a busy machine."""
    refused: list[Exception] = []
    for _ in range(1200):
        try:
            await post()
        except StorageFailure as failure:
            refused.append(failure)
            await asyncio.sleep(0.05)
        else:
            return refused
    raise refused[-1]


async def test_old_rows_that_somebody_has_in_hand_are_passed_over(replicas: Stores) -> None:
    store = await replicas.open(step)
    marks = [{"source": "old", "id": str(number), "at": NOON - timedelta(days=8)} for number in range(5)]
    await store._database.run(lambda c: c.execute(insert(SEEN), marks))
    [drop, *_] = of_no_use(NOON)
    async with await psycopg.AsyncConnection.connect(replicas.url) as other:
        await other.execute("SELECT * FROM seen WHERE source = 'old' AND id = '3' FOR UPDATE")

        dropped = await in_slices(store._database, drop)

    assert dropped == 4
    assert await in_slices(store._database, drop) == 1
