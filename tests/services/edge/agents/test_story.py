"""A real MCP client uses the tools over HTTP and over standard input and output."""

import datetime as dt
import re
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from enrayon.aisle.v1 import aisle_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from services import client as enrayon_client
from services.directory.parts import Parts
from tests.support.edge_app import running
from tests.support.stock import FORUM, MILK, PRODUCTS, STOCKMANN, state

ITEMS = [
    {"product": "rye bread", "quantity": 2},
    {"product": "6408430000012"},
    {"product": "products/shears"},
]
KAMPPI = {"latitude": 60.1690, "longitude": 24.9310}
PLACEMENTS = aisle_pb2.UpsertPlacementsRequest(
    parent=STOCKMANN,
    products=[
        aisle_pb2.ProductPlacements(
            product=MILK,
            placements=[aisle_pb2.Placement(aisle="7", side=aisle_pb2.SIDE_LEFT, bay=3)],
        )
    ],
)
MORE = [{"product": "milk", "quantity": 2}]


TAILOR = hours_pb2.StoreHours(
    name=f"{STOCKMANN}/hours",
    services=[
        hours_pb2.InStoreService(
            name=f"{STOCKMANN}/services/tailor", expression='Mo-Su unknown "by appointment"'
        )
    ],
)
Agent = Callable[[], Client]


@pytest.fixture(params=["http", "stdio"])
async def connect(
    request: pytest.FixtureRequest, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Agent]:
    """Makes clients of the tools, with stock at two shops; a client is for one task."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with running(parts) as (url, address):
        async with enrayon_client.Client(address) as enrayon:
            products = stock_pb2.UpsertProductsRequest(products=PRODUCTS)
            await enrayon.stock.UpsertProducts(iter([products]))
            await state(enrayon.stock, STOCKMANN, milk=5, bread=3, shears=1)
            await state(enrayon.stock, FORUM, milk=5, bread=1)
            await enrayon.aisle.UpsertPlacements(iter([PLACEMENTS]))
            await enrayon.hours.UpdateStoreHours(
                hours_pb2.UpdateStoreHoursRequest(store_hours=TAILOR)
            )
        stdio = StdioServerParameters(
            command=sys.executable,
            args=["-m", "services.cli", "mcp"],
            env={"ENRAYON_GRPC_PORT": address.rpartition(":")[2]},
        )
        target = stdio if request.param == "stdio" else f"{url}/mcp"
        yield lambda: Client(target, read_timeout_seconds=30)


async def call(agent: Client, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """The sentence and the structured content of a tool's answer."""
    result = await agent.call_tool(tool, arguments)
    [content] = result.content
    assert not result.is_error, content
    assert result.structured_content is not None
    return str(getattr(content, "text", "")), result.structured_content


async def test_all_three_items_within_16_km_are_held_for_a_day(connect):
    async with connect() as agent:
        said, found = await call(agent, "find_stock_nearby", items=ITEMS, radius_km=16, **KAMPPI)
        assert [STOCKMANN] == [store["store"] for store in found["stores"]]
        assert "Stockmann" in said

        said, offer = await call(agent, "hold_items", store=STOCKMANN, items=ITEMS, hours=24)
        assert not offer["held"]
        assert "Nothing is held yet" in said
        again = {"store": STOCKMANN, "items": ITEMS, "hours": 24, "request_id": offer["request_id"]}

        said, hold = await call(agent, "hold_items", confirm=True, **again)
        expires = dt.datetime.fromisoformat(hold["expires"])
        assert hold["held"]
        assert ["Rye bread", "Milk", "Garden shears"] == [item["name"] for item in hold["items"]]
        assert abs(expires - dt.datetime.now(dt.UTC) - dt.timedelta(hours=24)) < dt.timedelta(
            minutes=5
        )
        assert "2 x Rye bread" in said

        _, retried = await call(agent, "hold_items", confirm=True, **again)
        assert hold["reservation"] == retried["reservation"]

        _, gone = await call(agent, "find_stock_nearby", items=ITEMS, radius_km=16, **KAMPPI)
        assert [] == gone["stores"]
        [left_out] = [store for store in gone["left_out"] if store["store"] == STOCKMANN]
        assert "lacks 1 x Rye bread; 1 x Garden shears" == left_out["why"]

        await call(agent, "cancel_hold", reservation=hold["reservation"])
        _, back = await call(agent, "find_stock_nearby", items=ITEMS, radius_km=16, **KAMPPI)
        assert [STOCKMANN] == [store["store"] for store in back["stores"]]


