"""UCP's filter of items finds the locations with all of them, by REST and MCP."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from mcp import Client as Agent

from enrayon.stock.v1 import stock_pb2
from services.client import Client
from services.directory.parts import Parts
from tests.support.edge_app import running
from tests.support.stock import FORUM, PRODUCTS, STOCKMANN, state
from tests.support.ucp import check_answer, check_error, check_request

TURKU = "stores/t-turku"
META = {"ucp-agent": {"profile": "https://agent.example/profile"}}

Search = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="module")
async def shops(lasting_parts: Parts) -> AsyncIterator[str]:
    """Milk at Stockmann and Forum, bread at Stockmann; in Turku shears that come in a week.

    Forum hands goods over by locker alone: an item is there whatever the way of fulfilment.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
        async with running(lasting_parts) as (url, address):
            async with Client(address) as enrayon:
                await stocked(enrayon)
            yield url


async def stocked(enrayon: Client) -> None:
    """Write the products, the levels and the policy."""
    products = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
    await enrayon.stock.UpsertProducts(iter([products]))
    await state(enrayon.stock, STOCKMANN, milk=5, bread=3, shears=0)
    await state(enrayon.stock, FORUM, milk=1, bread=0)
    policy = stock_pb2.StockPolicy(
        name=f"{FORUM}/stockPolicy", pickup_methods=[stock_pb2.PICKUP_METHOD_LOCKER]
    )
    request = stock_pb2.UpdateStockPolicyRequest(stock_policy=policy)
    await enrayon.stock.UpdateStockPolicy(request)
    await enrayon.stock.SetStockLevels(iter([shears_to_come()]))


def shears_to_come() -> stock_pb2.SetStockLevelsRequest:
    day = dt.datetime.now(dt.UTC) + dt.timedelta(days=7)
    date = {"year": day.year, "month": day.month, "day": day.day}
    coming = stock_pb2.FutureStock(date=date, quantity=4)
    level = stock_pb2.StockLevelInput(
        product="products/shears",
        on_hand=0,
        futures=[coming],
        sell_policy=stock_pb2.SELL_POLICY_BACK_ORDER,
    )
    return stock_pb2.SetStockLevelsRequest(store=TURKU, source="erp", sequence=1, levels=[level])


@pytest.fixture(params=["rest", "mcp"])
def search(request: pytest.FixtureRequest, shops: str) -> Search:
    """A search, whose request and answer keep the schema."""

    async def by_rest(asked: dict[str, Any]) -> Any:
        async with httpx.AsyncClient(base_url=shops) as http:
            response = await http.post("/ucp/locations/search", json=asked)
            assert 200 == response.status_code, response.text
            return response.json()

    async def by_mcp(asked: dict[str, Any]) -> Any:
        async with Agent(f"{shops}/mcp", read_timeout_seconds=30) as agent:
            arguments = {"meta": META, "location": asked}
            result = await agent.call_tool("search_locations", arguments)
            assert not result.is_error, result.content
            return result.structured_content

    async def search(filters: dict[str, Any], **more: Any) -> dict[str, Any]:
        asked = {"filters": filters, "pagination": {"limit": 50}, **more}
        check_request("search", asked)
        by = by_rest if request.param == "rest" else by_mcp
        answer: dict[str, Any] = await by(asked)
        check_answer("search", answer)
        return answer

    return search


def ids(answer: dict[str, Any]) -> list[str]:
    return [location["id"] for location in answer["locations"]]


@pytest.mark.parametrize(
    ("items", "found"),
    [
        (["milk"], {"t-stockmann", "t-forum"}),
        (["products/milk"], {"t-stockmann", "t-forum"}),
        (["milk", "products/milk"], {"t-stockmann", "t-forum"}),
        (["milk", "bread"], {"t-stockmann"}),
        (["shears"], set()),  # a delivery that is to come is not there now
        (["milk", "shears"], set()),
    ],
)
async def test_all_items_must_be_available_now(search, items, found):
    answer = await search({"items": items})

    assert found == set(ids(answer))
    assert "messages" not in answer


@pytest.mark.parametrize("item", ["none", "products/none", "../milk", "lait frais", "stores/milk"])
async def test_an_unknown_item_is_nowhere_and_is_told(search, item):
    for items in ([item], ["milk", item]):
        answer = await search({"items": items})

        assert [] == answer["locations"]
        [message] = answer["messages"]
        assert "item_not_found" == message["code"]
        assert f"$.filters.items[{items.index(item)}]" == message["path"]


