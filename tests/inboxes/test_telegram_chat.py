"""What a seller's chat gets: albums, captions, buttons, within Telegram's limits; and what a broken delivery repeats."""

from dataclasses import replace
from typing import Any

import pytest

from bot.inboxes.telegram_chat.adapter import TelegramChatInbox
from bot.inboxes.telegram_chat.settings import TelegramChatSettings
from bot.inboxes.telegram_chat.wire import LONGEST_CAPTION, LONGEST_TEXT, cut, is_photo, pieces
from bot.ports import PermanentFailure, TransientFailure
from bot.seller_chat_words import meant
from tests.inboxes.parcels import parcel_with
from tests.inboxes.telegram_server import CHAT, TOKEN, telegram_office


async def test_photos_go_in_albums_of_ten_and_the_words_carry_the_buttons() -> None:
    labels = tuple(f"MorePhotos_{n}" for n in range(1, 14))
    async with telegram_office() as office:
        receipt = await office.inbox.deliver(parcel_with(labels=labels), idempotency_key="K7F3QX.1")

    methods = [
        (method, len(given.get("media", []))) for method, given in office.calls if method.startswith("send")
    ]
    assert methods == [("sendMediaGroup", 10), ("sendMediaGroup", 3), ("sendMessage", 0)]
    keys = office.calls[-1][1]["reply_markup"]["inline_keyboard"]
    assert [key["text"] for row in keys for key in row] == ["Reply", "Ask for a photo", "Settled"]
    assert all(len(key["callback_data"].encode()) <= 64 for row in keys for key in row)
    assert receipt.reference == "1"


async def test_an_addition_replies_to_the_first_message_of_its_case() -> None:
    parcel = parcel_with(number=2, labels=("MorePhotos_1",), message="")
    async with telegram_office() as office:
        await office.inbox.deliver(
            replace(parcel, bundle=replace(parcel.bundle, thread="17")), idempotency_key="K7F3QX.2"
        )

    sent = [given for method, given in office.calls if method.startswith("send")]
    assert [int(one["reply_parameters"]["message_id"]) for one in sent] == [17, 17]


async def test_a_retry_goes_on_where_it_stopped() -> None:
    async with telegram_office() as office:
        office.too_many = 0
        first = parcel_with()
        office.breaks_after = (
            1  # the album is kept, the answer is lost: it comes again, since nobody can tell
        )
        with pytest.raises(TransientFailure):
            await office.inbox.deliver(first, idempotency_key="K7F3QX.1")
        office.too_many = 0
        await office.inbox.deliver(first, idempotency_key="K7F3QX.1")
        await office.inbox.deliver(first, idempotency_key="K7F3QX.1")

    assert [method for method, _ in office.calls if method.startswith("send")] == [
        "sendMediaGroup", "sendMediaGroup", "sendMessage",
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")  # the library warns itself
async def test_telegram_s_wait_is_kept_and_a_bot_that_was_thrown_out_is_for_a_person() -> None:
    async with telegram_office() as office:
        office.too_many = 1
        with pytest.raises(TransientFailure) as wait:
            await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
        office.kicked = True
        with pytest.raises(PermanentFailure, match="no longer, in this chat"):
            await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.2")
        with pytest.raises(PermanentFailure):
            await office.inbox.check()

    assert wait.value.retry_after == 17.0


@pytest.mark.parametrize(
    ("given", "said"),
    [({"token": "7:wrong-canary-token-of-many-letters"}, "token"), ({"chat": 5}, "Chat not found")],
)
async def test_a_wrong_token_or_chat_is_said_without_secrets(given: dict[str, Any], said: str) -> None:
    async with telegram_office() as office:
        settings = {"chat": CHAT, "token": TOKEN, "api": office.base, "timeout": 5, **given}
        wrong = TelegramChatInbox(TelegramChatSettings.model_validate(settings))
        with pytest.raises(PermanentFailure, match=said) as failure:
            await wrong.deliver(parcel_with(), idempotency_key="K7F3QX.1")
        await wrong.aclose()

    assert "canary" not in str(failure.value)


def test_what_telegram_takes_for_no_photo_goes_as_a_file() -> None:
    parcel = parcel_with()
    pdf = replace(parcel.files[0], mime="application/pdf", name="Receipt.pdf", width=0, height=0)
    strip = replace(parcel.files[1], width=5000, height=100)

    found = pieces(replace(parcel, files=(pdf, strip, *parcel.files)))

    assert [(piece.as_documents, len(piece.files)) for piece in found] == [(False, 2), (True, 2), (False, 0)]
    assert not is_photo(pdf)


def test_a_reply_to_any_photo_is_understood() -> None:
    parcel = parcel_with(labels=("A_1", "A_2", "A_3"))
    parcel = replace(parcel, files=(*parcel.files[:2], replace(parcel.files[2], mime="application/pdf")))

    captions = [caption for piece in pieces(parcel) for _, caption in piece.files]

    assert [meant(caption) for caption in captions] == [("K7F3QX", None)] * 3


@pytest.mark.parametrize("sign", ["x", "é", "😀", "\ud800"])
def test_words_are_cut_by_telegram_s_own_measure(sign: str) -> None:
    for most in (LONGEST_CAPTION, LONGEST_TEXT):
        made = cut(sign * 5000, most)

        assert most - 4 <= len(made.encode("utf-16-le")) // 2 <= most
        assert made.endswith("…")
