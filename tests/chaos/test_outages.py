"""The small form of the outages in `python -m tests.bench inbox`: servers that fail, refuse, or take and then break off."""

from typing import Any

import pytest

from tests.bench import outages

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
