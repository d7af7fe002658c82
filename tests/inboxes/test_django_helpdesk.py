"""A real django-helpdesk: what it took before it failed, words that look like templates, and agents who are heard."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.inboxes.django_helpdesk.adapter import DjangoHelpdeskInbox
from bot.inboxes.django_helpdesk.wire import is_fresh, literal, nudged_by, trial_call
from bot.ports import Call, Heard, HookRefused, PermanentFailure, TransientFailure
from bot.web.hooks import hook_routes
from flows.effects import ForwardText
from flows.values import Seller
from tests.inboxes.django_helpdesk_server import (
    HOOK_TOKEN,
    HelpdeskOffice,
    HelpdeskSite,
    helpdesk_office,
    settings_for,
)
from tests.inboxes.parcels import parcel_with
from tests.inboxes.test_email import hostile_strings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WAIT = 20.0  # seconds at most


@pytest.fixture
async def office(helpdesk_site: HelpdeskSite) -> AsyncIterator[HelpdeskOffice]:
    async with helpdesk_office(helpdesk_site) as office:
        yield office


def note(text: str, *, number: int = 1, thread: str = "") -> ForwardText:
    return ForwardText(
        case="K7F3QX", number=number, text=text, seller=Seller(id="acme", name="Acme"), subject="Mug",
        customer_name="Anna", locale="en", thread=thread,
    )  # fmt: skip


# -- delivering ------------------------------------------------------------------------------------------------


async def test_what_was_taken_before_an_error_is_not_made_again(office: HelpdeskOffice) -> None:
    for number in (1, 2):
        for _ in range(2):
            office.fail_after_the_next_change()
            with contextlib.suppress(TransientFailure):
                await office.inbox.deliver(parcel_with(number=number), idempotency_key=f"K7F3QX.{number}")
        await office.inbox.deliver(parcel_with(number=number), idempotency_key=f"K7F3QX.{number}")

    assert len(office.site.rows("SELECT id FROM helpdesk_ticket")) == 1
    assert [len(one.photos) for one in office.arrived()] == [2, 2]
    assert len(office.site.rows("SELECT id FROM helpdesk_followupattachment")) == 4


async def test_a_ticket_that_was_done_opens_again_and_keeps_its_title(office: HelpdeskOffice) -> None:
    receipt = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
    before = office.site.rows("SELECT title FROM helpdesk_ticket")
    office.site.rows("UPDATE helpdesk_ticket SET status = 4")

    await office.inbox.forward(
        note("It was a gift", thread=receipt.reference), idempotency_key="K7F3QX.note.1"
    )

    assert office.site.rows("SELECT title FROM helpdesk_ticket") == before
    assert office.site.rows("SELECT status FROM helpdesk_ticket") == [{"status": 2}]


async def test_words_that_look_like_a_template_are_words(office: HelpdeskOffice, sample_data: Path) -> None:
    traps = "{{ ticket.secret_key }} {% endverbatim %} %} {% load x %} {# no #} {{{{%}}}} X-HELPDESK-COMMENT-VERBATIM"
    text = "\n".join([traps, *hostile_strings(sample_data)])[:60_000]
    [receipt] = [await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")]

    for number, words in ((1, traps), (2, text)):
        await office.inbox.forward(
            note(words, number=number, thread=receipt.reference), idempotency_key=f"K7F3QX.note.{number}"
        )

    secret = office.site.rows("SELECT secret_key FROM helpdesk_ticket")[0]["secret_key"]
    kept = [one.words for one in office.arrived() if "note" in one.key]
    assert "{ { ticket.secret_key }} { % endverbatim % } % }" in kept[0]
    assert len(kept) == 2
    assert secret not in "".join(kept)


def test_braces_without_a_meaning_stay() -> None:
    assert literal("{a} 100 % {} }} } {") == "{a} 100 % {} }} } {"


async def test_the_check_names_what_is_wrong(office: HelpdeskOffice) -> None:
    for wrong, said in (
        ({"queue": 77}, "no queue 77"), ({"token": "token-of-visitor"}, "answers 403"),
        ({"token": "canary-token"}, "answers 401"),
    ):  # fmt: skip
        inbox = DjangoHelpdeskInbox(settings_for(office.site, **wrong))
        with pytest.raises(PermanentFailure) as failure:
            await inbox.check()
        await inbox.aclose()

        assert said in str(failure.value)
        assert "canary" not in str(failure.value)
    assert office.arrived() == []


# -- hearing ---------------------------------------------------------------------------------------------------


async def written(office: HelpdeskOffice, ticket: str, comment: str, **more: Any) -> None:
    """Let an agent write a follow-up."""
    body = {"ticket": ticket, "comment": comment, "public": True, **more}
    headers = {"Authorization": "Token token-of-agent"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{office.site.url}/api/followups/", json=body) as answer,
    ):
        assert answer.status == 201, await answer.text()


@contextlib.asynccontextmanager
async def listened(inbox: DjangoHelpdeskInbox) -> AsyncIterator[Callable[[int], Any]]:
    """Listen, and answer a function that waits until so much was heard."""
    heard: list[Heard] = []
    more = asyncio.Condition()

    async def tell(one: Heard) -> None:
        async with more:
            heard.append(one)
            more.notify_all()

    async def until(count: int) -> list[Heard]:
        async with asyncio.timeout(WAIT), more:
            await more.wait_for(lambda: len(heard) >= count)
        return heard

    task = asyncio.create_task(inbox.listen(tell))
    yield until
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_agent_s_answer_is_heard_when_the_webhook_says_so(office: HelpdeskOffice) -> None:
    inbox = DjangoHelpdeskInbox(settings_for(office.site, poll=3600))
    site = web.Application()
    site.add_routes(
        hook_routes(inboxes={"acme": inbox}, ears=lambda _seller: _ignore, now=lambda: datetime.now(UTC))
    )
    receipt = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
    async with TestServer(site) as server, listened(inbox) as until:
        address = server.make_url("/hooks/acme").update_query(token=HOOK_TOKEN)
        (office.site.folder / "hooks").write_text(str(address))

        await written(office, receipt.reference, "Sorry, a new one is on its way")
        first = list(await until(1))
        await written(office, receipt.reference, "between us", public=False)
        await written(office, receipt.reference, "/photo the base")
        await written(office, receipt.reference, "All done", new_status=3)
        heard = await until(4)
    await inbox.aclose()

    assert [(one.kind, one.case, one.text) for one in first] == [
        ("answer", "K7F3QX", "Sorry, a new one is on its way")
    ]
    assert [(one.kind, one.text) for one in heard[1:]] == [
        ("photo", "the base"), ("answer", "All done"), ("settled", ""),
    ]  # fmt: skip
    assert len({one.key for one in heard}) == 4


async def test_an_agent_is_heard_under_another_title_too(office: HelpdeskOffice) -> None:
    inbox = DjangoHelpdeskInbox(settings_for(office.site, poll=1))
    receipt = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
    office.site.rows("UPDATE helpdesk_ticket SET title = 'Mug, to be replaced'")
    async with listened(inbox) as until:
        await written(office, receipt.reference, "Sorry")
        [heard] = await until(1)
    await inbox.aclose()

    assert (heard.case, heard.text) == ("K7F3QX", "Sorry")


async def _ignore(_heard: Heard) -> None:
    return None


async def test_without_a_webhook_the_help_desk_is_asked_and_after_a_failure_again(
    office: HelpdeskOffice,
) -> None:
    inbox = DjangoHelpdeskInbox(settings_for(office.site, poll=1))
    receipt = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
    await written(office, receipt.reference, "before we listened")
    async with listened(inbox) as until:
        await until(1)
        await written(office, receipt.reference, "while we listened")
        heard = await until(2)
    office.break_down()
    with pytest.raises(TransientFailure):
        await inbox.listen(_ignore)
    await inbox.aclose()

    assert [one.text for one in heard] == ["before we listened", "while we listened"]


async def test_what_could_not_be_kept_is_told_again(office: HelpdeskOffice) -> None:
    inbox = DjangoHelpdeskInbox(settings_for(office.site, poll=3600))
    receipt = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
    await written(office, receipt.reference, "one")

    async def refuse(_heard: Heard) -> None:
        raise TransientFailure("the store is away")

    with pytest.raises(TransientFailure):
        await inbox.listen(refuse)
    async with listened(inbox) as until:
        heard = await until(1)
    await inbox.aclose()

    assert [one.text for one in heard] == ["one"]


def test_follow_ups_older_than_what_is_remembered_are_never_told_twice() -> None:
    aged = {"id": 7, "date": (NOW - timedelta(days=6, seconds=1)).isoformat()}
    young = {"id": 7, "date": (NOW - timedelta(days=5)).isoformat()}

    assert not is_fresh(aged, done=(), now=NOW)
    assert is_fresh(young, done=(), now=NOW)
    assert not is_fresh(young, done={7}, now=NOW)


GOOD = {"ticket": {"id": 1, "title": "[K7F3QX] Mug"}, "queue_slug": "claims", "followup_id": 9}


def hook(body: bytes, token: str = HOOK_TOKEN) -> Call:
    return Call(headers={}, query={"token": token}, body=body)


def test_a_call_wakes_only_for_a_follow_up_of_a_case_of_ours() -> None:
    strange = {**GOOD, "ticket": {"id": 1, "title": "Printer [K7F3QX]"}}
    told = (GOOD, strange, {"ticket": GOOD["ticket"]})

    assert [nudged_by(hook(orjson.dumps(one)), token=HOOK_TOKEN) for one in told] == [True, False, False]


def test_the_doctor_s_trial_is_taken_and_wakes_nobody() -> None:
    assert nudged_by(trial_call(token=HOOK_TOKEN), token=HOOK_TOKEN) is False


@pytest.mark.parametrize(
    ("body", "offered", "token", "status"),
    [
        (orjson.dumps(GOOD), "guess", HOOK_TOKEN, 401),
        (orjson.dumps(GOOD), "", "", 401),
        (orjson.dumps(GOOD), "€\ud800", HOOK_TOKEN, 401),
        (b"\xff{", "guess", HOOK_TOKEN, 401),
        (b"\xff{", HOOK_TOKEN, HOOK_TOKEN, 400),
        (b"[]", HOOK_TOKEN, HOOK_TOKEN, 400),
        (b"null", HOOK_TOKEN, HOOK_TOKEN, 400),
        (b'{"ticket": 5}', HOOK_TOKEN, HOOK_TOKEN, 400),
        (orjson.dumps({**GOOD, "followup_id": "1 OR 1"}), HOOK_TOKEN, HOOK_TOKEN, 400),
        (orjson.dumps({**GOOD, "followup_id": True}), HOOK_TOKEN, HOOK_TOKEN, 400),
    ],
)
def test_forged_and_garbled_calls_are_refused(body: bytes, offered: str, token: str, status: int) -> None:
    with pytest.raises(HookRefused) as refusal:
        nudged_by(hook(body, offered), token=token)

    assert refusal.value.status == status
    assert "guess" not in refusal.value.reason
