"""How the benches' customers come to an issue, and how it is told that a message answers what they just did."""

from collections.abc import Callable

from bot.sandbox.client import SandboxClient
from tests.journeys.customer import Customer, Json, words

Fits = Callable[[Json], bool]


async def at_issue(client: SandboxClient, number: int) -> Customer:
    """Begin by an order number that nobody knows, then by the shop; up to the first question of a product defect."""
    customer = await Customer.arrive(client, name=f"Guest{number}")
    await customer.start()
    await customer.sees("order number")
    await customer.type(f"X-{number}")
    await customer.sees("postcode")
    await customer.type("00000")
    await customer.tap("Choose the shop")
    await customer.tap("Acme Outdoor")
    await _picked(customer)
    return customer


async def by_link(client: SandboxClient, token: str) -> Customer:
    """Begin by a seller's link, which brings the order; up to the first question of a product defect."""
    customer = await Customer.arrive(client, name="Anna")
    await customer.start(token)
    await _picked(customer)
    return customer


async def _picked(customer: Customer) -> None:
    await customer.tap("Product defect")
    await customer.sees("What is wrong with it?")


async def to_first_photo(customer: Customer) -> None:
    """Go on from the first question to the first shot."""
    await customer.tap("It is broken")
    await customer.tap("Skip")
    await customer.sees("The whole item from the front")


def serial(message: Json) -> int:
    """The number in a message's buttons, which each step of a case raises; -1 where there are none."""
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    found = [int(button["callback_data"].split(".")[1]) for row in rows for button in row]
    return max(found, default=-1)


def answering(before: Json, text: str) -> Fits:
    """Whether a message says this and asks on, with buttons made after those of `before`: no earlier message does."""
    return lambda message: text in words(message) and serial(message) > serial(before)
