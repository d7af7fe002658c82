"""A customer with a receipt to send, whose seller's inbox is out of reach when everything is ready."""

from bot.sandbox.client import SandboxClient
from tests.journeys.customer import Customer
from tests.journeys.pictures import lying, sharp


async def as_far_as_the_first_shot(
    client: SandboxClient, *, name: str = "Anna", mail: str = "anna@example.com"
) -> Customer:
    """Come with an order, and name the issue."""
    anna = await Customer.arrive(client, name=name)
    await anna.start()
    await anna.sees("order number")
    await anna.type("A-1017")
    await anna.sees("e-mail address or postcode")
    await anna.type(mail)
    await anna.tap("Proof of purchase")
    await anna.tap("Guarantee or repair")
    return anna


async def as_far_as_it_goes(anna: Customer, *, words: str = "It came yesterday.") -> None:
    """Send photos, write, send."""
    await anna.photos(lying(2), as_file=True)
    await anna.sees("1 of up to 3")
    await anna.photos(sharp(3))
    await anna.sees("2 of up to 3")
    for button in ("Enough", "Skip", "Skip"):
        await anna.tap(button)
    await anna.sees("Anything the seller should know")
    await anna.type(words)
    await anna.tap("Use this message")
    await anna.tap("Send")
    await anna.sees("be reached right now")