async def test_nobody_sends_the_life_of_a_hold_but_the_person(connect):
    async with connect() as agent:
        _, offer = await call(agent, "hold_items", store=STOCKMANN, items=ITEMS)
        _, hold = await call(
            agent,
            "hold_items",
            store=STOCKMANN,
            items=ITEMS,
            confirm=True,
            request_id=offer["request_id"],
        )
        _, asked = await call(agent, "hold_items", store=FORUM, items=ITEMS[1:2], hours=0.1)

    offered, held = (dt.datetime.fromisoformat(each["expires"]) for each in (offer, hold))
    assert abs(held - offered) < dt.timedelta(minutes=1)
    assert offer["ready_by"][:16] == hold["ready_by"][:16]
    assert hold["ready_by"] < hold["pickup_by"] <= hold["expires"], "by the shop's day"
    assert ("", True) == (offer["code"], bool(re.fullmatch(r"\w{4} \w{4}", hold["code"])))
    assert [] == hold["notices"]
    [warning] = asked["notices"]
    assert "before the goods are ready" in warning
    in_minutes = dt.datetime.fromisoformat(asked["expires"]) - dt.datetime.now(dt.UTC)
    assert abs(in_minutes - dt.timedelta(hours=0.1)) < dt.timedelta(minutes=1)


async def test_a_hold_is_changed_and_keeps_its_code_and_its_other_goods(connect):
    async with connect() as agent:
        wanted = {"store": STOCKMANN, "items": ITEMS, "confirm": True}
        _, hold = await call(agent, "hold_items", **wanted)
        changes = [{"product": "milk", "quantity": 3}, {"product": "garden shears", "quantity": 0}]
        said, changed = await call(
            agent, "change_hold", reservation=hold["reservation"], items=changes
        )
        too_many = [{"product": "milk", "quantity": 1}, {"product": "bread", "quantity": 9}]
        refused = await agent.call_tool(
            "change_hold", {"reservation": hold["reservation"], "items": too_many}
        )
        _, same = await call(agent, "change_hold", reservation=hold["reservation"], items=changes)

    assert "3 x Milk" in said
    assert (hold["reservation"], hold["code"]) == (changed["reservation"], changed["code"])
    assert {"products/bread": 2, "products/milk": 3} == {
        item["product"]: item["available"] for item in changed["items"]
    }
    assert refused.is_error
    assert changed["items"] == same["items"]


async def test_one_call_says_where_to_go_until_when_and_on_which_shelf(connect):
    async with connect() as agent:
        said, found = await call(agent, "find_pickup_options", items=ITEMS, **KAMPPI)

    [stockmann] = found["options"]
    assert STOCKMANN == stockmann["store"]
    assert stockmann["open"] in {"OPEN", "CLOSED"}
    assert stockmann["ready_by"] < stockmann["pickup_by"]
    shelves = {line["name"]: line["shelf"] for line in stockmann["lines"]}
    assert "7" in shelves["Milk"]
    assert "" == shelves["Rye bread"] == shelves["Garden shears"]
    assert [] == found["unreachable"]
    assert shelves["Milk"] in said
    assert "Stockmann" in said


@pytest.mark.parametrize("product", ["milk", "products/milk"])
async def test_a_product_is_found_in_a_store(connect, product):
    async with connect() as agent:
        said, found = await call(agent, "find_in_store", store=STOCKMANN, product=product)
        _, nowhere = await call(agent, "find_in_store", store=STOCKMANN, product="rye bread")

    [milk] = found["products"]
    assert ("products/milk", "Milk", "dairy") == (milk["product"], milk["name"], milk["department"])
    assert "7" in milk["shelves"][0]
    assert milk["shelves"][0] in said
    assert [[]] == [each["shelves"] for each in nowhere["products"]]


