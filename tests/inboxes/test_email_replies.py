"""Mails that come back: who may speak, what was said, and what no person wrote."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inboxes.email.replies import MOST_BYTES, came
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.email.tokens import address_of
from bot.inboxes.email.wire import mails, note_mail
from bot.ports import Heard, HookRefused
from bot.text_of_html import text_of_html
from flows.effects import ForwardText
from flows.values import Seller
from tests.inboxes.parcels import parcel_with
from tests.inboxes.test_email import NOW, hostile_strings

SETTINGS = EmailSettings.model_validate(
    {
        "host": "127.0.0.1", "sender": "bot@clearshot.example", "recipient": "claims@acme.example",
        "reply_domain": "Bot.example", "reply_secret": "a secret of sixteen and more", "senders": ["acme.example"],
    }
)  # fmt: skip
ADDRESS = address_of("case", "K7F3QX", SETTINGS)
QUOTES = {
    "gmail en": "On Mon, 23 Nov 2026 at 12:00, Clearshot <{address}> wrote:\n\n> {marker}\n> Hello Acme\n> it broke\n",
    "gmail de": "Am Mo., 23. Nov. 2026 um 12:00 Uhr schrieb Clearshot <{address}>:\n\n> {marker}\n> Hallo Acme\n",
    "gmail es": "El lun, 23 nov 2026 a las 12:00, Clearshot (<{address}>) escribió:\n\n> {marker}\n> Hola Acme\n",
    "outlook en": "________________________________\nFrom: Clearshot <{address}>\nSent: Monday, 23 November 2026 12:00\n"
    "To: claims@acme.example\nSubject: [K7F3QX] Mug\n\n{marker}\nHello Acme\n",
    "outlook de": "Von: Clearshot <{address}>\nGesendet: Montag, 23. November 2026 12:00\nAn: claims@acme.example\n"
    "Betreff: [K7F3QX] Mug\n\n{marker}\nHallo Acme\n",
    "apple": "> On 23. Nov 2026, at 12:00, Clearshot <{address}> wrote:\n> \n> {marker}\n> Hello\n",
    "thunderbird": "On 11/23/26 12:00, Clearshot wrote:\n> {marker}\n> Hello\n",
    "marker alone": "{marker}\nHello Acme\n",
    "no marker": "On Mon, 23 Nov 2026 at 12:00, Clearshot <{address}> wrote:\n\n> Hello Acme\n> it broke\n",
}


def reply(text: str = "Sorry, a new one is on its way.", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    given_headers = {
        "From": "Ann Lee <ann@acme.example>", "To": ADDRESS, "Subject": "Re: [K7F3QX] Mug", "Message-ID": "<1@acme.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }  # fmt: skip
    for name, value in given_headers.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


def heard(mail: EmailMessage | bytes, settings: EmailSettings = SETTINGS) -> tuple[Heard, ...]:
    return came(mail if isinstance(mail, bytes) else mail.as_bytes(), settings=settings).heard


@pytest.mark.parametrize("client", sorted(QUOTES))
def test_the_words_above_what_is_quoted_are_the_answer(client: str) -> None:
    quoted = QUOTES[client].format(address=ADDRESS, marker="#-#-# K7F3QX #-#-#")

    [said] = heard(reply(f"Sorry, a new one is on its way.\n\n{quoted}"))

    assert (said.kind, said.case, said.text, said.author) == (
        "answer", "K7F3QX", "Sorry, a new one is on its way.", "Ann Lee",
    )  # fmt: skip


def test_a_reply_to_the_very_mails_that_we_send_is_heard() -> None:
    [mail] = mails(parcel_with(), key="K7F3QX.1", settings=SETTINGS, now=NOW)
    note = ForwardText(case="K7F3QX", number=1, text="It was a gift", seller=Seller(id="acme", name="Acme", locale="de"),
                       subject="Mug", customer_name="Anna", locale="en")  # fmt: skip
    added = note_mail(note, key="K7F3QX.note.1", settings=SETTINGS, now=NOW)

    for sent in (mail, added):
        body = sent.get_body(("plain",))
        assert body is not None
        quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines())
        [said] = heard(reply(f"Thank you.\n\n{quoted}", To=str(sent["Reply-To"])))
        assert (said.case, said.text) == ("K7F3QX", "Thank you.")


MARKED = "> #-#-# K7F3QX #-#-#\n> Hello Acme\n> it broke\n"


@pytest.mark.parametrize(
    "text",
    [
        f"On Mon, 23 Nov 2026 at 12:00, Clearshot <{ADDRESS}> wrote:\n{MARKED}\nA new one comes.\n\n-- \nAnn\nAcme\n",
        f"Am 23.11.26 um 12:00 schrieb Clearshot:\n{MARKED}\nA new one comes.\n",
        f"El 23/11/26 a las 12:00, Clearshot escribió:\n{MARKED}\nA new one comes.\n> Anna\n",
    ],
)
def test_an_answer_below_what_is_quoted_is_heard_too(text: str) -> None:
    assert [one.text for one in heard(reply(text))] == ["A new one comes."]


def test_an_answer_between_quoted_lines_is_heard() -> None:
    text = f"{MARKED}\nWhich side?\n\n> it broke\n\nA new one comes.\n\n> Anna\n"

    assert [one.text for one in heard(reply(text))] == ["Which side?\n\nA new one comes."]


@pytest.mark.parametrize(
    "tail",
    [
        "Enviado desde mi iPhone\n\nEl lun, 23 nov 2026 a las 12:00, Clearshot <{address}> escribió:\n{marked}",
        "Von meinem iPhone gesendet\n\n> Am 23.11.2026 um 12:00 schrieb Clearshot <{address}>:\n> \n{marked}",
        "Get Outlook for iOS<https://aka.ms/x>\n_____________\nFrom: b@c.example\nSent: Monday\nTo: x\n\n#-#-# K7F3QX #-#-#\nHello",
        "De: Clearshot <b@c.example>\nEnviado el: lunes, 23 de noviembre de 2026 12:00\nPara: x\nAsunto: y\n\n#-#-# K7F3QX #-#-#\nHola",
        "-----Ursprüngliche Nachricht-----\nVon: b@c.example\n\n#-#-# K7F3QX #-#-#\nHallo",
        "On Mon, 23 Nov 2026 at 12:00, Clearshot\n<{address}>\nwrote:\n\n{marked}",
    ],
)
def test_what_programs_put_below_an_answer_is_no_part_of_it(tail: str) -> None:
    text = "A new one comes.\n\n" + tail.format(address=ADDRESS, marked=MARKED)

    assert [one.text for one in heard(reply(text))] == ["A new one comes."]


@pytest.mark.parametrize(
    "text",
    [
        "On Monday we wrote:\nthe part is in stock. It comes.",
        "Am 24.11. kommt der Ersatz.",
        "El 24 de noviembre llega otro.",
        "Von welcher Seite ist die Tasse kaputt?",
        "To whom was it sent?",
        "De acuerdo.",
    ],
)
def test_words_that_only_look_like_a_programs_stay(text: str) -> None:
    assert [one.text for one in heard(reply(text))] == [text]
    assert [one.text for one in heard(reply(f"{text}\n\n{MARKED}"))] == [text]


def test_a_mail_without_a_word_of_its_own_says_nothing() -> None:
    text = f"\n\nOn Mon, 23 Nov 2026 at 12:00, Clearshot <{ADDRESS}> wrote:\n\n{MARKED}"

    assert heard(reply(text)) == ()


def test_an_empty_plain_part_beside_html_is_passed_over() -> None:
    mail = reply("\n")
    mail.add_alternative("<p>A new one comes.</p>", subtype="html")

    assert [one.text for one in heard(mail)] == ["A new one comes."]


def test_a_signatures_logo_is_no_attachment_and_a_photo_is() -> None:
    logo, photo = reply("A new one comes."), reply("See here.")
    logo.add_attachment(b"x", maintype="image", subtype="png", disposition="inline", cid="<logo@acme>")
    photo.add_attachment(
        b"x" * 40_000, maintype="image", subtype="jpeg", disposition="inline", cid="<p@acme>"
    )
    photo.add_attachment(b"x", maintype="image", subtype="jpeg", filename="slip.jpg")

    assert [one.text for one in heard(logo)] == ["A new one comes."]
    assert [one.files for one in heard(logo)] == [()]
    [seen] = heard(photo)
    assert (seen.text, [len(file.content) for file in seen.files]) == ("See here.", [40_000, 1])
    assert seen.files[1].name == "slip.jpg"


@pytest.mark.parametrize(
    "hard", ["On " + "12:00 " * 9000, "\n" * 50_000, "\n \n" * 20_000, "On a: 12:00 wrote\n" * 3000]
)
def test_words_made_to_be_hard_to_read_are_read(hard: str) -> None:
    """The parser of replies would take hours for them, and hold up every chat meanwhile."""
    mail = reply(f"A new one comes.\n{hard}\n{MARKED}")

    [said] = heard(mail)

    assert (said.case, said.text.startswith("A new one comes.")) == ("K7F3QX", True)


def test_long_paragraphs_are_kept_as_they_are() -> None:
    text = "A new one comes: 12:00. " * 30 + "\n\nAnn \ue0000\ue001"

    [said] = heard(reply(text))

    assert said.text == text.replace("\ue000", "").replace("\ue001", "")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("/photo the serial number", "photo", "the serial number"),
        ("/Foto: die Seriennummer\nDanke", "photo", "die Seriennummer\nDanke"),
        ("/erledigt", "settled", ""),
        ("/settled A new one comes.", "settled", "A new one comes."),
        ("see /photo above", "answer", "see /photo above"),
    ],
)
def test_the_first_line_may_be_a_command(text: str, kind: str, words: str) -> None:
    [said] = heard(reply(text))

    assert (said.kind, said.text) == (kind, words)


@pytest.mark.parametrize(
    "to",
    [
        "claims@acme.example",
        ADDRESS.replace("K7F3QX", "K7F3QY"),
        ADDRESS.replace("@", "0@").replace(".", ".0", 1),
        address_of("bounce", "K7F3QX", SETTINGS).replace("bounce", "case"),
        ADDRESS.replace("Bot.example", "evil.example"),
        f"case+K7F3QX.{'0' * 20}@bot.example",
    ],
)
def test_without_the_right_token_nobody_speaks_whoever_they_say_they_are(to: str) -> None:
    with pytest.raises(HookRefused) as refusal:
        heard(reply(To=to))

    assert refusal.value.status == 401


def test_mail_systems_that_change_letters_or_move_the_address_are_understood() -> None:
    assert heard(reply(To=ADDRESS.lower()))[0].case == "K7F3QX"
    assert heard(reply(To="undisclosed-recipients:;", Delivered_To=ADDRESS.upper()))[0].case == "K7F3QX"
    assert heard(reply(To=f'"Clearshot, K7" <x@y.example>, <{ADDRESS}>'))[0].case == "K7F3QX"


def test_a_sender_whom_nobody_named_is_called_unverified_or_refused() -> None:
    stranger = reply(From="Acme Claims <claims@acme.example.evil.example>")

    assert heard(stranger)[0].author == "Acme Claims (unverified)"
    with pytest.raises(HookRefused):
        heard(stranger, SETTINGS.model_copy(update={"only_known_senders": True}))


def test_a_mail_counts_under_its_own_id_however_often_it_comes() -> None:
    first, again, other = reply(), reply(), reply(Message_ID="<2@acme.example>")
    nameless = reply(Message_ID="")

    keys = [heard(mail)[0].key for mail in (first, again, other, nameless, nameless)]

    assert keys[0] == keys[1]
    assert keys[3] == keys[4]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated (vacation)"},
        {"Return-Path": "<>"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
        {"Subject": "Automatic reply: [K7F3QX] Mug"},
        {"Subject": "Abwesenheitsnotiz: [K7F3QX] Mug"},
        {"Subject": "Respuesta automática: [K7F3QX] Mug"},
    ],
)
def test_what_no_person_wrote_says_nothing(headers: dict[str, str]) -> None:
    found = came(reply("I am out of the office", **headers).as_bytes(), settings=SETTINGS)

    assert (found.heard, found.automatic) == ((), True)


def test_a_bounce_names_its_case_and_says_nothing_to_the_customer() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "MAILER-DAEMON@acme.example", address_of("bounce", "K7F3QX", SETTINGS)
    mail["Subject"] = "Undelivered Mail Returned to Sender"
    mail.set_content("user unknown")

    found = came(mail.as_bytes(), settings=SETTINGS)

    assert (found.bounced, found.heard) == ("K7F3QX", ())


def test_a_file_alone_is_an_answer_and_strangers_hand_nothing_over() -> None:
    known, stranger = reply(""), reply("", From="Eve <eve@elsewhere.example>")
    for mail in (known, stranger):
        mail.add_attachment(b"x", maintype="application", subtype="pdf", filename="label.pdf")

    [given], [refused] = heard(known), heard(stranger)

    assert (given.text, given.left_out) == ("", 0)
    assert [(file.name, file.content) for file in given.files] == [("label.pdf", b"x")]
    assert (refused.files, refused.left_out, refused.author) == ((), 1, "Eve (unverified)")


@pytest.mark.parametrize("named", ["=?utf-8?q?=ff=fe?=", "utf-8'en'%ff", 'a"b', "\x00", "x" * 2000])
def test_a_file_with_a_damaged_name_is_a_file_all_the_same(named: str) -> None:
    raw = (
        f"From: Ann <ann@acme.example>\nTo: {ADDRESS}\nSubject: Re: x\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nSorry\n--b\nContent-Type: application/pdf\n'
        f"Content-Disposition: attachment; filename*={named}\nContent-Transfer-Encoding: base64\n\neA==\n--b--\n"
    )

    [said] = heard(raw.encode())

    assert (said.text, [file.content for file in said.files]) == ("Sorry", [b"x"])


def test_a_mail_in_html_alone_is_read_without_its_quotes() -> None:
    mail = reply()
    page = (
        "<html><head><style>p{}</style><title>t</title></head><body><p>Sorry,<br>a new one &amp; a gift.</p>"
        "<script>alert(1)</script><div class='gmail_quote'>On Monday wrote <b>x</b><br></div>"
        "<blockquote>old words</blockquote><p>Ann</p></body></html>"
    )
    mail.set_content(page, subtype="html")

    assert heard(mail)[0].text == "Sorry,\na new one & a gift.\nAnn"


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "x-unknown", "utf-16"])
def test_a_wrong_charset_costs_letters_and_not_the_mail(charset: str) -> None:
    raw = reply("KOPF").as_bytes().replace(b'charset="utf-8"', f'charset="{charset}"'.encode())

    [said] = heard(raw.replace(b"KOPF", "Grüße".encode("cp1252")))

    assert said.text


def test_oversized_and_garbled_mails_are_refused() -> None:
    with pytest.raises(HookRefused) as large:
        heard(b"x" * (MOST_BYTES + 1))
    with pytest.raises(HookRefused) as empty:
        heard(b"")

    assert (large.value.status, empty.value.status) == (413, 401)


@given(noise=st.binary(max_size=400), place=st.integers(0, 300))
def test_damaged_mails_are_heard_or_refused_and_nothing_else(noise: bytes, place: int) -> None:
    raw = reply().as_bytes()
    statuses = []
    try:
        heard(raw[:place] + noise + raw[place:])
    except HookRefused as refusal:
        statuses.append(refusal.status)

    assert set(statuses) <= {400, 401}


def test_hostile_words_stay_words(sample_data: Path) -> None:
    for text in hostile_strings(sample_data)[::9]:
        mail: Any = reply(text.encode("utf-8", "replace").decode().replace("\x00", " ") or "x")
        for said in heard(mail.as_bytes()):
            assert said.case == "K7F3QX"


def test_endless_open_tags_end() -> None:
    assert text_of_html("<div>" * 30_000 + "x") == "x"
    assert text_of_html("<blockquote>" * 1000 + "x") == ""
