"""How many posts a second a store commits, and with how many syncs: `python -m tests.bench.storage [URL] [--json]`."""

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from flows.conversation import ChatState, Conversation, FlowRef
from flows.effects import Say
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from flows.values import Span
from storage.open import open_storage
from storage.ports import Arrival

CHATS = 64


def step(state: ChatState, happened: Event) -> Outcome:
    """Open a case with a chat's first text; count and answer every text."""
    chat = state.chat
    code = f"C{chat.id:05d}"
    conversation = state.conversations.get(code) or Conversation(
        id=code, chat=chat.id, flow=FlowRef(name="bench", hash="0" * 64), touched=happened.at
    )
    conversation = replace(conversation, serial=conversation.serial + 1, touched=happened.at)
    said = Say(spans=(Span(text=f"{conversation.serial}"),), slot=f"prompt:{code}")
    return Outcome(
        state=ChatState(chat=replace(chat, open=(code,), focus=code), conversations={code: conversation}),
        effects=(said,),
    )


async def bench(url: str, *, posts: int) -> dict[str, Any]:
    """Post from many chats at once; settle each row as the relay would."""
    store = open_storage(url, owner="bench", now=lambda: datetime.now(UTC))
    await store.upgrade()
    await store.open(step)
    settled: list[asyncio.Task[None]] = []

    def relay(rows: object) -> None:
        ids = [row.id for row in rows]  # type: ignore[attr-defined]
        settled.append(asyncio.create_task(store.outbox.settle(ids)))

    store.outbox.subscribe(relay)
    commits = itertools.count()
    engine: Any = store._database._engine  # type: ignore[attr-defined]
    event.listen(getattr(engine, "sync_engine", engine), "commit", lambda _connection: next(commits))
    slowest: list[float] = []

    async def customer(chat: int) -> None:
        for number in range(posts // CHATS):
            began = time.perf_counter()
            said = TextReceived(text=f"{number}", at=datetime.now(UTC), nonce="0" * 16)
            await store.streams.post(
                Arrival(source="bench", id=f"{chat}.{number}", chat=chat, event=said, order=number + 1)
            )
            slowest.append(time.perf_counter() - began)

    began, worked = time.perf_counter(), time.process_time()
    await asyncio.gather(*(customer(chat) for chat in range(1, CHATS + 1)))
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    groups = next(commits)
    await asyncio.gather(*settled)
    await store.close()
    slowest.sort()
    return {
        "url": url.split(":", maxsplit=1)[0],
        "posts": len(slowest),
        "posts_per_second": round(len(slowest) / took),
        "commits": groups,  # each one sync on SQLite (WAL, synchronous=FULL)
        "cpu_ms_per_post": round(cpu / len(slowest) * 1000, 3),
        "median_ms": round(slowest[len(slowest) // 2] * 1000, 1),
        "p95_ms": round(slowest[int(len(slowest) * 0.95)] * 1000, 1),
    }


def run() -> dict[str, Any]:
    """Measure on a fresh SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(bench(f"sqlite:///{Path(folder) / 'bench.db'}", posts=6400))


def main() -> None:
    """Run on a fresh SQLite file, or on the database that is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url", nargs="?")
    parser.add_argument("--posts", type=int, default=6400)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(bench(given.url or f"sqlite:///{Path(folder) / 'bench.db'}", posts=given.posts))
    print(json.dumps(found) if given.json else "\n".join(f"{key}: {value}" for key, value in found.items()))


if __name__ == "__main__":
    main()
