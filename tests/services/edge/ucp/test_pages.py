"""Pages of stores stay whole while stores and stock change between the calls that make them."""

from types import SimpleNamespace
from typing import Any

import pytest

from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services.chassis.errors import Unavailable
from services.edge.ucp.pages import Pages
from services.edge.ucp.stocked import Stocked

SEARCH = stores_pb2.SearchStoresRequest(query="x")


class Stores:
    """A stores service of some names; `changes` are made before the call of that number."""

    def __init__(self, names: list[str], changes: dict[int, list[str]] | None = None) -> None:
        self.names = names
        self.changes = changes or {}
        self.calls = 0

    async def SearchStores(  # noqa: N802 named by the contract
        self, request: stores_pb2.SearchStoresRequest
    ) -> stores_pb2.SearchStoresResponse:
        self.names = self.changes.get(self.calls, self.names)
        self.calls += 1
        after = [name for name in sorted(self.names) if name > request.page_token]
        page = after[: request.page_size]
        matches = [stores_pb2.StoreMatch(store=stores_pb2.Store(name=name)) for name in page]
        token = page[-1] if len(page) < len(after) else ""
        return stores_pb2.SearchStoresResponse(matches=matches, next_page_token=token)


async def even(names: Any) -> set[str]:
    return {name for name in names if int(name[1:]) % 2 == 0}


async def all_pages(stores: Stores, size: int, chunk: int) -> list[list[str]]:
    pages, token = [], ""
    finder = Pages(SimpleNamespace(stores=stores))
    while True:
        page = await finder.matching(SEARCH, token, size, even, chunk)
        pages.append(page.stores)
        if page.next_token is None:
            return pages
        token = page.next_token


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
async def test_each_page_is_full_while_there_is_more(size, chunk):
    wanted = [f"s{number:02}" for number in range(0, 20, 2)]
    pages = await all_pages(Stores([f"s{number:02}" for number in range(20)]), size, chunk)

    assert [wanted[start : start + size] for start in range(0, len(wanted), size)] == pages


async def test_no_match_is_one_empty_page():
    assert [[]] == await all_pages(Stores(["s01", "s03"]), 5, 1)


@pytest.mark.parametrize("added", [["s00"], ["s03"], ["s05", "s07"], ["s20"]])
async def test_stores_added_before_the_token_is_found_repeat_and_skip_none(added):
    """The first call finds the page; the second, which finds its token, sees the added ones."""
    names = ["s02", "s04", "s06", "s08"]
    pages = await all_pages(Stores(names, {1: names + added}), 2, 10)

    assert ["s02", "s04", "s06", "s08"] == [s for page in pages for s in page if s in names]


async def test_a_store_deleted_before_the_token_is_found_hides_no_other():
    names = ["s01", "s02", "s04", "s06", "s08"]
    pages = await all_pages(Stores(names, {1: names[1:]}), 2, 10)

    assert [["s02", "s04"], ["s06", "s08"]] == pages


async def test_stock_that_cannot_be_read_is_an_error_and_not_an_empty_shelf():
    async def unread(_: object) -> stock_pb2.BatchGetStockLevelsResponse:
        return stock_pb2.BatchGetStockLevelsResponse(unreachable=["stock"])

    stock = SimpleNamespace(stock=SimpleNamespace(BatchGetStockLevels=unread))
    with pytest.raises(Unavailable):
        await Stocked(stock).holding(["stores/t-forum"], ["products/milk"])
