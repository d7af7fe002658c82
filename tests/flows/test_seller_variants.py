"""What a seller wants of shots lies over the flow, and over whatever variants an operator wrote."""

from collections.abc import Mapping

import pytest

from flows.definition import Flow
from flows.loader import Loaded, load
from flows.seller_variants import ShotWish, Wanted
from flows.values import Seller
from flows.yaml_source import Mark
from tests.flows.test_loader import GOOD

GOLD = """\
flow: demo@gold
extends: demo
when: seller.plan == "gold"
change: {steps.photos.shots.Demo_Product.quality.min_side: 1600}
add: {steps.photos.shots: [{label: Demo_Seal, say: {en: "The seal"}}]}
"""


def wish(shots: Mapping[str, Wanted], *, issue: str = "demo", seller: str = "acme") -> ShotWish:
    marked = {label: (wanted, Mark("s.yaml", 9, 7)) for label, wanted in shots.items()}
    return ShotWish(seller=seller, issue=issue, mark=Mark("s.yaml", 8, 5), shots=marked)


def loaded(*wishes: ShotWish, **files: str) -> Loaded:
    return load({"demo.yaml": GOOD, **files}, texts={"en": "a: b\n"}, wishes=wishes)


def flow_of(found: Loaded, seller: str, **attributes: str) -> Flow:
    assert found.catalogue is not None, found.faults
    who = Seller(id=seller, name=seller, attributes=attributes)
    return found.catalogue.resolve("demo", order=None, seller=who, locale="en")


def shots_of(flow: Flow) -> dict[str, bool]:
    return {shot.label: shot.optional for shot in flow.steps["photos"].shots or ()}


def test_a_wish_changes_the_shots_of_its_seller_and_of_nobody_else() -> None:
    found = loaded(wish({"Demo_Product": "optional", "Demo_Parts": "never"}))

    assert shots_of(flow_of(found, "acme")) == {"Demo_Product": True}
    assert shots_of(flow_of(found, "bolt")) == {"Demo_Product": False, "Demo_Parts": False}


def test_a_wish_lies_over_an_operators_variant_too() -> None:
    found = loaded(wish({"Demo_Seal": "optional", "Demo_Parts": "never"}), **{"gold.yaml": GOLD})

    gold = flow_of(found, "acme", plan="gold")

    assert shots_of(gold) == {"Demo_Product": False, "Demo_Seal": True}
    assert gold.steps["photos"].shots is not None
    assert gold.steps["photos"].shots[0].quality.min_side is not None
    assert gold.steps["photos"].shots[0].quality.min_side.at == 1600
    assert shots_of(flow_of(found, "acme")) == {"Demo_Product": False}
    assert "Demo_Parts" in shots_of(flow_of(found, "bolt", plan="gold"))


def test_the_variant_that_would_have_won_wins_with_the_wish() -> None:
    better = GOLD.replace("demo@gold", "demo@urgent").replace("1600", "2000") + "priority: 1\n"
    found = loaded(wish({"Demo_Parts": "never"}), **{"gold.yaml": GOLD, "urgent.yaml": better})

    flow = flow_of(found, "acme", plan="gold")

    assert flow.flow == "demo@urgent+acme"
    assert "Demo_Parts" not in shots_of(flow)


@pytest.mark.parametrize(
    ("wished", "fault"),
    [
        (wish({"Demo_Prodct": "required"}), "s.yaml:9:7: there is no shot 'Demo_Prodct' in 'demo', did you mean 'Demo_Product'?"),
        (wish({"Other": "required"}), "s.yaml:9:7: there is no shot 'Other' in 'demo'; there are: Demo_Product, Demo_Parts"),
        (wish({}, issue="dmo"), "s.yaml:8:5: there is no issue 'dmo', did you mean 'demo'?"),
        (wish({"Demo_Product": "never", "Demo_Parts": "never"}), "s.yaml:8:5: 'photos' asks for no shot"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_a_fault_where_the_seller_says_it(wished: ShotWish, fault: str) -> None:
    found = loaded(wished)

    assert found.catalogue is None
    assert [str(one) for one in found.faults] == [fault]


def test_no_file_takes_the_name_of_such_a_variant() -> None:
    found = loaded(**{"gold.yaml": GOLD.replace("demo@gold", "demo@+acme")})

    assert "gold.yaml:1:1: a name holds no '+'" in [str(one) for one in found.faults]
