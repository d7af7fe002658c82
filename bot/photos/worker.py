"""The photo worker: `python -m bot.photos.worker` answers jobs on standard input, one after the other.

The laws: it holds nothing that matters, so it may be killed at any time; it bounds its own memory and its processor
time per job; it ends when its input ends, so it never outlives the bot. What a decoder prints goes nowhere.
"""

import ctypes
import logging
import os
import resource
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from typing import Any, BinaryIO, Protocol

from bot.photos import frames, metrics
from bot.photos.checks import judged
from bot.photos.prepare import MIMES, prepare, sheet
from bot.ports import NotAPicture, Preparation
from flows.values import Quality

NICER = 10  # a tap is answered before a photo is looked at, where both want the same core
REMEMBERED = 16  # pictures whose numbers are kept, so that inspecting and judging decode once

Answer = tuple[dict[str, Any], Sequence[bytes]]
Blobs = Sequence[bytes]
Verb = Callable[[dict[str, Any], Blobs], Answer]


class Desk(Protocol):
    """Does jobs; a refusal is an answer too."""

    def answer(self, header: dict[str, Any], blobs: Blobs) -> Answer:
        """Do one job."""
        ...


class PhotoDesk:
    """Inspects, judges, explains and prepares; remembers what the last pictures measured."""

    def __init__(self) -> None:
        self._measured: OrderedDict[str, metrics.Measured] = OrderedDict()
        self.verbs: dict[str, Verb] = {
            "inspect": self._inspect,
            "judge": self._judge,
            "explain": self._explain,
            "prepare": self._prepare,
            "sheet": self._sheet,
        }

    def answer(self, header: dict[str, Any], blobs: Blobs) -> Answer:
        """Do one job."""
        try:
            return self.verbs[header["verb"]](header, blobs)
        except NotAPicture as refusal:
            return {"refused": refusal.reason}, ()
        except MemoryError:
            return {"refused": "too_many_pixels"}, ()

    def _measure(self, content: bytes) -> metrics.Measured:
        key = sha256(content).hexdigest()
        found = self._measured.pop(key, None) or metrics.measure(content, sum_of_bytes=key)
        self._measured[key] = found
        while len(self._measured) > REMEMBERED:
            self._measured.popitem(last=False)
        return found

    def _inspect(self, _: dict[str, Any], blobs: Blobs) -> Answer:
        return {"inspected": asdict(self._measure(blobs[0]).inspected)}, ()

    def _judge(self, header: dict[str, Any], blobs: Blobs) -> Answer:
        quality = Quality(**header["quality"])
        measured = self._measure(blobs[0])
        found = judged(
            blobs[0], measured, quality=quality, others=header["others"], earlier=header["earlier"]
        )
        return {"verdict": asdict(found)}, ()

    def _explain(self, header: dict[str, Any], blobs: Blobs) -> Answer:
        from bot.photos.explain import explain  # noqa: PLC0415 - only pictures that fail need it

        return {}, (explain(blobs[0], problem=header["problem"], caption=header["caption"]),)

    def _prepare(self, header: dict[str, Any], blobs: Blobs) -> Answer:
        how = Preparation(**header["how"])
        made, width, height = prepare(blobs[0], how=how, places=header["cover"])
        return {"mime": MIMES[how.format], "width": width, "height": height}, (made,)

    def _sheet(self, header: dict[str, Any], blobs: Blobs) -> Answer:
        return {}, (sheet(blobs, captions=header["captions"]),)


def serve(desk: Desk, jobs: BinaryIO, answers: BinaryIO, *, memory: int, seconds: int) -> None:
    """Answer jobs until the input ends; `memory` in bytes of address space, `seconds` of processor time per job."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    trim = _trimmer()
    while prefix := jobs.read(frames.LENGTH.size):
        header, lengths = frames.header_of(jobs.read(frames.header_length(prefix)))
        blobs = [jobs.read(length) for length in lengths]
        _allow(seconds)
        reply, made = desk.answer(header, blobs)
        answers.write(frames.packed(reply, made))
        answers.flush()
        del blobs, made
        trim()


def _allow(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _trimmer() -> Callable[[], object]:
    """Return what hands freed memory back to the system, where the C library can."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return lambda: None
    return lambda: trim(0)


def work_at(desk: Callable[[], Desk]) -> None:
    """Take the pipes, leave nothing for chatty libraries to write on, and serve."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    with suppress(OSError):  # a courtesy: a confined unit may refuse it, and photos are judged all the same
        os.nice(NICER)
    logging.disable(logging.CRITICAL)
    jobs = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    answers = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    serve(desk(), jobs, answers, memory=memory, seconds=seconds)


if __name__ == "__main__":
    work_at(PhotoDesk)
