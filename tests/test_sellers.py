"""The sellers file: every fault one line with its place."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.bootstrap import sellers_faults
from bot.ports import Preparation
from bot.sellers import WrongSellers, parse_sellers, read_sellers
from bot.settings import Settings

INBOXES = {"folder", "email"}

GOOD = """\
sellers:
  acme:
    name: Acme Mugs
    locale: de
    inbox: email
    settings: {to: claims@acme.example}
    photos: {longest_side: 1600, max_bytes: 500000}
    attributes: {plan: gold}
  bolt: {name: Bolt & Co}
support: {name: The shop's people, inbox: folder}
"""


def test_sellers_and_support_are_read() -> None:
    sellers = parse_sellers("sellers.yaml", GOOD, inboxes=INBOXES)

    acme, bolt, support = sellers.profiles
    assert (acme.id, acme.inbox, acme.settings) == ("acme", "email", {"to": "claims@acme.example"})
    assert acme.preparation == Preparation(longest_side=1600, max_bytes=500000)
    assert (bolt.id, bolt.inbox, bolt.locale) == ("bolt", "folder", "en")
    assert support.id == "support"


def test_customers_choose_among_sellers_and_never_support() -> None:
    sellers = parse_sellers("sellers.yaml", GOOD, inboxes=INBOXES)

    assert [seller.id for seller in sellers.known] == ["acme", "bolt"]
    assert sellers.known[0].attributes == {"plan": "gold"}


def test_there_is_always_a_support() -> None:
    sellers = parse_sellers("s.yaml", "sellers: {a: {name: A}}", inboxes=INBOXES)

    assert [profile.id for profile in sellers.profiles] == ["a", "support"]


def test_without_a_file_there_is_one_seller_with_a_folder() -> None:
    sellers = read_sellers(None, inboxes=INBOXES)

    assert [(profile.id, profile.inbox) for profile in sellers.profiles] == [
        ("shop", "folder"),
        ("support", "folder"),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sellers: {}\n", "s.yaml:1:1: at least one seller"),
        ("sellers:\n  acme:\n    nam: Acme\n", "s.yaml:3:5: unknown key 'nam'"),
        (
            "sellers: {a: {name: A}}\ninbox: email\n",
            "s.yaml:2:1: unknown key 'inbox' here: it belongs elsewhere",
        ),
        ("sellers:\n  a:\n", "s.yaml:2:3: 'a' takes keys and values"),
        ("sellers:\n  acme:\n    locale: de\n", "s.yaml:2:3: 'name' is missing"),
        ("sellers:\n  Ac me:\n    name: x\n", "s.yaml:2:3: 'Ac me' does not fit here"),
        (
            "sellers:\n  acme:\n    name: x\n    inbox: fax\n",
            "s.yaml:4:5: there is no inbox 'fax'; there are: email",
        ),
        ("sellers:\n  a:\n    name: x\n    photos: {longest_side: 9}\n", "s.yaml:4:14: 'longest_side'"),
        ("sellers:\n  a:\n    name: x\n  a:\n    name: y\n", "s.yaml:4:3: 'a' stands here twice"),
        ("sellers:\n  a: [\n", "s.yaml:3:1: "),
        ("sellers:\n  a: {name: A, phtos: {}}\n", "s.yaml:2:16: unknown key 'phtos', did you mean 'photos'?"),
        (
            "sellers:\n  a: {name: A, inbox: emial}\n",
            "s.yaml:2:16: there is no inbox 'emial', did you mean 'email'?",
        ),
        ("sellers:\n  support: {name: A}\n", "s.yaml:1:1: 'sellers': no seller is called support"),
        (
            "sellers:\n  a:\n    name: A\n    photos: {names: '{lable}'}\n",
            "s.yaml:4:14: 'names': there is no field 'lable', did you mean 'label'?",
        ),
        (
            "sellers:\n  a:\n    name: A\n    photos: {max_bytes: 400}\n",
            "s.yaml:4:14: 'max_bytes': counts bytes, not kilobytes: 0, or at least 20000",
        ),
        ("sellers:\n  a: {name: A, shots: {x: {Y: maybe}}}\n", "s.yaml:2:28: 'Y': Input should be"),
        ("sellers:\n  a: {name: A, next_step: {en: x}}\n", "s.yaml:2:3: 'a': `next_step` is told when"),
        ("sellers:\n  a: {name: A, next_step: {en: ''}}\n", "s.yaml:2:28: 'en': "),
        ("sellers:\n  a:\n    name: 5\n", "s.yaml:3:5: 'name' is a text: quote it"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(text: str, line: str) -> None:
    with pytest.raises(WrongSellers) as refused:
        parse_sellers("s.yaml", text, inboxes=INBOXES)

    lines = str(refused.value).splitlines()
    assert any(one.startswith(line) for one in lines), lines


def test_a_sellers_file_is_read_from_disk(tmp_path: Path) -> None:
    (tmp_path / "sellers.yaml").write_text(GOOD)

    assert len(read_sellers(tmp_path / "sellers.yaml", inboxes=INBOXES).profiles) == 3


def test_a_seller_s_working_time_and_next_step_are_read() -> None:
    text = """\
sellers:
  acme:
    name: Acme
    answer: {within: 24h, zone: Europe/Berlin, quiet: "20:00-08:00", days: mon-fri}
    next_step: {en: "Open a case in Your Orders.", de: "Öffnen Sie einen Fall unter Meine Bestellungen."}
"""
    sellers = parse_sellers("s.yaml", text, inboxes=INBOXES)

    promptness = sellers.profiles[0].promptness
    assert promptness is not None
    assert (promptness.within, str(promptness.zone)) == (timedelta(hours=24), "Europe/Berlin")
    assert (promptness.quiet, sorted(promptness.days)) == ((time(20), time(8)), [0, 1, 2, 3, 4])
    assert sellers.known[0].answer_within == 86_400
    assert sellers.known[0].next_step["en"] == "Open a case in Your Orders."


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("{zone: UTC}", "'within' is missing"),
        ("{within: 10s}", "between a minute and 90 days"),
        ("{within: 24h, zone: Europe/Berln}", "did you mean 'Europe/Berlin'?"),
        ("{within: 24h, quiet: 25:00-08:00}", "does not fit here"),
        ("{within: 24h, days: mon-sunday}", "does not fit here"),
        ("{within: 80d, quiet: '09:00-08:00'}", "so little working time"),
    ],
)
def test_a_wrong_working_time_is_told_with_its_place(answer: str, said: str) -> None:
    with pytest.raises(WrongSellers) as refusal:
        parse_sellers("s.yaml", f"sellers:\n  a:\n    name: A\n    answer: {answer}\n", inboxes=INBOXES)

    assert said in str(refusal.value)
    assert str(refusal.value).startswith("s.yaml:4:")


@pytest.mark.parametrize(
    ("inbox", "block", "said"),
    [
        ("webhook", "url: 'https://a.example', secrets: whsec_x", ["'secrets' takes a list: [one, two]"]),
        ("webhook", "url: 'https://a.example', secrets: []", ["'secrets' is too short: at least 1"]),
        (
            "webhook",
            "url: 'https://a.example', secrets: [abc]",
            ["'secrets, number 1': is no secret: whsec_ and base64"],
        ),
        (
            "zammad",
            "url: 'https://desk.example/#ticket/view', token: x, group: Users, customer: Claims",
            ["'customer' does not fit here", "'token' is too short: at least 8"],
        ),
        (
            "zammad",
            "url: 'https://desk.example/#ticket/view', token: long enough, group: Users, customer: a@b.example",
            ["url is no address such as https://desk.example: leave out # and what follows"],
        ),
        ("folder", "path: ~/claims", ["'path': only a shell knows what ~ is: write the folder out"]),
    ],
)
def test_a_wrong_setting_of_an_inbox_is_told_in_words_for_operators(
    inbox: str, block: str, said: list[str]
) -> None:
    text = f"sellers:\n  acme:\n    name: Acme\n    inbox: {inbox}\n    settings: {{{block}}}\n"

    faults = sellers_faults(Settings(), "s.yaml", text)

    assert sorted(fault.partition("acme: ")[2] for fault in faults) == said
    assert all(fault.startswith("s.yaml:5:") for fault in faults)
