"""How the benches' customers come to an issue: by the shop, without an order, so that no limit on guesses is in the way."""

from bot.sandbox.client import SandboxClient
from tests.journeys.customer import Customer


async def at_issue(client: SandboxClient, number: int) -> Customer:
    """Begin a conversation, and go as far as the first question of a product defect."""
    customer = await Customer.arrive(client, name=f"Guest{number}")
    await customer.start()
    await customer.sees("order number")
    await customer.type(f"X-{number}")
    await customer.sees("postcode")
    await customer.type("00000")
    await customer.tap("Choose the shop")
    await customer.tap("Acme Outdoor")
    await customer.tap("Product defect")
    await customer.sees("What is wrong with it?")
    return customer
