"""What is said arrives as Telegram keeps it: entities counted in UTF-16, nothing too long, nothing that is refused."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Chat, Message, MessageEntity

from bot.sandbox.entities import formatted
from bot.telegram.render import Call, NotInPlace, render_closing, render_edit, render_send
from bot.telegram.styled import clean, is_blank, utf16
from flows.effects import Say
from flows.values import Button, Picture, Rows, Span, Spans, Style
from tests.telegram.hostile import hostile_strings

STYLES: tuple[Style, ...] = ("plain", "bold", "italic", "code", "quote")
PICTURE = Picture(source="shipped", refs=("front.svg",))
BACK: Rows = ((Button(text="Back", data="K7F3QX.1.back"),),)


def say(*spans: Span | str, **fields: Any) -> Say:
    return Say(spans=tuple(Span(text=span) if isinstance(span, str) else span for span in spans), **fields)


def bold(text: str) -> Span:
    return Span(text=text, style="bold")


def sent(wanted: Say, *, pictured: bool = False) -> tuple[Call, ...]:
    return render_send(wanted, chat=5, pictured=pictured)


def edited(wanted: Say, *, had_picture: bool = False, pictured: bool = False, same: bool = False) -> Call:
    return render_edit(
        wanted, chat=5, message=9, had_picture=had_picture, pictured=pictured, same_picture=same
    )


def parsed(text: str, entities: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Cut the styled pieces out as the library does it."""
    theirs = [MessageEntity(**entity) for entity in entities]
    chat = Chat(id=5, type="private")
    message = Message(message_id=1, date=datetime.now(UTC), chat=chat, text=text, entities=theirs)
    return [(entity.type, piece) for entity, piece in message.parse_entities().items()]


def assert_sound(call: Call) -> None:
    """Check what Telegram checks, and that it would keep text and entities as they are."""
    assert "parse_mode" not in call.params
    caption = "caption" in call.params
    text = call.params.get("caption", call.params.get("text", ""))
    entities = call.params.get("caption_entities" if caption else "entities", [])
    assert utf16(text) <= (1024 if call.method == "sendPhoto" else 4096)
    assert call.method == "sendPhoto" or not is_blank(text)
    assert text == text.strip()
    ends = 0
    for entity in entities:
        assert entity["offset"] >= ends
        assert entity["length"] > 0
        ends = entity["offset"] + entity["length"]
    assert ends <= utf16(text)
    for _, piece in parsed(text, entities):
        assert piece
        assert piece == piece.strip()
        piece.encode()
    kept, marked = formatted(text, entities=list(entities))
    ours = [entity for entity in marked if entity["type"] in {"bold", "italic", "code", "blockquote"}]
    assert (kept, ours) == (text, list(entities))


def test_entities_are_counted_in_utf16_units() -> None:
    (call,) = sent(say("👍🏽 take ", bold("the 📦 box"), " and ", Span(text="A-17", style="code")))

    assert call.params["text"] == "👍🏽 take the 📦 box and A-17"
    assert call.params["entities"] == [
        {"type": "bold", "offset": 10, "length": 10},
        {"type": "code", "offset": 25, "length": 4},
    ]
    assert parsed(call.params["text"], call.params["entities"]) == [("bold", "the 📦 box"), ("code", "A-17")]


def test_blanks_at_the_ends_of_a_style_are_not_styled() -> None:
    (call,) = sent(say("\n ", bold("  one \n"), bold(" "), Span(text=" \n", style="italic"), "two \n\n"))

    assert call.params["text"] == "one \n  \ntwo"
    assert parsed(call.params["text"], call.params["entities"]) == [("bold", "one")]


def test_neighbours_in_one_style_are_one_entity() -> None:
    (call,) = sent(say(bold("one "), bold("two"), Span(text="three", style="quote")))

    assert parsed(call.params["text"], call.params["entities"]) == [
        ("bold", "one two"),
        ("blockquote", "three"),
    ]


