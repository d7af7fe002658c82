"""The worker behind the pool: late, killed, idle, crowded or cancelled, the next photo is judged all the same."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from bot.photos.pool import PhotoPool
from bot.ports import Inspected, NotAPicture, Preparation, TransientFailure
from flows.values import Quality
from tests.conftest import in_ci
from tests.photos.scenes import encoded, jpeg, scene, unfocused

PHOTO = jpeg(scene(size=(800, 600)))
OTHER = jpeg(scene(seed=2, size=(640, 480)))


@pytest.fixture
async def pool() -> AsyncIterator[PhotoPool]:
    made = PhotoPool()
    yield made
    await made.aclose()


async def until_busy(pool: PhotoPool) -> None:
    while pool.workers._free:  # noqa: ASYNC110 - the pool tells nobody when it hires
        await asyncio.sleep(0)


async def stopped_worker(pool: PhotoPool) -> asyncio.subprocess.Process:
    """Freeze the idle worker, so that its next job never ends by itself."""
    process = pool.workers._free[0].process
    process.send_signal(signal.SIGSTOP)
    return process


async def test_the_pool_does_what_a_photo_judge_promises(pool: PhotoPool) -> None:
    inspected = await pool.inspect(PHOTO)
    first = await pool.judge(PHOTO, quality=Quality(min_side=500), others=())
    again = await pool.judge(PHOTO, quality=Quality(min_side=601), others=[first.fingerprint])
    blurred = await pool.judge(
        jpeg(unfocused(scene())), quality=Quality(), others=(), earlier=[first.fingerprint]
    )
    made, mime, width, height = await pool.prepare(PHOTO, how=Preparation(longest_side=400))
    explained = await pool.explain(PHOTO, problem="blur", caption="Unscharf")
    page = await pool.sheet([PHOTO, OTHER], captions=["Eins", "Zwei"])

    assert inspected == Inspected(mime="image/jpeg", width=800, height=600)
    assert first.problems == ()
    assert again.problems == ("duplicate", "small")
    assert blurred.problems == ("blur",)
    assert (mime, width, height) == ("image/jpeg", 400, 300)
    assert all(picture.startswith(b"\xff\xd8") for picture in (made, explained, page))


async def test_a_refusal_comes_through_with_its_reason_and_costs_no_worker(pool: PhotoPool) -> None:
    await pool.inspect(PHOTO)
    worker = pool.workers.resting[0]

    with pytest.raises(NotAPicture) as caught:
        await pool.inspect(b"no picture")
    with pytest.raises(NotAPicture) as huge:
        await pool.inspect(bytes(20_000_001))

    assert (caught.value.reason, huge.value.reason) == ("unreadable", "too_big")
    assert pool.workers.resting[0] == worker


async def test_one_worker_serves_all_and_starts_with_the_first_photo(pool: PhotoPool) -> None:
    assert pool.workers._free == []

    await asyncio.gather(*(pool.inspect(content) for content in (PHOTO, OTHER) * 4))

    assert len(pool.workers._free) == 1


async def test_two_workers_may_work_side_by_side() -> None:
    pool = PhotoPool(workers=2)

    await asyncio.gather(*(pool.inspect(content) for content in (PHOTO, OTHER) * 2))

    assert len({worker.process.pid for worker in pool.workers._free}) == 2
    await pool.aclose()


async def test_a_killed_worker_is_worth_another_attempt_and_the_next_photo_is_judged(pool: PhotoPool) -> None:
    await pool.inspect(OTHER)
    process = await stopped_worker(pool)
    job = asyncio.create_task(pool.inspect(PHOTO))
    await until_busy(pool)

    process.kill()

    with pytest.raises(TransientFailure):
        await job
    assert (await pool.inspect(OTHER)).width == 640
    assert (await pool.inspect(PHOTO)).width == 800


async def test_bytes_that_kill_twice_are_refused_and_never_tried_again(pool: PhotoPool) -> None:
    await pool.inspect(OTHER)
    for expected in (TransientFailure, NotAPicture):
        process = await stopped_worker(pool)
        job = asyncio.create_task(pool.inspect(PHOTO))
        await until_busy(pool)
        process.kill()
        with pytest.raises(expected):
            await job
        await pool.inspect(OTHER)
    worker = pool.workers.resting[0]

    with pytest.raises(NotAPicture):
        await pool.inspect(PHOTO)

    assert pool.workers.resting[0] == worker


async def test_a_late_worker_is_killed() -> None:
    pool = PhotoPool(seconds=1.0)
    await pool.inspect(OTHER)
    process = await stopped_worker(pool)

    with pytest.raises(TransientFailure):
        await pool.inspect(PHOTO)

    assert await process.wait() == -signal.SIGKILL
    await pool.aclose()


async def test_a_worker_that_is_late_again_and_again_is_not_the_picture_s_fault() -> None:
    pool = PhotoPool(seconds=1.0)
    for _ in range(2):
        await pool.inspect(OTHER)
        await stopped_worker(pool)
        with pytest.raises(TransientFailure):
            await pool.inspect(PHOTO)

    assert (await pool.inspect(PHOTO)).width > 0
    await pool.aclose()


async def test_a_cancelled_job_leaves_no_half_answer_for_the_next(pool: PhotoPool) -> None:
    await pool.inspect(OTHER)
    await stopped_worker(pool)
    job = asyncio.create_task(pool.inspect(PHOTO))
    await until_busy(pool)

    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job

    assert (await pool.inspect(OTHER)).width == 640


async def test_a_worker_that_died_while_idle_is_noticed(pool: PhotoPool) -> None:
    await pool.inspect(OTHER)
    process = pool.workers._free[0].process
    process.kill()
    await process.wait()

    assert (await pool.inspect(PHOTO)).width == 800


async def test_an_idle_worker_ends_and_the_next_photo_starts_another() -> None:
    pool = PhotoPool(idle=0.05)
    await pool.inspect(PHOTO)
    process = pool.workers._free[0].process

    assert await process.wait() == 0

    assert pool.workers._free == []
    assert (await pool.inspect(PHOTO)).width == 800
    await pool.aclose()


async def test_a_worker_ends_with_its_input_even_when_the_bot_is_killed() -> None:
    script = (
        "import asyncio, os, signal, sys\n"
        "from bot.photos.pool import PhotoPool\n"
        "async def main():\n"
        "    pool = PhotoPool()\n"
        "    await pool.inspect(sys.stdin.buffer.read())\n"
        "    print(pool.workers.resting[0], flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )

    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script], input=PHOTO, stdout=subprocess.PIPE
    )
    worker = int(done.stdout)

    assert done.returncode == -signal.SIGKILL
    async with asyncio.timeout(20):
        while is_running(worker):  # noqa: ASYNC110 - no child of ours
            await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:  # noqa: PTH123 - one line of procfs
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_too_little_memory_is_a_refusal_and_not_a_death() -> None:
    wide = encoded(Image.new("RGB", (6000, 5000), "gray"), "PNG")
    pool = PhotoPool(memory=200 << 20)
    await pool.inspect(OTHER)
    worker = pool.workers.resting[0]

    with pytest.raises(NotAPicture) as caught:
        await pool.inspect(wide)

    assert caught.value.reason == "too_many_pixels"
    assert pool.workers.resting[0] == worker
    await pool.aclose()


async def test_the_event_loop_goes_on_while_photos_are_judged(pool: PhotoPool) -> None:
    jobs = asyncio.gather(*(pool.prepare(jpeg(scene(seed=seed)), how=Preparation()) for seed in range(3)))
    ticks = 0

    while not jobs.done():
        await asyncio.sleep(0.001)
        ticks += 1

    assert ticks > 20
    await jobs


async def test_more_waiting_jobs_than_can_be_kept_are_put_off(
    pool: PhotoPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.photos.workers.WAITING", 2)

    answers = await asyncio.gather(*(pool.inspect(PHOTO) for _ in range(4)), return_exceptions=True)

    assert sum(isinstance(answer, Inspected) for answer in answers) == 2
    assert sum(isinstance(answer, TransientFailure) for answer in answers) == 2


async def test_a_closed_pool_puts_jobs_off() -> None:
    pool = PhotoPool()
    await pool.inspect(PHOTO)
    process = pool.workers._free[0].process

    await pool.aclose()

    assert process.returncode == 0
    with pytest.raises(TransientFailure):
        await pool.inspect(PHOTO)


def test_the_bot_itself_loads_neither_numpy_nor_pillow() -> None:
    script = "import sys, bot.photos.pool; sys.exit(bool({'numpy', 'PIL'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


async def test_a_worker_gets_no_secrets_from_the_environment(
    pool: PhotoPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARSHOT_TELEGRAM_TOKEN", "123:canary")
    await pool.inspect(PHOTO)

    with open(f"/proc/{pool.workers.resting[0]}/environ", "rb") as environ:  # noqa: ASYNC230, PTH123 - procfs
        assert b"canary" not in environ.read()
    assert os.environ["CLEARSHOT_TELEGRAM_TOKEN"] == "123:canary"


def test_a_confined_worker_that_may_not_make_itself_nicer_works_all_the_same() -> None:
    if shutil.which("strace") is None:
        if in_ci():
            pytest.fail("strace must not be missing here")
        pytest.skip("no strace: apt-get install strace")
    refused = ("strace", "-f", "-qq", "-o", os.devnull, "-e", "inject=setpriority,nice:error=EPERM")

    done = subprocess.run(
        [*refused, sys.executable, "-m", "bot.photos.worker", str(2**31), "5"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
