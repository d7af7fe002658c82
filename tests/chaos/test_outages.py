"""The small forms of `python -m tests.chaos outage` and of `python -m tests.bench inbox`: servers that are down, or fail."""

from typing import Any

import pytest

from tests.bench import outages
from tests.chaos.outage import outage

BUNDLES = 30


def assert_while_it_fails(found: dict[str, Any]) -> None:
    assert found["attempts"].keys() == {"5xx", "429", "broken", "taken"}
    assert (found["delivered"], found["given_up"], found["keys"]) == (BUNDLES, 0, BUNDLES)
    assert found["ok"]


async def test_a_webhook_while_it_fails_gets_every_bundle_under_its_key() -> None:
    found = await outages.webhook(BUNDLES)

    assert_while_it_fails(found)
    assert found["arrivals"] == BUNDLES + found["attempts"]["broken"]


@pytest.mark.mail
async def test_a_mail_server_while_it_fails_gets_repeats_that_can_be_told_by_their_message_id() -> None:
    found = await outages.mail(BUNDLES)

    assert_while_it_fails(found)
    assert found["repeats"] == found["attempts"]["broken"] > 0


@pytest.mark.parametrize("kind", sorted(outages.DESKS))
async def test_a_help_desk_while_it_fails_has_every_case_once(kind: str) -> None:
    found = await outages.desk(kind, BUNDLES)

    assert_while_it_fails(found)
    assert found["arrivals"] == BUNDLES


@pytest.mark.parametrize("kind", ["webhook", pytest.param("mail", marks=pytest.mark.mail)])
async def test_what_a_server_misses_in_a_day_it_gets_within_the_hour_after_once(kind: str) -> None:
    report = await outage(kind, bundles=6)

    assert report["wrong_at"] == []
    assert (report["delivered_while_down"], report["delivered"]) == (0, 6)
    assert (report["lost"], report["doubled"]) == (0, 0)
    assert report["attempts_while_down"] > 24
    assert report["customers_told"] == 6
