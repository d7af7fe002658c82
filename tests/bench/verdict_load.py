"""Photos under way and taps beside them: eight 1280-px photos a second come in, and a tap must not feel it.

The same customers tap in a quiet bot and in a busy one, by turns, so that the machine's moods fall on both. Photos are
forwarded files: uploads and thumbnails, which Telegram sees to elsewhere, would slow the machine that is measured.
"""

import asyncio
from typing import Any

from bot.sandbox.client import SandboxClient
from tests.bench.conversing import at_issue, fresh_bot, to_first_photo
from tests.bench.reply import DETAILS, KIND, WAY, tap
from tests.bench.spread import share, spread
from tests.journeys.customer import Customer, Json, words
from tests.journeys.pictures import sharp

PER_SECOND = 8
TIMES = 1.5  # of a quiet bot's tap
TAPPERS = 20  # more taps of one customer at once would be taken for a flood
TURNS = 5  # quiet and busy, each
ROUNDS = 3  # of the circle in a turn, two taps each
EACH = 4  # photos that one case takes at its first two shots
SENDERS = 40
TOLD = ("✓ Front", "✓ Defect", "↻")
REST_SECONDS = 5.0  # until the last photos are judged and told of: a quiet turn begins with a bot at rest


async def run() -> dict[str, Any]:
    """Measure; the ratio of the 95th percentiles is held against the limit."""
    async with fresh_bot() as (client, bot):
        await bot.start()
        return await _figure(client)


async def _figure(client: SandboxClient) -> dict[str, Any]:
    tappers = [await _at_circle(client, number) for number in range(TAPPERS)]
    senders = [await _at_shot(client, TAPPERS + number) for number in range(SENDERS)]
    uploads = await asyncio.gather(*(_uploaded(client, number) for number in range(SENDERS)))
    files = [file for upload in uploads for file in upload]
    await asyncio.sleep(REST_SECONDS)
    quiet: list[float] = []
    busy: list[float] = []
    sent = 0
    for _ in range(TURNS):
        quiet += await _taps(tappers)
        stop = asyncio.Event()
        sending = asyncio.create_task(_send(senders, files, sent, stop))
        await asyncio.sleep(1.0)
        busy += await _taps(tappers)
        stop.set()
        sent = await sending
        await asyncio.sleep(REST_SECONDS)
    judged = sum([await _judged(sender) for sender in senders])
    ratio = share(busy, 0.95) / share(quiet, 0.95)
    return {
        "tap_beside_photos": {
            "value": round(ratio, 2),
            "limit": TIMES,
            "ok": ratio <= TIMES and judged == sent,
            "unit": "times a quiet bot's p95",
            "photos_sent": sent,
            "photos_judged": judged,
            "photos_a_second": PER_SECOND,
            "quiet_ms": spread(quiet),
            "busy_ms": spread(busy),
        }
    }


async def _at_circle(client: SandboxClient, number: int) -> Customer:
    customer = await at_issue(client, number)
    await to_first_photo(customer)
    await tap(customer, "Back", DETAILS)
    await tap(customer, "Back", KIND)
    return customer


async def _at_shot(client: SandboxClient, number: int) -> Customer:
    customer = await at_issue(client, number)
    await to_first_photo(customer)
    return customer


async def _taps(tappers: list[Customer]) -> list[float]:
    """Everybody walks the circle in turn, one tap at a time."""
    return [
        await tap(customer, button, answer)
        for customer in tappers
        for _ in range(ROUNDS)
        for button, answer in WAY
    ]


async def _judged(sender: Customer) -> int:
    """How many photos a customer was told of: taken, or asked for again with the reason."""
    return sum(words(one).startswith(TOLD) for one in await sender.client.messages(sender.chat))


async def _uploaded(client: SandboxClient, number: int) -> list[Json]:
    """Bring the files of one customer's case to Telegram, by a chat that has no case."""
    uploader = await Customer.arrive(client, name=f"Uploader{number}")
    pictures = [sharp(EACH * number + shot) for shot in range(EACH)]
    files = await client.send_photos(uploader.chat, pictures, as_file=True)
    await uploader.sees("I'll use it in a moment")
    return files


async def _send(senders: list[Customer], files: list[Json], begin: int, stop: asyncio.Event) -> int:
    """Forward at an even pace, each file by the next customer, until told to stop; how many were sent in all."""
    loop, underway, number = asyncio.get_running_loop(), set[asyncio.Task[Json]](), begin
    due = loop.time()
    while not stop.is_set() and number < len(files):
        sender, file = senders[number % len(senders)], files[number]
        forwarding = sender.client.forward(sender.chat, file, from_chat=file["chat"])
        underway.add(asyncio.create_task(forwarding))
        number += 1
        due += 1 / PER_SECOND
        await asyncio.sleep(max(0.0, due - loop.time()))
    await asyncio.gather(*underway)
    return number
