"""Poison: an update that ends its process each time is set aside after five; its chat and all others go on."""

import argparse
import asyncio
import time
from typing import Any

from bot.sandbox.client import SandboxClient
from tests.chaos.crowd import crowd
from tests.chaos.deadly import POISON
from tests.chaos.world import World, compare, world
from tests.journeys.customer import words

PATIENCE = 240.0
APOLOGY = "send it again"


async def poisoned(client: SandboxClient, link: str, operator: dict[str, Any]) -> tuple[str, str]:
    """Send poison, then go on; what the customer and the operator were told."""
    chat = await client.new_chat("Anna", language_code="en")
    await client.start(chat, link)
    await client.wait_for(chat, lambda m: "What happened?" in words(m), PATIENCE)
    await client.send_text(chat, POISON)
    told = await client.wait_for(chat, lambda m: APOLOGY in words(m), PATIENCE)
    await client.send_text(chat, "/help")
    await client.wait_for(chat, lambda m: "/cancel" in words(m) or "/status" in words(m), PATIENCE)
    alert = await client.wait_for(operator, lambda m: "Set aside" in words(m), PATIENCE)
    return words(told), words(alert)


async def poison(*, conversations: int) -> dict[str, Any]:
    """Let one customer send poison while others talk."""
    started = time.monotonic()
    operator_id = 5_000_001  # the first chat of a local Telegram
    async with world(
        engine="sqlite",
        conversations=conversations + 1,
        nursery="tests.chaos.deadly",
        extra={"CLEARSHOT_OPERATORS": str(operator_id)},
    ) as place:
        operator = await place.client.new_chat("Operator", language_code="en")
        await place.client.start(operator)
        talking = asyncio.create_task(
            crowd(place.client, place.links[1:], at_once=conversations, patience=PATIENCE)
        )
        told, alert = await poisoned(place.client, place.links[0], operator)
        talks = await talking
        found = await _judged(place, talks)
    return {
        "campaign": "poison",
        "operator_is_first_chat": operator["id"] == operator_id,
        **found,
        "customer_told": told,
        "operator_told": alert,
        "seconds": round(time.monotonic() - started),
    }


async def _judged(place: World, talks: list[Any]) -> dict[str, Any]:
    owed = await place.until_quiet()
    await place.pack.stop()
    tally = compare(talks, place.pack.inbox)
    return {
        "kills": place.pack.deaths,
        "conversations": len(talks),
        "lost": tally.lost,
        "doubled": tally.doubled,
        "order_faults": tally.order_faults,
        "unfinished": [talk.why_not for talk in talks if not talk.done][:3],
        "tracebacks": place.log.count("Traceback"),
        "wrong_at": [*tally.wrong, *tally.unfinished, *owed][:10],
    }


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos poison", description=__doc__)
    parser.add_argument("--small", action="store_true", help="3 others instead of 12")
    given = parser.parse_args(arguments)
    return asyncio.run(poison(conversations=3 if given.small else 12))
