"""Lists of stock that change between two pages: no row comes twice, none is left out."""

from typing import Any

import pytest
from google.protobuf.message import Message

from enrayon.stock.v1 import stock_pb2 as pb
from services.chassis.keyring import Key, Keyring
from services.chassis.messages.paging import PageTokens
from tests.support.refusals import refusal
from tests.support.stock import BREAD, FORUM, KAMPPI, MILK, SHEARS, basket, state

TOKENS = PageTokens(Keyring([Key(1, bytes(32))]))
"""By the key of the tests' server."""


async def add(stock: Any, sku: str, name: str) -> None:
    product = pb.Product(name=f"products/{sku}", display_name=name)
    await stock.UpsertProducts(iter([pb.UpsertProductsRequest(products=[product])]))


async def seek(stock: Any, sku: str) -> None:
    """Search in vain."""
    await stock.FindNearestAvailability(
        pb.FindNearestAvailabilityRequest(origin=KAMPPI, items=basket(**{sku: 1}))
    )


async def test_a_product_that_comes_first_does_not_repeat_another(stock):
    request = pb.SearchProductsRequest(page_size=2)
    first = await stock.SearchProducts(request)
    await add(stock, "apple", "Apple")
    request.page_token = first.next_page_token
    second = await stock.SearchProducts(request)

    told = [product.name for page in (first, second) for product in page.products]
    assert [BREAD, MILK, SHEARS] == told


async def test_a_product_that_goes_does_not_leave_out_another(stock):
    request = pb.SearchProductsRequest(page_size=1)
    first = await stock.SearchProducts(request)
    await stock.DeleteProduct(pb.DeleteProductRequest(name=BREAD))
    request.page_token = first.next_page_token
    second = await stock.SearchProducts(request)

    assert [BREAD, MILK] == [p.name for page in (first, second) for p in page.products]


async def test_a_better_match_that_comes_between_two_pages_repeats_no_other(stock):
    await add(stock, "goat", "Goat milk")
    await add(stock, "oat", "Barista oat milk")
    request = pb.SearchProductsRequest(query="milk", page_size=2)
    first = await stock.SearchProducts(request)
    await add(stock, "best", "Milk")
    # Words that are common are worth less to BM25, so that these would change every rank.
    for number in range(20):
        await add(stock, f"more-{number:02}", f"Long name with milk, number {number}")
    request.page_token = first.next_page_token
    request.page_size = 100
    second = await stock.SearchProducts(request)

    told = [p.name for page in (first, second) for p in page.products]
    assert [MILK, "products/goat", "products/oat"] == told[:3]
    assert len(set(told)) == len(told)
    assert {f"products/more-{number:02}" for number in range(20)} <= set(told)


async def test_a_product_that_comes_between_two_pages_repeats_no_level(stock):
    await state(stock, FORUM, milk=1, bread=2, shears=3)
    request = pb.ListStockLevelsRequest(parent=FORUM, page_size=2)
    first = await stock.ListStockLevels(request)
    await add(stock, "apple", "Apple")
    request.page_token = first.next_page_token
    second = await stock.ListStockLevels(request)

    assert [BREAD, MILK, SHEARS] == [lv.product for page in (first, second) for lv in page.levels]


async def test_a_search_in_vain_between_two_pages_repeats_no_demand(stock):
    await seek(stock, "milk")
    await seek(stock, "shears")
    request = pb.ListUnmetDemandRequest(page_size=1)
    first = await stock.ListUnmetDemand(request)
    await seek(stock, "bread")
    request.page_token = first.next_page_token
    second = await stock.ListUnmetDemand(request)

    assert [MILK, SHEARS] == [d.product for page in (first, second) for d in page.demands]


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("SearchProducts", pb.SearchProductsRequest(page_size=1)),
        ("ListStockLevels", pb.ListStockLevelsRequest(parent=FORUM, page_size=1)),
        ("ListUnmetDemand", pb.ListUnmetDemandRequest(page_size=1)),
    ],
)
async def test_a_token_that_is_an_offset_is_refused(stock, method: str, request_: Message):
    await seek(stock, "milk")
    asked: Any = type(request_).FromString(request_.SerializeToString())
    asked.page_token = TOKENS.encode(request_, [1])
    code, reason, fields = await refusal(getattr(stock, method)(asked))
    assert ("INVALID_ARGUMENT", "INVALID_ARGUMENT", ["page_token"]) == (code.name, reason, fields)
