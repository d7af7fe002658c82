"""What every seller's inbox promises, proven on each of them; see bot.ports.SellerInbox."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.bootstrap import INBOXES
from bot.ports import (
    TRIAL_CASE,
    PermanentFailure,
    SellerProfile,
    TakesTrials,
    TransientFailure,
)
from bot.testing.fakes import FakeJudge, picture
from bot.trials import trial_parcel
from flows.effects import ForwardText
from flows.values import Item, MissingShot, Order, Seller
from tests.inboxes.arrivals import Office
from tests.inboxes.django_helpdesk_server import HelpdeskSite
from tests.inboxes.offices import linked, office_of
from tests.inboxes.parcels import parcel_with
from tests.inboxes.test_email import hostile_strings
from tests.mail_server import Mailbox

pytestmark = pytest.mark.mail
ACME = SellerProfile(id="acme", name="Acme")


BY_HAND = frozenset({"marketplace"})
"""Inboxes that reach nobody by themselves: nothing of theirs can break down."""


@pytest.fixture(params=sorted(INBOXES))
async def office(
    request: pytest.FixtureRequest, tmp_path: Path, mail_server: Callable[[], Mailbox]
) -> AsyncIterator[Office]:
    def helpdesk_site() -> HelpdeskSite:
        site: HelpdeskSite = request.getfixturevalue("helpdesk_site")  # seconds, for those alone who need it
        return site

    async with office_of(
        request.param, folder=tmp_path, mail_server=mail_server, helpdesk_site=helpdesk_site
    ) as office:
        yield office


def note(text: str = "It was a gift", *, case: str = "K7F3QX", number: int = 1) -> ForwardText:
    return ForwardText(
        case=case, number=number, text=text, seller=Seller(id="acme", name="Acme"), subject="Mug",
        customer_name="Anna", locale="en",
    )  # fmt: skip


async def test_a_bundle_arrives_with_its_labelled_photos_and_its_message(office: Office) -> None:
    parcel = linked(parcel_with())

    receipt = await office.inbox.deliver(parcel, idempotency_key="K7F3QX.1")

    [arrived] = office.arrived()
    assert arrived.case == "K7F3QX"
    assert list(arrived.photos.items()) == [(file.name, file.sha256) for file in parcel.files]
    assert "my mug broke" in arrived.words
    assert receipt.place


async def test_the_same_key_is_one_delivery_or_can_be_told_as_a_repeat(office: Office) -> None:
    for _ in range(3):
        await office.inbox.deliver(linked(parcel_with()), idempotency_key="K7F3QX.1")
        await office.inbox.forward(note(), idempotency_key="K7F3QX.note.1")

    assert len({arrived.key for arrived in office.arrived()}) == 2
    assert len({arrived.key: arrived for arrived in office.arrived() if arrived.photos}) == 1


async def test_an_addition_and_a_note_come_in_the_same_case(office: Office) -> None:
    await office.inbox.deliver(linked(parcel_with()), idempotency_key="K7F3QX.1")
    more = linked(parcel_with(number=2, labels=("MorePhotos_1",), message=""))

    await office.inbox.deliver(more, idempotency_key="K7F3QX.2")
    await office.inbox.forward(note("It was a gift"), idempotency_key="K7F3QX.note.1")

    arrived = office.arrived()
    assert {one.case for one in arrived} == {"K7F3QX"}
    assert len({one.key for one in arrived}) == 3
    assert any(list(one.photos) == ["MorePhotos_1.jpg"] for one in arrived)
    assert any("It was a gift" in one.words for one in arrived)


async def test_a_case_without_photos_arrives_too(office: Office) -> None:
    await office.inbox.deliver(linked(parcel_with(labels=())), idempotency_key="K7F3QX.1")

    [arrived] = office.arrived()
    assert (arrived.photos, "my mug broke" in arrived.words) == ({}, True)


@pytest.mark.parametrize("office", sorted(set(INBOXES) - BY_HAND), indirect=True)
async def test_what_breaks_down_is_worth_another_attempt_and_gets_it_whole(office: Office) -> None:
    office.break_down()
    for _ in range(2):
        with pytest.raises(TransientFailure):
            await office.inbox.deliver(linked(parcel_with()), idempotency_key="K7F3QX.1")
    with pytest.raises(TransientFailure):
        await office.inbox.forward(note(), idempotency_key="K7F3QX.note.1")
    office.mend()

    await office.inbox.deliver(linked(parcel_with()), idempotency_key="K7F3QX.1")

    assert [len(arrived.photos) for arrived in office.arrived()] == [2]


async def test_the_check_says_what_it_saw_and_delivers_no_case(office: Office) -> None:
    said = await office.inbox.check()

    assert said
    assert "\n" not in said
    assert office.arrived() == []


async def test_a_test_bundle_says_that_it_is_one_and_leaves_no_case(office: Office) -> None:
    if not isinstance(office.inbox, TakesTrials):
        assert (
            await office.inbox.check()
        )  # a help desk keeps what it is given: it is signed in to, and no more
        return
    trial = await trial_parcel(ACME, picture(), judge=FakeJudge())

    said = await office.inbox.attempt(trial)
    again = await office.inbox.attempt(trial)

    assert "\n" not in said + again
    assert {one.case for one in office.arrived()} <= {TRIAL_CASE}
    assert all("This is a test by Clearshot" in one.words for one in office.arrived())
    office.break_down()
    with pytest.raises((TransientFailure, PermanentFailure)):
        await office.inbox.attempt(trial)


async def test_many_cases_at_once_arrive_each_for_itself(office: Office) -> None:
    cases = [f"K7F3Q{letter}" for letter in "ABCDEFGHJK"]
    parcels = [linked(parcel_with(case=case, message=f"Hello from {case}")) for case in cases]

    await asyncio.gather(
        *(
            office.inbox.deliver(parcel, idempotency_key=f"{parcel.bundle.case}.1")
            for parcel in parcels
        )
    )  # fmt: skip

    arrived = {one.case: one for one in office.arrived()}
    assert sorted(arrived) == cases
    assert all(f"Hello from {case}" in one.words and len(one.photos) == 2 for case, one in arrived.items())


async def test_hostile_words_in_every_field_are_delivered_or_refused_and_nothing_else(
    office: Office, sample_data: Path
) -> None:
    strings = hostile_strings(sample_data)[:: getattr(office, "stride", 7)]
    delivered = 0
    for n, text in enumerate(strings):
        case = f"H{n:05}"
        parcel = linked(
            parcel_with(
                case=case, message=text, summary=text, customer_name=text, issue_title=text,
                order=Order(number=text, seller="acme", items=(Item(title=text),)), item=Item(title=text, sku=text),
                seller=Seller(id="acme", name=text), missing=(MissingShot(label="X", title=text, reason=text),),
                answers=((text, text),),
            )
        )  # fmt: skip
        files = tuple(replace(file, title=text) for file in parcel.files)
        try:
            await office.inbox.deliver(replace(parcel, files=files), idempotency_key=f"{case}.1")
            await office.inbox.forward(note(text, case=case), idempotency_key=f"{case}.note.1")
        except PermanentFailure:
            continue
        delivered += 1

    names = [file.name for file in parcel_with().files]
    assert delivered > 0.9 * len(strings)
    assert {tuple(one.photos) for one in office.arrived() if one.photos} == {tuple(names)}
    assert {one.case for one in office.arrived()} <= {f"H{n:05}" for n in range(len(strings))}
