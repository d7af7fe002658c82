"""A seller's own chat: what is pressed and replied there, and that nothing else of it goes anywhere."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from bot.ports import Heard, Tell, TransientFailure
from bot.seller_chat_words import button, question
from bot.telegram.chat import TelegramChat
from bot.telegram.client import TelegramBot
from bot.telegram.courtesies import Courtesy
from bot.telegram.seller_chat import Counter, SellerChats
from storage.ports import StorageFailure
from tests.inboxes.telegram_server import CHAT, TOKEN, TelegramServer

WORDS = "#K7F3QX (1) Shipping damage\n№ A-17"


class Intake:
    """Where customers' updates go."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def take(self, update: Any) -> None:
        self.taken.append(update)


class Desk:
    """Sellers' chats over a local Bot API."""

    def __init__(self, bot: TelegramBot, server: TelegramServer) -> None:
        self.server = server
        self.heard: list[tuple[str, Heard]] = []
        self.away = self.gone = False
        self.courtesy: Courtesy | None = None
        self.intake = Intake()
        counters = {CHAT: Counter(seller="acme", locale="en")}
        self.chats = SellerChats(
            self.intake, chats=counters, ears=self.ear, bot=bot, downloads=TelegramChat(bot)
        )

    def ear(self, seller: str) -> Tell:
        async def tell(heard: Heard) -> bool:
            if self.away:
                raise TransientFailure("the store is away")
            self.heard.append((seller, heard))
            return not self.gone

        return tell

    async def press(self, data: str, *, text: str = WORDS) -> None:
        self.courtesy = await self.chats.take({
            "update_id": 1,
            "callback_query": {"id": "9", "data": data, "from": {"first_name": "Ann"}, "message": {"message_id": 5, "text": text, "chat": {"id": CHAT}}},
        })  # fmt: skip

    async def write(
        self, text: str, *, to: str | None = WORDS, by_us: bool = True, number: int = 8, **more: Any
    ) -> None:
        replied = {"reply_to_message": {"text": to, "from": {"is_bot": by_us}}} if to is not None else {}
        message = {
            "message_id": number,
            "chat": {"id": CHAT},
            "from": {"first_name": "Ann"},
            "text": text,
            **replied,
            **more,
        }
        await self.chats.take({"update_id": 2, "message": message})

    @property
    def said(self) -> list[str]:
        return [
            given.get("text", "")
            for method, given in self.server.calls
            if method in {"sendMessage", "editMessageText"}
        ]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    office = TelegramServer()
    async with TestServer(office.app()) as server:
        bot = TelegramBot(TOKEN, api=str(server.make_url("")).rstrip("/"), per_second=0)
        await bot.open()
        yield Desk(bot, office)
        await bot.close_connections()


async def test_a_reply_to_a_case_is_an_answer_and_is_acknowledged(desk: Desk) -> None:
    await desk.write("Sorry, a new one comes")

    said = Heard(kind="answer", case="K7F3QX", key=f"{CHAT}.8", text="Sorry, a new one comes", author="Ann")
    assert desk.heard == [("acme", said)]
    assert desk.said == ["#K7F3QX\n✓ The customer reads it now."]
    assert desk.intake.taken == []


async def test_the_buttons_ask_for_words_and_the_reply_to_the_question_is_understood(desk: Desk) -> None:
    await desk.press(button("ask", "K7F3QX"))
    await desk.press(button("reply", "K7F3QX"))
    asked = desk.said
    await desk.write("the serial number", to=asked[0], number=21)
    await desk.write("Sorry", to=asked[1], number=22)

    assert asked == [question("photo", "K7F3QX", locale="en"), question("answer", "K7F3QX", locale="en")]
    assert [(one.kind, one.text) for _, one in desk.heard] == [
        ("photo", "the serial number"),
        ("answer", "Sorry"),
    ]


async def test_a_reply_to_what_we_said_of_a_reply_is_an_answer_too(desk: Desk) -> None:
    await desk.write("", video={"file_id": "x"})
    await desk.write("Sorry", to=desk.said[-1], number=21)
    await desk.write("and a voucher", to=desk.said[-1], number=22)

    assert [(one.kind, one.case, one.text) for _, one in desk.heard] == [
        ("answer", "K7F3QX", "Sorry"),
        ("answer", "K7F3QX", "and a voucher"),
    ]


async def test_a_press_is_answered(desk: Desk) -> None:
    await desk.press(button("reply", "K7F3QX"))

    assert desk.courtesy == Courtesy("answerCallbackQuery", {"callback_query_id": "9"})