async def test_it_combines_with_the_other_filters(search):
    parking = ["dev.ucp.amenity.parking"]

    assert ["t-stockmann"] == ids(await search({"items": ["milk"], "amenities": parking}))
    assert ["t-forum"] == ids(await search({"items": ["milk"]}, query="forum"))


async def test_it_is_independent_of_opening_hours(search):
    night = {"hours": {"open_at": "2026-11-23T03:00:00+02:00"}}

    assert {"t-stockmann", "t-forum"} == set(ids(await search({"items": ["milk"]})))
    assert ["t-forum"] == ids(await search({"items": ["milk"], **night}))


async def test_pages_are_full_while_there_is_more(search):
    """Both shops with milk are far apart in the order of names, and each page has one."""
    first = await search({"items": ["milk"]}, pagination={"limit": 1})
    page = first["pagination"]
    assert page["has_next_page"]
    second = await search({"items": ["milk"]}, pagination={"limit": 1, "cursor": page["cursor"]})

    assert ["t-forum", "t-stockmann"] == ids(first) + ids(second)
    assert {"has_next_page": False} == second["pagination"]


async def test_a_cursor_whose_last_location_sold_out_goes_on_after_it(shops, search):
    """The next page begins after a shop that has no milk any more, and one that closed is told."""
    page = {"limit": 1}
    first = await search({"items": ["milk"]}, pagination=page)
    assert ["t-forum"] == ids(first)
    cursor = {**page, "cursor": first["pagination"]["cursor"]}
    gone = {**page, "cursor": ">t-none"}
    async with httpx.AsyncClient(base_url=shops) as http:
        refused = await http.post(
            "/ucp/locations/search", json={"filters": {"items": ["milk"]}, "pagination": gone}
        )

    assert ["t-stockmann"] == ids(await search({"items": ["milk"]}, pagination=cursor))
    assert ["t-stockmann"] == ids(await search({"items": ["bread"]}, pagination=cursor))
    assert 400 == refused.status_code
    assert "$.pagination.cursor" == refused.json()["messages"][0]["path"]


@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_the_home_store_comes_first_if_it_matches_and_only_once(search, limit):
    found: list[str] = []
    page: dict[str, Any] = {"limit": limit}
    while True:
        context = {"location": "stores/t-stockmann"}
        answer = await search({"items": ["milk"]}, context=context, pagination=page)
        found += ids(answer)
        assert answer["locations"]
        if not answer["pagination"]["has_next_page"]:
            break
        page = {"limit": limit, "cursor": answer["pagination"]["cursor"]}

    assert ["t-stockmann", "t-forum"] == found


async def test_a_home_store_without_the_items_is_not_shown(search):
    answer = await search({"items": ["milk"]}, context={"location": "t-turku"})

    assert ["t-forum", "t-stockmann"] == ids(answer)


async def test_a_lookup_is_narrowed_by_it(shops):
    asked = {"ids": ["t-forum", "t-stockmann"], "filters": {"items": ["bread"]}}
    check_request("lookup", asked)
    async with Agent(f"{shops}/mcp", read_timeout_seconds=30) as agent:
        arguments = {"meta": META, "location": asked}
        answer = (await agent.call_tool("lookup_locations", arguments)).structured_content

    check_answer("lookup", answer)
    assert ["t-stockmann"] == ids(answer)
    assert [{"id": "t-stockmann"}] == answer["locations"][0]["inputs"]


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ([{"id": "milk"}], "filters.items.0"),
        ([5], "filters.items.0"),
        ([""], "filters.items.0"),
        ([], "filters.items"),
        (["milk", "milk"], "filters.items"),
        ("milk", "filters.items"),
    ],
)
async def test_malformed_items_are_an_error_that_names_the_field(shops, items, path):
    location = {"filters": {"items": items}}
    async with httpx.AsyncClient(base_url=shops) as http:
        response = await http.post("/ucp/locations/search", json=location)
    async with Agent(f"{shops}/mcp", read_timeout_seconds=30) as agent:
        result = await agent.call_tool("search_locations", {"meta": META, "location": location})

    assert 400 == response.status_code
    check_error(response.json())
    assert f"$.{path}" == response.json()["messages"][0]["path"]
    assert result.is_error
    assert path in str(result.content[0])
