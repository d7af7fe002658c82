"""The shipped catalogue, and a chat to rehearse on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.catalogue import Catalogue
from flows.loader import load
from flows.values import Item, Order, Seller
from flows.workbench.rehearsal import Rehearsal

ROOT = Path(__file__).resolve().parents[2] / "flows"
ACME = Seller(id="acme", name="Acme Outdoor", locale="en")
LUMEN = Seller(id="lumen", name="Lumen Leuchten", locale="de")
MUG = Order(number="A-17", seller="acme", items=(Item(title="Camping mug"),), verified=True)
TENT = Order(
    number="A-18", seller="acme", items=(Item(title="Tent"), Item(title="Pegs", quantity=10)), verified=True
)


def shipped_files() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "shipped").glob("*.yaml")}


def shipped_texts() -> dict[str, str]:
    return {
        code: (ROOT / "texts" / f"{code}.yaml").read_text(encoding="utf-8") for code in ("en", "de", "es")
    }


def shipped_drawings() -> frozenset[str]:
    return frozenset(path.stem for path in (ROOT / "shipped" / "examples").glob("*.png"))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    loaded = load(shipped_files(), texts=shipped_texts(), sellers=[ACME, LUMEN], drawings=shipped_drawings())
    assert loaded.faults == ()
    assert loaded.catalogue is not None
    return loaded.catalogue


@pytest.fixture
def chat(catalogue: Catalogue) -> Callable[..., Rehearsal]:
    def begin(**given: Any) -> Rehearsal:
        return Rehearsal(catalogue, **{"known": (MUG,), **given})

    return begin
