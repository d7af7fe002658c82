"""A search goes through a list so many cases at a time, on every engine: each page says where the next begins."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from storage.open import open_storage
from storage.seller_ports import CaseFilter, CasePage
from storage.sql.seller_cases import SqlSellerCases
from tests.bench.full_inbox import code_of, fill
from tests.web.cases import ACME, BOLT, Cases, catalogue_of

COUNT, SEARCHED = 35, 10


async def pages_of(found: SqlSellerCases, **chosen: str) -> list[CasePage]:
    """Follow the pages to the last."""
    pages = [await found.page("acme", chosen=CaseFilter(view="all", **chosen), limit=4)]
    while pages[-1].next:
        chosen_again = CaseFilter(view="all", **chosen)
        pages.append(await found.page("acme", chosen=chosen_again, after=pages[-1].next, limit=4))
    return pages


@pytest.fixture
async def found(store_url: str) -> AsyncIterator[SqlSellerCases]:
    storage = open_storage(store_url, owner="one", now=lambda: datetime.now(UTC))
    await storage.upgrade()
    cases = Cases(storage=storage, catalogue=catalogue_of(ACME, BOLT))
    await storage.open(cases.step)
    await fill(cases, COUNT)
    yield SqlSellerCases(storage._database, searched=SEARCHED)
    await storage.close()


async def test_what_lies_far_back_is_found_by_going_on(found: SqlSellerCases) -> None:
    pages = await pages_of(found, text="customer33")

    assert [[row.case for row in page.rows] for page in pages] == [[], [], [], [code_of(33)]]


async def test_many_that_fit_come_each_once_in_the_list_s_order(found: SqlSellerCases) -> None:
    pages = await pages_of(found, text="mug")

    cases = [row.case for page in pages for row in page.rows]
    whole = [row.case for page in await pages_of(found) for row in page.rows]
    assert cases == whole
    assert len(set(cases)) == COUNT + 1
    assert max(len(page.rows) for page in pages) == 4


async def test_what_is_nowhere_comes_to_an_end(found: SqlSellerCases) -> None:
    pages = await pages_of(found, text="nothing-like-it")

    assert [len(page.rows) for page in pages] == [0, 0, 0, 0]
