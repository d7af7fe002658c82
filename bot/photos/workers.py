"""Processes of our own that do jobs, one each at a time: bounded in number, memory and time, replaced when they fail.

The laws: this module loads neither numpy nor Pillow; the event loop never waits for a worker but on a pipe; a worker
that dies or is late is replaced; bytes that killed two workers are refused, never tried a third time.
"""

import asyncio
import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.photos import frames
from bot.ports import DeadlyPicture, NotAPicture, TransientFailure

log = logging.getLogger(__name__)

WAITING = 64  # jobs that may wait; more is a sign that work comes in faster than it is done
SUSPECTS = 256  # contents remembered for having killed a worker
DEATHS = 2
WALL = 3
"""Seconds on the wall for each second of processor time, which the worker limits itself: a machine that is busy with other
things, or just starts, says nothing about a picture."""
MOST_BYTES = 20_000_000  # as in decode.py, told before anything is sent

Reply = tuple[dict[str, Any], list[bytes]]


@dataclass(slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    idle: asyncio.TimerHandle | None = None


class Workers:
    """`count` processes of a module at most, started with the first job, ended after `idle` seconds without one."""

    def __init__(self, module: str, *, count: int, seconds: float, idle: float, memory: int) -> None:
        self._module = module
        self._seconds, self._idle, self._memory = seconds, idle, memory
        self._free: list[_Worker] = []
        self._turns = asyncio.Semaphore(count)
        self._waiting = 0
        self._deaths: OrderedDict[str, int] = OrderedDict()
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def resting(self) -> list[int]:
        """Process ids of those that have nothing to do."""
        return [worker.process.pid for worker in self._free]

    async def aclose(self) -> None:
        """End the workers; a job under way fails with TransientFailure."""
        self._closed = True
        while self._free:
            self._retire(self._free.pop())
        await asyncio.gather(*self._ending)

    async def ask(self, header: dict[str, Any], blobs: list[bytes]) -> Reply:
        """Have one job done; raises NotAPicture and TransientFailure."""
        if any(len(blob) > MOST_BYTES for blob in blobs):
            raise NotAPicture("too_big")
        if self._deaths and self._deaths.get(_key(blobs), 0) >= DEATHS:
            raise DeadlyPicture("unreadable")
        if self._waiting >= WAITING:
            raise TransientFailure("too many photos wait", retry_after=2.0)
        self._waiting += 1
        try:
            async with self._turns:
                reply, made = await self._answered(header, blobs)
        finally:
            self._waiting -= 1
        if "refused" in reply:
            raise NotAPicture(reply["refused"])
        return reply, made

    async def _answered(self, header: dict[str, Any], blobs: list[bytes]) -> Reply:
        """Have one worker do one job; a worker that did not finish is never used again."""
        if self._closed:
            raise TransientFailure("photo workers are closed")
        worker, done = None, False
        try:
            async with asyncio.timeout(WALL * self._seconds):
                worker = await self._hire()
                reply = await _exchange(worker.process, frames.packed(header, blobs))
            done = True
        except TimeoutError:
            log.warning("photo worker late: verb=%s", header["verb"])
            raise TransientFailure("photo worker late") from None
        except (OSError, EOFError, ValueError) as fault:
            raise self._blamed(_key(blobs), header["verb"], fault) from fault
        finally:
            if worker is not None:
                self._dismiss(worker, well=done)
        return reply

    def _blamed(self, key: str, verb: str, fault: Exception) -> Exception:
        """Count a death against the bytes that were worked on; the second one is a refusal."""
        deaths = self._deaths.pop(key, 0) + 1
        self._deaths[key] = deaths
        while len(self._deaths) > SUSPECTS:
            self._deaths.popitem(last=False)
        log.warning("photo worker lost: verb=%s cause=%s deaths=%d", verb, type(fault).__name__, deaths)
        return DeadlyPicture("unreadable") if deaths >= DEATHS else TransientFailure("photo worker lost")

    async def _hire(self) -> _Worker:
        while self._free:
            worker = self._free.pop()
            if worker.idle is not None:
                worker.idle.cancel()
            if worker.process.returncode is None:
                return worker
            self._retire(worker)
        return _Worker(await self._started())

    async def _started(self) -> asyncio.subprocess.Process:
        limits = str(self._memory), str(max(1, round(self._seconds)))
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            *limits,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(),
        )

    def _dismiss(self, worker: _Worker, *, well: bool) -> None:
        if not well or self._closed:
            if worker.process.returncode is None:
                worker.process.kill()
            self._retire(worker)
            return
        worker.idle = asyncio.get_running_loop().call_later(self._idle, self._end_idle, worker)
        self._free.append(worker)

    def _end_idle(self, worker: _Worker) -> None:
        if worker in self._free:
            self._free.remove(worker)
            self._retire(worker)

    def _retire(self, worker: _Worker) -> None:
        if worker.idle is not None:
            worker.idle.cancel()
        task = asyncio.get_running_loop().create_task(_ended(worker.process))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


async def _exchange(process: asyncio.subprocess.Process, frame: bytes) -> Reply:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(frame)
    await process.stdin.drain()
    length = frames.header_length(await process.stdout.readexactly(frames.LENGTH.size))
    header, lengths = frames.header_of(await process.stdout.readexactly(length))
    return header, [await process.stdout.readexactly(size) for size in lengths]


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Close its input, give it a moment, and reap it."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(2):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _key(blobs: Sequence[bytes]) -> str:
    whole = sha256()
    for blob in blobs:
        whole.update(len(blob).to_bytes(8, "big") + blob)
    return whole.hexdigest()


def _environment() -> dict[str, str]:
    """What a worker needs of the environment: this source tree, one thread, and a lean allocator; no settings."""
    root = str(Path(__file__).resolve().parents[2])
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR")
        if name in os.environ
    }
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return (
        kept
        | {
            "PYTHONPATH": os.pathsep.join(paths),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",
            "MALLOC_MMAP_THRESHOLD_": "33554432",  # numbers in between come and go by the thousand: no system call each
            "MALLOC_TRIM_THRESHOLD_": "67108864",  # the worker trims after every job
        }
    )
