"""A process that posts to a SQLite file and says what was committed, until it is killed; started by a test."""

import asyncio
import sys
from datetime import UTC, datetime

from storage.open import open_storage
from storage.ports import Arrival
from tests.storage.counting import count, text_of

CHATS = 16


async def main(url: str, seed: int) -> None:
    """Post for ever; a line is printed once its arrival is committed, not before."""
    store = open_storage(url, owner="dying", now=lambda: datetime.now(UTC))
    await store.open(count)

    async def post(chat: int) -> None:
        number = seed
        while True:
            number += 1
            await store.streams.post(
                Arrival(source="test", id=f"{chat}.{number}", chat=chat, event=text_of(number), order=number)
            )
            sys.stdout.write(f"{chat} {number}\n")
            sys.stdout.flush()

    await asyncio.gather(*(post(chat) for chat in range(1, CHATS + 1)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
