"""Where mail programs put words and files among the parts of a mail: all of them are found, and nothing else."""

import pytest

from tests.inboxes.test_email_replies import ADDRESS, heard

HEAD = (
    f"From: Ann <ann@acme.example>\nTo: {ADDRESS}\nSubject: Re: x\nMessage-ID: <1@acme>\nMIME-Version: 1.0\n"
)
PDF = "Content-Type: application/pdf; name=label.pdf\nContent-Disposition: inline; filename=label.pdf\nContent-Transfer-Encoding: base64\n\neA==\n"
SIGNATURES = {
    "smime": "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment; filename=smime.p7s\n\nx\n",
    "smime of old": "Content-Type: application/x-pkcs7-signature; name=smime.p7s\n\nx\n",
    "pgp": "Content-Type: application/pgp-signature; name=signature.asc\n\nx\n",
}


def text(words: str, kind: str = "plain") -> str:
    return f"Content-Type: text/{kind}; charset=utf-8\n\n{words}\n"


def parts(kind: str, *parts: str) -> str:
    mark = f"b{len(''.join(parts))}{kind}"
    body = "".join(f"--{mark}\n{part}" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\n\n{body}--{mark}--\n'


def came_in(body: str) -> tuple[str, list[str], int]:
    [said] = heard((HEAD + body).encode())
    return said.text, [file.name for file in said.files], said.left_out


def test_a_file_among_the_paragraphs_of_an_alternative_is_found() -> None:
    rich = parts("mixed", text("<p>Your label:</p>", "html"), PDF, text("<p>Ann</p>", "html"))

    assert came_in(parts("alternative", text("Your label:\n\nAnn"), rich)) == (
        "Your label:\n\nAnn", ["label.pdf"], 0,
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "words"), [("plain", "{}"), ("html", "<p>{}</p>")])
def test_words_go_on_after_a_file_that_stands_between_them(kind: str, words: str) -> None:
    before, after = (text(words.format(said), kind) for said in ("Your label:", "Please print it."))

    said, files, left_out = came_in(parts("mixed", before, PDF, after))

    assert (said.split("\n\n"), files, left_out) == (["Your label:", "Please print it."], ["label.pdf"], 0)


@pytest.mark.parametrize("signature", sorted(SIGNATURES))
def test_a_signed_mail_is_heard_whole_and_its_signature_is_no_file(signature: str) -> None:
    plain = parts("signed", text("Sorry"), SIGNATURES[signature])
    filed = parts("signed", parts("mixed", text("Your label:"), PDF), SIGNATURES[signature])

    assert came_in(plain) == ("Sorry", [], 0)
    assert came_in(filed) == ("Your label:", ["label.pdf"], 0)


def test_other_forms_of_the_same_words_are_no_files() -> None:
    calendar = "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"

    assert came_in(parts("alternative", text("Hello"), text("<b>Hello</b>", "html"), calendar)) == (
        "Hello", [], 0,
    )  # fmt: skip


def test_words_in_a_part_that_has_a_name_are_words_and_a_named_text_after_them_is_a_file() -> None:
    named = "Content-Type: text/plain; name=a.txt\n\n{}\n"

    assert came_in(parts("mixed", named.format("Hello"), named.format("log"))) == ("Hello", ["a.txt"], 0)


def test_a_text_file_and_a_forwarded_mail_are_one_file_each_and_no_words() -> None:
    note = "Content-Type: text/plain; name=note.txt\nContent-Disposition: attachment; filename=note.txt\n\nsecret\n"
    mail = "Content-Type: message/rfc822\n\nSubject: old\nMIME-Version: 1.0\n" + parts(
        "mixed", text("old"), PDF
    )

    said, files, _ = came_in(parts("mixed", text("Hello"), note, mail))

    assert (said, len(files)) == ("Hello", 2)
