"""The bundle by e-mail: the real bot, a real SMTP server, which may be dead for a minute."""

import asyncio
import io
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.chaos.journey import LABELS, Journey
from tests.journeys.customer import Customer
from tests.journeys.running_bot import RunningBot
from tests.mail_server import Mailbox, free_port

pytestmark = pytest.mark.mail
DEAD = 60.0
SELLERS = """\
sellers:
  acme:
    name: "Acme Outdoor"
    inbox: email
    settings: {{host: 127.0.0.1, port: {port}, security: none, sender: "clearshot@shop.example", recipient: "claims@acme.example"}}
  lumen: {{name: "Lumen Leuchten", locale: de}}
  casaluz: {{name: "Casa Luz", locale: es}}
support: {{name: "Support"}}
"""


def check(mail: EmailMessage) -> None:
    """The labelled JPEGs are there, in order, whole, and without a word about the camera."""
    pictures = [part for part in mail.iter_attachments() if part.get_content_type() == "image/jpeg"]
    assert [part.get_filename() for part in pictures] == [f"{label}.jpg" for label in LABELS]
    for part in pictures:
        content = part.get_content()
        assert not Image.open(io.BytesIO(content)).getexif()
        assert b"Canary" not in content
    assert mail["To"] == "claims@acme.example"
    assert "Could you please send me a replacement?" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


async def test_the_mail_arrives_at_once_and_after_a_minute_of_a_dead_server(
    tmp_path: Path, sandbox: Sandbox, client: SandboxClient
) -> None:
    mailbox = Mailbox(port=free_port())
    bot = RunningBot(
        folder=tmp_path,
        sandbox=sandbox,
        database=f"sqlite:///{tmp_path / 'c.db'}",
        webhook=True,
        sellers=SELLERS.format(port=mailbox.port),
    )
    await bot.command("orders", "import", str(SAMPLE))
    links = [(await bot.command("orders", "link", "A-1017")).strip().rsplit("start=", 1)[1] for _ in range(2)]
    await bot.start()
    anna, ben = [await Customer.arrive(client, name=name) for name in ("Anna", "Ben")]

    with mailbox.serving():
        await Journey(100).walk(anna, links[0])
    await Journey(200).to_send(ben, links[1])
    await ben.sees("Acme Outdoor can't be reached")
    await asyncio.sleep(DEAD)
    with mailbox.serving():
        await ben.sees("Delivered to Acme Outdoor", within=90)
    await bot.stop()

    assert len(mailbox.mails) == 2
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 2
    for mail in mailbox.mails:
        check(mail)
    assert "Traceback" not in bot.log
