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

TURKU = "stores/t-turku"
META = {"ucp-agent": {"profile": "https://agent.example/profile"}}

Search = Callable[[dict[str, Any]], Awaitable[set[str]]]


@pytest.fixture
async def shops(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Milk at Stockmann and Forum, bread at Stockmann; in Turku shears that come in a week."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with running(parts) as (url, address):
        async with Client(address) as enrayon:
            products = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
            await enrayon.stock.UpsertProducts(iter([products]))
            await state(enrayon.stock, STOCKMANN, milk=5, bread=3, shears=0)
            await state(enrayon.stock, FORUM, milk=1, bread=0)
            await enrayon.stock.SetStockLevels(iter([shears_to_come()]))
        yield url


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
def search(request: pytest.FixtureRequest, shops: str, validate: Any) -> Search:
    """The ids of the locations that a search finds; request and answer keep the schema."""

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

    async def search(filters: dict[str, Any]) -> set[str]:
        asked = {"filters": filters, "pagination": {"limit": 50}}
        validate("common/location_search.json#/$defs/search_request", asked)
        answer = await (by_rest if request.param == "rest" else by_mcp)(asked)
        validate("common/location_search.json#/$defs/search_response", answer)
        return {location["id"] for location in answer["locations"]}

    return search


async def test_it_is_taken_by_its_earlier_name_and_by_its_later_one(search):
    milk = [{"id": "milk"}]

    assert {"t-stockmann", "t-forum"} == await search({"inventory": milk})
    assert {"t-stockmann", "t-forum"} == await search({"items": milk})


async def test_all_entries_must_hold_under_both_names_together(search):
    milk, bread = {"id": "milk"}, {"id": "bread"}

    assert {"t-stockmann"} == await search({"items": [milk, bread]})
    assert {"t-stockmann"} == await search({"items": [milk], "inventory": [bread]})


async def test_without_a_status_it_can_be_ordered_now_be_it_there_or_to_come(search):
    assert {"t-turku"} == await search({"items": [{"id": "shears"}]})


@pytest.mark.parametrize(
    ("item", "status", "found"),
    [
        ("milk", "in_stock", {"t-stockmann", "t-forum"}),
        ("milk", "backorder", set()),
        ("shears", "in_stock", set()),
        ("shears", "backorder", {"t-turku"}),
        ("shears", "preorder", set()),
        ("milk", "com.example.on_display", set()),
    ],
)
async def test_a_status_is_taken_at_its_word(search, item, status, found):
    assert found == await search({"items": [{"id": item, "availability_status": status}]})


@pytest.mark.parametrize("id", ["none", "", "products/milk", "../milk", "lait frais"])
async def test_an_unknown_item_is_nowhere(search, id):
    assert set() == await search({"items": [{"id": id}]})
    assert set() == await search({"items": [{"id": id}, {"id": "milk"}]})


async def test_contradicting_entries_are_nowhere(search):
    both = [{"id": "milk", "availability_status": s} for s in ("in_stock", "backorder")]

    assert set() == await search({"items": both})


async def test_it_combines_with_the_other_filters(search):
    parking = ["dev.ucp.amenity.parking"]

    assert {"t-stockmann"} == await search({"items": [{"id": "milk"}], "amenities": parking})


async def test_a_lookup_is_narrowed_by_it(shops, validate):
    asked = {"ids": ["t-forum", "t-stockmann"], "filters": {"items": [{"id": "bread"}]}}
    validate("common/location_lookup.json#/$defs/lookup_request", asked)
    async with Agent(f"{shops}/mcp", read_timeout_seconds=30) as agent:
        arguments = {"meta": META, "location": asked}
        result = await agent.call_tool("lookup_locations", arguments)
    answer = result.structured_content

    validate("common/location_lookup.json#/$defs/lookup_response", answer)
    assert ["t-stockmann"] == [location["id"] for location in answer["locations"]]
    assert [{"id": "t-stockmann"}] == answer["locations"][0]["inputs"]


async def test_of_an_agent_malformed_input_is_an_error_that_names_the_field(shops):
    async with Agent(f"{shops}/mcp", read_timeout_seconds=30) as agent:
        location = {"filters": {"items": [{"id": 5}]}}
        result = await agent.call_tool("search_locations", {"meta": META, "location": location})

    assert result.is_error
    assert "filters.items.0.id" in str(result.content[0])
