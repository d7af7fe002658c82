"""Sends the updates of one chat at once, over as many connections as Telegram opens: `PORT CHAT COUNT SECRET`."""

import asyncio
import itertools
import json
import sys
import time

import aiohttp

from bot.sandbox.limits import WEBHOOK_CONNECTIONS

FIRST_UPDATE = 990_000_000
"""Numbers that the local Telegram does not reach."""


async def pour(port: int, chat: int, *, count: int, secret: str) -> dict[int, int]:
    """Send them all; how many got which status."""
    numbers = itertools.count(FIRST_UPDATE)
    statuses: dict[int, int] = {}

    async def one(session: aiohttp.ClientSession, number: int) -> None:
        person = {"id": chat, "is_bot": False, "first_name": "Flood", "language_code": "en"}
        message = {"message_id": number, "date": int(time.time()), "chat": {"id": chat, "type": "private"}}
        update = {"update_id": number, "message": {**message, "from": person, "text": f"word {number}"}}
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        async with session.post(f"http://127.0.0.1:{port}/telegram", json=update, headers=headers) as answer:
            statuses[answer.status] = statuses.get(answer.status, 0) + 1

    connector = aiohttp.TCPConnector(limit=WEBHOOK_CONNECTIONS[1])
    async with aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(total=120)
    ) as session:
        await asyncio.gather(*(one(session, next(numbers)) for _ in range(count)))
    return statuses


def main() -> None:
    """Say when it begins, and in the end what came of it."""
    port, chat, count, secret = sys.argv[1:]
    sys.stdout.write("pouring\n")
    sys.stdout.flush()
    sys.stdout.write(json.dumps(asyncio.run(pour(int(port), int(chat), count=int(count), secret=secret))))


if __name__ == "__main__":
    main()