async def test_settling_is_asked_twice_and_counts_once(desk: Desk) -> None:
    await desk.press(button("settle", "K7F3QX"))
    assert desk.heard == []
    for _ in range(2):
        await desk.press(button("yes", "K7F3QX"), text="#K7F3QX\nIs the matter settled?")

    assert {(one.kind, one.key) for _, one in desk.heard} == {("settled", f"{CHAT}.settled.5")}
    assert desk.said[-1] == "#K7F3QX\n✓ Settled"


async def test_commands_in_a_reply_are_understood(desk: Desk) -> None:
    await desk.write("/photo the base")
    await desk.write("/settled", number=9)

    assert [(one.kind, one.text) for _, one in desk.heard] == [("photo", "the base"), ("settled", "")]


async def test_people_s_own_talk_is_nobody_s_business(desk: Desk) -> None:
    await desk.write("lunch?", to=None)
    await desk.write("yes", to="lunch?", by_us=False)
    await desk.write("#K7F3QX is a liar", to="#K7F3QX she is", by_us=False)
    await desk.write("  ")
    await desk.write("what is this", to="a message of ours without a case")
    await desk.press("something else")
    await desk.press("seller.K7F3QX.explode")
    await desk.chats.take(
        {"update_id": 3, "my_chat_member": {"chat": {"id": CHAT}}, "message": {"chat": {"id": CHAT}}}
    )

    assert (desk.heard, desk.said, desk.intake.taken) == ([], [], [])


async def test_what_cannot_be_kept_is_not_acknowledged(desk: Desk) -> None:
    desk.away = True

    with pytest.raises(StorageFailure):
        await desk.write("Sorry")

    assert desk.said == []


@pytest.mark.parametrize(
    "update", [{"update_id": 1, "message": {"chat": {"id": 42}, "text": "hi"}}, {}, None, [], {"message": 5}]
)
async def test_everybody_else_s_updates_go_to_the_intake_as_they_are(desk: Desk, update: Any) -> None:
    await desk.chats.take(update)

    assert desk.intake.taken == [update]
    assert desk.heard == []


async def test_a_telegram_that_fails_afterwards_changes_nothing_that_was_taken(desk: Desk) -> None:
    desk.server.broken = True

    await desk.write("Sorry")

    assert len(desk.heard) == 1


async def test_a_seller_is_told_when_the_case_is_gone_and_when_only_words_would_be_heard(desk: Desk) -> None:
    desk.gone = True

    await desk.write("A new one comes")
    await desk.press(button("yes", "K7F3QX"))
    await desk.write("", video={"file_id": "x"})

    assert [one.kind for _, one in desk.heard] == ["answer", "settled"]
    assert desk.said == [
        "#K7F3QX\nThere is no such case any more.",
        "#K7F3QX\nThere is no such case any more.",
        "#K7F3QX\nOnly words, photos and PDFs reach the customer. Please send one of them as a reply.",
    ]


async def test_a_photo_or_pdf_in_a_reply_goes_with_its_words(desk: Desk) -> None:
    desk.server.files["p"], desk.server.files["d"] = b"\xff\xd8 a photo", b"%PDF-1.7"
    document = {
        "file_id": "d",
        "file_unique_id": "u",
        "mime_type": "application/pdf",
        "file_name": "label.pdf",
    }

    await desk.write(
        "", caption="Use this", photo=[{"file_id": "p", "file_unique_id": "u", "width": 9, "height": 9}]
    )
    await desk.write("", number=9, document=document)

    told = [(one.text, [(file.name, file.content) for file in one.files]) for _, one in desk.heard]
    assert told == [("Use this", [("photo", b"\xff\xd8 a photo")]), ("", [("label.pdf", b"%PDF-1.7")])]


@pytest.mark.parametrize(
    "more",
    [
        {"video": {"file_id": "x"}},
        {
            "document": {
                "file_id": "x",
                "file_unique_id": "u",
                "mime_type": "application/zip",
                "file_name": "a.zip",
            }
        },
    ],
    ids=["video", "zip"],
)
async def test_words_below_a_file_that_cannot_go_wait_with_it_and_the_seller_is_told(
    desk: Desk, more: dict[str, Any]
) -> None:
    await desk.write("", caption="See how it is mounted", **more)

    assert desk.heard == []
    assert desk.said == [
        "#K7F3QX\nOnly words, photos and PDFs reach the customer. Please send one of them as a reply."
    ]


async def test_words_whose_file_telegram_does_not_give_wait_for_another_try(desk: Desk) -> None:
    await desk.write(
        "", caption="See", photo=[{"file_id": "gone", "file_unique_id": "u", "width": 9, "height": 9}]
    )

    assert desk.heard == []
    assert desk.said == [
        "#K7F3QX\nThe file could not be fetched (10 MB at most). Nothing was sent, please try again."
    ]
