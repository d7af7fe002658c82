"""The small form of the storm in `python -m tests.bench inbox`: servers that fail, refuse, or take and then break off."""

from typing import Any

import pytest

from tests.bench import storm

BUNDLES = 30


def assert_in_a_storm(found: dict[str, Any]) -> None:
    assert found["attempts"].keys() == {"5xx", "429", "broken", "taken"}
    assert (found["delivered"], found["given_up"], found["keys"]) == (BUNDLES, 0, BUNDLES)
    assert found["ok"]


async def test_a_webhook_in_a_storm_gets_every_bundle_under_its_key() -> None:
    found = await storm.webhook(BUNDLES)

    assert_in_a_storm(found)
    assert found["arrivals"] == BUNDLES + found["attempts"]["broken"]


@pytest.mark.mail
async def test_a_mail_server_in_a_storm_gets_repeats_that_can_be_told_by_their_message_id() -> None:
    found = await storm.mail(BUNDLES)

    assert_in_a_storm(found)
    assert found["repeats"] == found["attempts"]["broken"] > 0


@pytest.mark.parametrize("kind", sorted(storm.DESKS))
async def test_a_help_desk_in_a_storm_has_every_case_once(kind: str) -> None:
    found = await storm.desk(kind, BUNDLES)

    assert_in_a_storm(found)
    assert found["arrivals"] == BUNDLES
