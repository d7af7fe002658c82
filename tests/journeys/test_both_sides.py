"""Customer and seller at once: a bundle arrives, one more photo is wished for, comes blurred, then sharp, and it is settled."""

import os
import re
from pathlib import Path

import pytest

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.conftest import in_ci
from tests.imap_server import is_here
from tests.journeys.running_bot import RunningBot
from tests.journeys.sellers_people import LABEL, person
from tests.journeys.visitor import Visitor, browser_page
from tests.journeys.walks import SHIPPING_DAMAGE, See, Send

pytestmark = [pytest.mark.browser, pytest.mark.mail]
FOLLOW_UP = "FollowUp_Photo_1"


@pytest.mark.parametrize("way", ["web inbox", "e-mail", "webhook"])
async def test_a_seller_asks_for_one_more_photo_gets_it_and_settles(
    way: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    sandbox: Sandbox,
    client: SandboxClient,
) -> None:
    if way == "e-mail" and not is_here():
        if in_ci() and os.geteuid() == 0:
            pytest.fail("mail tests must not be skipped here")
        pytest.skip("no dovecot")
    async with (
        browser_page() as customer_page,
        browser_page() as seller_page,
        person(way, page=seller_page, folder=tmp_path_factory.mktemp("imap")) as seller,
    ):
        bot = RunningBot(
            folder=tmp_path, sandbox=sandbox, database=f"sqlite:///{tmp_path / 'c.db'}", webhook=True,
            sellers=seller.sellers,
        )  # fmt: skip
        await bot.command("orders", "import", str(SAMPLE))
        link = (await bot.command("orders", "link", "A-1017")).strip().rsplit("start=", 1)[1]
        await bot.start()
        await bot.serving()
        try:
            chat = await client.new_chat("Anna", language_code="en", payload=link)
            await customer_page.goto(f"{bot.sandbox.address}/?chat={chat['id']}")
            await customer_page.get_by_role("button", name=re.compile("start", re.IGNORECASE)).last.click()
            await seller.begin(bot)
            anna = Visitor(customer_page, tmp_path, f"both-{way.replace(' ', '-')}")
            for act in SHIPPING_DAMAGE.acts:
                await anna.do(See(act.words) if isinstance(act, See) else act)
            assert tuple(await seller.got(1)) == SHIPPING_DAMAGE.labels

            await seller.ask("the serial number on the base")
            for act in (
                See("Acme Outdoor asks for another photo"), See("Wanted: the serial number on the base", "wish"),
                Send(blurred=True), See("The photo is a little blurred.", "wish-retake"), Send(),
            ):  # fmt: skip
                await anna.do(act)
            await customer_page.get_by_role("button", name="Enough").last.click()
            await anna.do(See("I add it to case"))
            assert await seller.got(2) == [FOLLOW_UP]

            await seller.give("Please send it back with this label.")
            await anna.do(See("Please send it back with this label."))
            if way != "webhook":
                await anna.do(See("return_label.pdf", "label"))
                assert LABEL in await files_of(client, chat["id"])

            await seller.settle("A new mug is on its way.")
            await anna.do(See("considers the matter settled"))
            await anna.do(See("A new mug is on its way.", "settled"))
        finally:
            await bot.stop()
    assert "Traceback" not in bot.log
    assert "a secret of sixteen" not in bot.log


async def files_of(client: SandboxClient, chat: int) -> list[bytes]:
    """Fetch the files that the chat shows as files."""
    shown = [one["document"]["file_id"] for one in await client.messages(chat) if "document" in one]
    return [await client.download(file) for file in shown]
