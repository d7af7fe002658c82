"""The main job on the real bot: by webhook and by polling, on SQLite and on PostgreSQL."""

import io
import json

from PIL import Image

from bot.sandbox.client import SandboxClient
from tests.journeys.customer import Customer
from tests.journeys.pictures import blurred, lying, sharp
from tests.journeys.running_bot import RunningBot


async def test_a_customer_sends_shots_and_the_seller_has_the_labelled_bundle(
    bot: RunningBot, client: SandboxClient
) -> None:
    customer = await Customer.arrive(client)
    link = (await bot.command("orders", "link", "A-1017")).strip().rsplit("start=", 1)[1]
    await customer.start(link)
    await customer.tap("Shipping damage")
    await customer.tap("Box and item")
    await customer.tap("Skip")
    await customer.sees("Box outside")
    await customer.photos(blurred(1))
    await customer.sees("The photo is a little blurred")
    await customer.photos(lying(2), as_file=True)
    await customer.sees("Shipping label")
    await customer.photos(sharp(3), sharp(4), sharp(5), sharp(6))
    await customer.tap("Enough")
    await customer.tap("Skip")
    await customer.sees("Box maker's stamp")
    await customer.tap("Skip")
    await customer.tap("A replacement")
    await customer.tap("Use this message")
    await customer.sees("Shall I send it?")
    await customer.tap("Edit: Wish")
    await customer.tap("My money back")
    await customer.tap("Use this message")
    await customer.sees("Shall I send it?")
    await customer.tap("Send")

    await customer.sees("Delivered to Acme Outdoor")

    [folder] = (bot.inbox / "acme").iterdir()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert [photo["label"] for photo in manifest["photos"]] == [
        "ShippingDamage_Packaging",
        "ShippingDamage_ShippingLabel",
        "ShippingDamage_InnerPackaging",
        "ShippingDamage_Product",
        "ShippingDamage_CloseUp_1",
    ]
    assert "Could you please refund me?" in manifest["message"]
    assert manifest["order"]["verified"] is True
    for photo in manifest["photos"]:
        content = (folder / photo["file"]).read_bytes()
        image = Image.open(io.BytesIO(content))
        assert not image.getexif()
        assert b"Canary" not in content
        assert image.size == (photo["width"], photo["height"])
    first = manifest["photos"][0]
    assert first["height"] > first["width"]  # orientation 6 was applied
    assert "Traceback" not in bot.log
    assert bot.sandbox.token not in bot.log