def test_markup_in_words_stays_words() -> None:
    (call,) = sent(say("<b>x</b> *y* [z](https://example.org)"))

    assert call.params["text"] == "<b>x</b> *y* [z](https://example.org)"
    assert "entities" not in call.params
    assert call.params["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize("words", ["", "  \n", "\u200b", "\0", "\u2800"])
def test_a_text_in_which_nothing_can_be_seen_is_an_ellipsis(words: str) -> None:
    (call,) = sent(say(words, bold(words)))

    assert call.params["text"] == "…"


def test_a_long_text_is_split_between_paragraphs_and_the_last_part_has_the_buttons() -> None:
    paragraphs = [f"{number} " + "word " * 150 for number in range(12)]

    calls = sent(say(bold("\n\n".join(paragraphs)), buttons=BACK))

    assert len(calls) > 1
    assert [call.params["text"].split()[0].isdigit() for call in calls] == [True] * len(calls)
    assert [("reply_markup" in call.params) for call in calls] == [False] * (len(calls) - 1) + [True]
    for call in calls:
        assert_sound(call)
        assert parsed(call.params["text"], call.params["entities"]) == [("bold", call.params["text"])]
    whole = " ".join(call.params["text"] for call in calls)
    assert whole.split() == " ".join(paragraphs).split()


def test_a_text_without_any_break_is_split_without_cutting_a_character() -> None:
    calls = sent(say("📦" * 5000))

    assert [utf16(call.params["text"]) for call in calls] == [4096, 4096, 1808]


def test_words_below_a_picture_are_its_caption() -> None:
    (call,) = sent(say(bold("Front"), buttons=BACK, picture=PICTURE), pictured=True)

    assert call == Call(
        method="sendPhoto",
        params={
            "chat_id": 5,
            "photo": "attach://picture",
            "caption": "Front",
            "caption_entities": [{"type": "bold", "offset": 0, "length": 5}],
            "reply_markup": {"inline_keyboard": [[{"text": "Back", "callback_data": "K7F3QX.1.back"}]]},
        },
        pictured=True,
    )


def test_words_too_long_for_a_caption_follow_the_picture_with_the_buttons() -> None:
    picture, words = sent(say("x" * 1025, buttons=BACK, picture=PICTURE), pictured=True)

    assert (picture.method, words.method) == ("sendPhoto", "sendMessage")
    assert "caption" not in picture.params
    assert "reply_markup" not in picture.params
    assert "reply_markup" in words.params


def test_a_text_is_edited_as_text_and_loses_the_buttons_that_are_not_given() -> None:
    call = edited(say("3 of 4"))

    assert call.method == "editMessageText"
    assert call.params == {
        "chat_id": 5,
        "message_id": 9,
        "text": "3 of 4",
        "link_preview_options": {"is_disabled": True},
    }


def test_a_new_picture_edits_the_media_and_the_same_picture_only_its_caption() -> None:
    new = edited(say("Back view", picture=PICTURE), had_picture=True, pictured=True)
    same = edited(say("Back view", picture=PICTURE), had_picture=True, pictured=True, same=True)

    assert new.params["media"] == {"type": "photo", "media": "attach://picture", "caption": "Back view"}
    assert (same.method, same.params["caption"]) == ("editMessageCaption", "Back view")


@pytest.mark.parametrize(
    ("wanted", "had_picture", "pictured"),
    [
        (say("words"), True, False),
        (say("words", picture=PICTURE), False, True),
        (say("x" * 4097), False, False),
        (say("x" * 1025, picture=PICTURE), True, True),
        (say("type it", placeholder="Order number"), False, False),
    ],
)
def test_what_cannot_be_changed_in_place_says_so(wanted: Say, had_picture: bool, pictured: bool) -> None:  # noqa: FBT001
    with pytest.raises(NotInPlace):
        edited(wanted, had_picture=had_picture, pictured=pictured)


@pytest.mark.parametrize(
    ("closing", "had_picture", "method"),
    [
        (None, False, "editMessageReplyMarkup"),
        ((), True, "editMessageReplyMarkup"),
        ((Span(text="Chosen: size"),), False, "editMessageText"),
        ((Span(text="Chosen: size"),), True, "editMessageCaption"),
    ],
)
def test_closing_takes_the_buttons_and_sets_the_words(
    closing: Spans | None,
    had_picture: bool,  # noqa: FBT001
    method: str,
) -> None:
    call = render_closing(closing, chat=5, message=9, had_picture=had_picture)

    assert call.method == method
    assert "reply_markup" not in call.params


def test_a_hint_asks_for_the_keyboard_unless_there_are_buttons() -> None:
    (plain,) = sent(say("Number?", placeholder="A-17\n" + "x" * 80))
    (buttoned,) = sent(say("Number?", placeholder="A-17", buttons=BACK))

    assert plain.params["reply_markup"]["force_reply"] is True
    assert plain.params["reply_markup"]["input_field_placeholder"] == "A-17 " + "x" * 58 + "…"
    assert "inline_keyboard" in buttoned.params["reply_markup"]


def test_a_long_label_is_cut_and_a_blank_one_can_be_pressed() -> None:
    rows = ((Button(text="Ceramic 📦 " * 20, data="a"), Button(text=" \n ", data="b")),)

    (call,) = sent(say("Which?", buttons=rows))

    ((long, blank),) = call.params["reply_markup"]["inline_keyboard"]
    assert utf16(long["text"]) <= 64
    assert long["text"].endswith("…")
    assert blank["text"] == "…"


def test_more_buttons_than_telegram_takes_are_left_out() -> None:
    rows = tuple(
        tuple(Button(text=f"{row}.{place}", data=f"{row}.{place}") for place in range(3)) for row in range(50)
    )

    (call,) = sent(say("Which?", buttons=rows))

    keyboard = call.params["reply_markup"]["inline_keyboard"]
    assert sum(map(len, keyboard)) == 100
    assert all(keyboard)


@pytest.mark.parametrize("data", ["", "x" * 65, "ü" * 33])
def test_button_data_that_cannot_return_is_a_programming_error(data: str) -> None:
    with pytest.raises(ValueError, match="64"):
        sent(say("Which?", buttons=((Button(text="x", data=data),),)))


def test_a_button_with_an_address_that_telegram_refuses_is_left_out() -> None:
    rows = ((Button(text="a", url="https://example.org/x"), Button(text="b", url="javascript:alert(1)")),)

    (call,) = sent(say("See", buttons=rows))

    assert call.params["reply_markup"]["inline_keyboard"] == [[{"text": "a", "url": "https://example.org/x"}]]


def test_hostile_words_are_shown_as_they_are_and_never_refused(sample_data: Path) -> None:
    for words in hostile_strings(sample_data):
        spans = (
            Span(text="Order "),
            Span(text=words, style="bold"),
            Span(text=words, style="quote"),
            Span(text=" is here", style="italic"),
        )
        rows = ((Button(text=words, data="a.1.b"),),)
        for pictured in (False, True):
            calls = sent(Say(spans=spans, buttons=rows, placeholder=words), pictured=pictured)
            for call in calls:
                assert_sound(call)
            assert calls[-1].params["reply_markup"]["inline_keyboard"][0][0]["text"].strip()


words = st.text(
    alphabet=st.sampled_from(" \n\tab*_<é\u0301📦👨\u200d\u200b\0\ud83d\u202e\u2028\r") | st.characters(),
    max_size=40,
)


@given(st.lists(st.builds(Span, text=words, style=st.sampled_from(STYLES)), max_size=8))
def test_whatever_the_spans_telegram_keeps_text_and_entities_as_sent(spans: list[Span]) -> None:
    for call in sent(Say(spans=tuple(spans))):
        assert_sound(call)


@given(st.lists(st.builds(Span, text=words, style=st.sampled_from(STYLES)), min_size=1, max_size=4))
def test_splitting_loses_no_visible_character(spans: list[Span]) -> None:
    long = [Span(text=(span.text + " ") * 120, style=span.style) for span in spans]

    calls = sent(Say(spans=tuple(long)))

    shown = visible("".join(call.params["text"] for call in calls))
    assert shown == visible(clean("".join(span.text for span in long))) or shown == visible("…")
    for call in calls:
        assert_sound(call)


def visible(text: str) -> str:
    return "".join(sign for sign in text if not is_blank(sign))