async def test_without_confirmation_nothing_is_held(connect):
    async with connect() as agent:
        await call(agent, "hold_items", store=STOCKMANN, items=ITEMS)
        _, found = await call(agent, "find_stock_nearby", items=ITEMS, **KAMPPI)

        assert [STOCKMANN] == [store["store"] for store in found["stores"]]


async def test_the_nearest_stores_and_their_hours(connect):
    async with connect() as agent:
        said, found = await call(
            agent, "find_stores", place="Kamppi, FI", radius_km=3, brand="forum"
        )
        [forum] = found["stores"]
        hours, checked = await call(
            agent, "check_hours", store=STOCKMANN, at="2026-11-22T12:00:00+02:00", language="fi"
        )

        assert FORUM == forum["store"]
        assert "Forum" in said
        assert ("OPEN", "Europe/Helsinki") == (checked["state"], checked["time_zone"])
        assert "2026-11-22T16:00:00Z" == checked["until"]
        assert "18" in hours


async def test_hours_that_are_not_known_are_told_in_the_words_of_the_shop(connect):
    async with connect() as agent:
        said, checked = await call(
            agent,
            "check_hours",
            store=STOCKMANN,
            service="tailor",
            at="2026-11-23T12:00:00+02:00",
        )

        assert ("UNKNOWN", "Ask by phone: by appointment") == (checked["state"], said)
        assert said == checked["words"]


async def test_ucp_answers_in_structured_content(connect):
    async with connect() as agent:
        meta = {"ucp-agent": {"profile": "https://agent.example/profile"}}
        _, found = await call(
            agent, "search_locations", meta=meta, location={"query": "stockmann turku"}
        )
        _, known = await call(agent, "lookup_locations", meta=meta, location={"ids": ["t-forum"]})

        assert ["t-turku"] == [location["id"] for location in found["locations"]]
        assert [{"id": "t-forum"}] == known["locations"][0]["inputs"]


MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("find_stores", {"place": "Atlantis-sur-Mer"}, "no known place has this name"),
    ("find_stores", {"place": "Helsnki"}, "Helsinki"),
    ("find_stores", {}, "Give either"),
    ("find_stores", {"place": "Kamppi", "latitude": 60.0, "longitude": 24.0}, "Give either"),
    ("find_stores", {"latitude": 91, "longitude": 0}, "latitude"),
    ("check_hours", {"store": "stores/none"}, "stores/none"),
    ("check_hours", {"store": STOCKMANN, "at": "noon"}, "offset"),
    ("find_stock_nearby", {"items": [{"product": "unobtainium"}], **KAMPPI}, "unobtainium"),
    ("find_stock_nearby", {"items": [], **KAMPPI}, "items"),
    ("hold_items", {"store": FORUM, "items": ITEMS, "confirm": True}, "bread"),
    ("cancel_hold", {"reservation": "stores/t-forum/reservations/none"}, "there is no"),
    (
        "change_hold",
        {"reservation": "stores/t-forum/reservations/none", "items": MORE},
        "there is no",
    ),
    (
        "change_hold",
        {"reservation": "stores/t-forum/reservations/none", "items": ITEMS},
        "quantity",
    ),
    ("search_locations", {"meta": {}, "location": {"serves": {}}}, "exactly one target"),
]
"""Tool, arguments, and a part of the answer."""


async def test_an_error_says_what_to_do(connect):
    async with connect() as agent:
        for tool, arguments, hint in MISTAKES:
            result = await agent.call_tool(tool, arguments)

            assert result.is_error, (tool, arguments)
            assert hint.lower() in result.content[0].text.lower()
            assert "Traceback" not in result.content[0].text


async def test_tools_are_few_and_say_whether_they_change_anything(connect):
    async with connect() as agent:
        tools = {tool.name: tool for tool in (await agent.list_tools()).tools}

        assert {
            "find_stores",
            "check_hours",
            "find_stock_nearby",
            "hold_items",
            "change_hold",
            "cancel_hold",
            "find_pickup_options",
            "find_in_store",
            "search_locations",
            "lookup_locations",
        } == tools.keys()
        changing = {name for name, tool in tools.items() if not tool.annotations.read_only_hint}
        assert {"hold_items", "change_hold", "cancel_hold"} == changing
        assert all(tool.description for tool in tools.values())
