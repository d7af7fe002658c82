"""The PhotoJudge of the running bot: jobs go to worker processes over pipes; no pixel is touched here."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.util import find_spec

from bot.photos.problems import in_order
from bot.photos.workers import Workers
from bot.ports import Inspected, NotAPicture, Preparation, TransientFailure
from flows.values import Place, Quality, Verdict

MEMORY = 1 << 30  # bytes of address space for one worker
SECONDS = 10.0  # for one job, start of the worker included
IDLE = 300.0  # seconds without a job after which a worker ends
FEWEST_SIGNS = 12  # letters and digits: a receipt, a label or a slip has more
READER_MEMORY, READER_SECONDS, READER_IDLE = 4 << 30, 45.0, 60.0  # it holds 600 MB, and takes 2 to 5 s a page


class PhotoPool:
    """A PhotoJudge on `workers` processes, and one more that reads print where a shot asks for it."""

    def __init__(
        self, *, workers: int = 1, seconds: float = SECONDS, idle: float = IDLE, memory: int = MEMORY
    ) -> None:
        self.workers = Workers("bot.photos.worker", count=workers, seconds=seconds, idle=idle, memory=memory)
        self.readers = Workers(
            "bot.photos.reader", count=1, seconds=READER_SECONDS, idle=READER_IDLE, memory=READER_MEMORY
        )

    async def inspect(self, content: bytes) -> Inspected:
        """Decode fully and say what it is."""
        header, _ = await self.workers.ask({"verb": "inspect"}, [content])
        return Inspected(**header["inspected"])

    async def judge(
        self, content: bytes, *, quality: Quality, others: Sequence[str], earlier: Sequence[str] = ()
    ) -> Verdict:
        """Judge one picture; print is read meanwhile, in a process of its own."""
        asked = {
            "verb": "judge",
            "quality": {**asdict(replace(quality, actions={})), "actions": dict(quality.actions)},
            "others": list(others),
            "earlier": list(earlier),
        }
        header, _ = await self.workers.ask(asked, [content])
        found = header["verdict"]
        verdict = Verdict(**{**found, "problems": tuple(found["problems"]), "cards": ()})
        if quality.readable != "text" or not can_read_print() or _asked_again(verdict, quality):
            return verdict
        return await self._with_print(verdict, content)

    async def _with_print(self, verdict: Verdict, content: bytes) -> Verdict:
        """Read what is printed; where nobody can tell, that is no fault of the photo's."""
        try:
            header, _ = await self.readers.ask({"verb": "read"}, [content])
        except (TransientFailure, NotAPicture):
            return verdict
        cards = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in header["cards"])
        return replace(with_print(verdict, [str(line) for line in header["lines"]]), cards=cards)

    async def explain(self, content: bytes, *, problem: str, caption: str) -> bytes:
        """Draw the picture that shows what is wrong."""
        _, blobs = await self.workers.ask(
            {"verb": "explain", "problem": problem, "caption": caption}, [content]
        )
        return blobs[0]

    async def prepare(
        self, content: bytes, *, how: Preparation, cover: Sequence[Place] = ()
    ) -> tuple[bytes, str, int, int]:
        """Make the seller's copy: (bytes, mime, width, height)."""
        asked = {"verb": "prepare", "how": asdict(how), "cover": list(cover)}
        header, blobs = await self.workers.ask(asked, [content])
        return blobs[0], header["mime"], header["width"], header["height"]

    async def sheet(self, pictures: Sequence[bytes], *, captions: Sequence[str]) -> bytes:
        """Draw a contact sheet."""
        _, blobs = await self.workers.ask({"verb": "sheet", "captions": list(captions)}, list(pictures))
        return blobs[0]

    async def aclose(self) -> None:
        """End the processes; a job under way fails with TransientFailure."""
        await asyncio.gather(self.workers.aclose(), self.readers.aclose())


def can_read_print() -> bool:
    """Whether the extra `ocr` is installed; without it a shot that wants text is judged like any other."""
    return find_spec("rapidocr") is not None


def with_print(verdict: Verdict, lines: Sequence[str]) -> Verdict:
    """Add what was read; too little to be of use is a problem of its own."""
    text = "\n".join(lines)
    if sum(sign.isalnum() for sign in text) >= FEWEST_SIGNS:
        return replace(verdict, text=text)
    return replace(verdict, problems=in_order({*verdict.problems, "unreadable"}))


def _asked_again(verdict: Verdict, quality: Quality) -> bool:
    """Whether the photo must be taken again whatever can be read on it."""
    return any(quality.actions.get(problem) == "retake" for problem in verdict.problems)
