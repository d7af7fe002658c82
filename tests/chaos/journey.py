"""One whole journey with photos, act by act: deep link, a blurred photo asked again, an album, Back, an edit, Send."""

from dataclasses import dataclass

from tests.journeys.customer import Customer
from tests.journeys.pictures import blurred, sharp

ORDER = "A-1017"
LABELS = (
    "ProductDefect_FrontView",
    "ProductDefect_CloseUp_1",
    "ProductDefect_CloseUp_2",
    "ProductDefect_SerialLabel",
)


@dataclass(frozen=True, slots=True)
class Journey:
    """What the customer sends; `seed` makes the pictures of each journey its own."""

    seed: int

    async def walk(self, customer: Customer, link: str) -> None:
        """Go the whole way, until the bundle is delivered."""
        await self.to_send(customer, link)
        await customer.sees("Delivered to Acme Outdoor")

    async def to_send(self, customer: Customer, link: str) -> None:
        """Go as far as pressing Send; each act waits until the bot has asked for it."""
        await customer.start(link)
        await customer.tap("Product defect")
        await customer.tap("It is broken")
        await customer.tap("Skip")
        await customer.sees("The whole item from the front")
        await customer.photos(blurred(self.seed))
        await customer.sees("The photo is a little blurred")
        await customer.photos(sharp(self.seed + 1))
        await customer.sees("The defect from close by")
        await customer.photos(sharp(self.seed + 2), sharp(self.seed + 3))
        await customer.sees("2 of up to 3")
        await customer.tap("Enough")
        await customer.sees("The label with model")
        await customer.photos(sharp(self.seed + 4))
        await customer.sees("The whole item from the back")
        await customer.tap("Skip")
        await customer.tap("A replacement")
        await customer.sees("send me a replacement?")
        await customer.tap("Back")
        await customer.tap("My money back")
        await customer.sees("refund me?")
        await customer.tap("Use this message")
        await customer.sees("Shall I send it?")
        await customer.tap("Edit: Wish")
        await customer.tap("A replacement")
        await customer.sees("send me a replacement?")
        await customer.tap("Use this message")
        await customer.tap("Send")
