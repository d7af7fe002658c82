"""Reply: from a tap to the new message, and from a 1280-px photo to its verdict; the real bot by webhook, on SQLite.

One customer at a time. The bot is a process of its own; what is timed runs from before the customer's act to when the
answer is seen there, so the local Telegram's own work (delivery, a photo's upload and recompression) counts too.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.client import SandboxClient
from tests.bench.conversing import answering, at_issue, fresh_bot, to_first_photo
from tests.bench.spread import against, share, spread
from tests.journeys.customer import Customer, Json, labels, words
from tests.journeys.pictures import blurred, sharp

CUSTOMERS = 12  # more taps of one customer at once would be taken for a flood
ROUNDS = 10  # of each customer, two taps each
CASES = 21  # of three photos each
TAP_MS = 50.0
PHOTO_MS = 600.0

KIND, DETAILS, FRONT = "What is wrong with it?", "Describe it", "The whole item from the front"
WAY = (("It is broken", FRONT), ("Back", KIND))
"""Button and answer, around in a circle; the first answer comes with a drawing."""


def run() -> dict[str, Any]:
    """Measure both; milliseconds, the 95th percentile is held against the limit."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    async with fresh_bot() as (client, bot):
        await bot.start()
        return await _figures(client)


async def _figures(client: SandboxClient) -> dict[str, Any]:
    taps: list[tuple[str, float]] = []
    for number in range(CUSTOMERS):
        taps += await _taps(client, number)
    accepted: list[float] = []
    rejected: list[float] = []
    for case in range(CASES):
        good, bad = await _photos(client, case)
        accepted += good
        rejected += bad
    first = accepted.pop(0)  # its worker starts
    times, photos = [ms for _, ms in taps], accepted + rejected
    return {
        "tap": against(share(times, 0.95), TAP_MS)
        | {"spread": spread(times)}
        | {answer: spread([ms for told, ms in taps if told == answer]) for answer in dict(taps)},
        "photo": against(share(photos, 0.95), PHOTO_MS)
        | {"spread": spread(photos), "accepted": spread(accepted), "rejected": spread(rejected)},
        "first_photo": round(first, 1),
    }


async def _timed(
    customer: Customer, act: Callable[[], Awaitable[Any]], fits: Callable[[Json], bool]
) -> float:
    """Act, and wait for the message that answers; milliseconds in between."""
    client = customer.client
    before, begun = client.mark(), time.perf_counter()
    acting = asyncio.ensure_future(act())
    await client.wait_for(customer.chat, fits, after=before)
    took = (time.perf_counter() - begun) * 1000
    await acting
    return took


async def _taps(client: SandboxClient, number: int) -> list[tuple[str, float]]:
    """Walk the circle, at last change the language; the answer's name and the time of each tap."""
    customer = await at_issue(client, number)
    await to_first_photo(customer)
    await tap(customer, "Back", DETAILS)
    await tap(customer, "Back", KIND)
    took = [(answer, await tap(customer, button, answer)) for _ in range(ROUNDS) for button, answer in WAY]
    await customer.type("/language")
    german = await tap(customer, "Deutsch", "Was stimmt nicht?")
    return [*took, ("language", german)]


async def tap(customer: Customer, button: str, answer: str) -> float:
    """Press a button; milliseconds until the answer is there."""
    message = await customer.sees("", button=button)
    label = next(label for label in labels(message) if button in label)
    return await _timed(
        customer, lambda: customer.client.press(customer.chat, message, label), answering(message, answer)
    )


async def _photos(client: SandboxClient, case: int) -> tuple[list[float], list[float]]:
    """Send two good photos and a blurred one, each alone and drawn before; times of those accepted, those rejected."""
    customer = await at_issue(client, CUSTOMERS + case)
    await to_first_photo(customer)
    first = 10 * case
    front = await _photo(customer, sharp(first), "The defect from close by")
    close = await _photo(customer, sharp(first + 1), "1 of up to 3")
    bad = await _photo(customer, blurred(first + 2), "The photo is a little blurred")
    return [front, close], [bad]


async def _photo(customer: Customer, picture: bytes, verdict: str) -> float:
    asked = await customer.sees("", button="Back")
    assert verdict not in words(asked)
    return await _timed(customer, lambda: customer.photos(picture), answering(asked, verdict))
