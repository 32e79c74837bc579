"""A real MCP client uses the tools over HTTP and over standard input and output."""

import base64
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


@pytest.fixture(params=["http", pytest.param("stdio", marks=pytest.mark.long)])
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
    content, *images = result.content
    assert not result.is_error, content
    assert all(image.type == "image" for image in images)
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
        identity = {"request_id": offer["request_id"], "shopper": offer["shopper"]}
        again = {"store": STOCKMANN, "items": ITEMS, "hours": 24, **identity}

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

        mine = {"reservation": hold["reservation"], "shopper": hold["shopper"]}
        await call(agent, "cancel_hold", **mine)
        _, back = await call(agent, "find_stock_nearby", items=ITEMS, radius_km=16, **KAMPPI)
        assert [STOCKMANN] == [store["store"] for store in back["stores"]]


async def test_chats_that_make_up_the_same_request_id_do_not_share_a_shopper(connect):
    for made_up in ("1", "order-1", "a" * 22, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"):
        async with connect() as chat:
            refused = await chat.call_tool(
                "hold_items",
                {"store": STOCKMANN, "items": MORE, "confirm": True, "request_id": made_up},
            )
            assert refused.is_error
            assert "request_id: give one that hold_items returned" in refused.content[0].text


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
        mine = {"reservation": hold["reservation"], "shopper": hold["shopper"]}
        said, changed = await call(agent, "change_hold", **mine, items=changes)
        too_many = [{"product": "milk", "quantity": 1}, {"product": "bread", "quantity": 9}]
        refused = await agent.call_tool("change_hold", mine | {"items": too_many})
        _, same = await call(agent, "change_hold", **mine, items=changes)

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
        assert "2026-11-22T18:00:00+02:00" == checked["until"]
        assert "18" in hours


async def test_without_a_position_stores_match_and_none_is_the_nearest(connect):
    async with connect() as agent:
        said, found = await call(agent, "find_stores", question="Stockmann")
        one, _ = await call(agent, "find_stores", question="Forum")
        near, ranked = await call(agent, "find_stores", question="Stockmann near me", **KAMPPI)
        for arguments in UNPLACED:
            result = await agent.call_tool("find_stores", arguments)
            assert result.is_error, arguments
            assert "give a place, or latitude and longitude" in str(result.content), arguments

        assert said.startswith("Stores that match: ")
        assert one.startswith("Stores that match: ")
        assert {None} == {store["distance_m"] for store in found["stores"]}
        assert near.startswith("The nearest store")
        assert STOCKMANN == ranked["stores"][0]["store"]


async def test_without_roads_minutes_are_told_as_estimates(connect):
    async with connect() as agent:
        said, found = await call(
            agent, "find_stores", **KAMPPI, travel_by="walk", max_minutes=30, limit=2
        )
        _, near = await call(agent, "find_stores", **KAMPPI, travel_by="walk", max_minutes=1)
        with pytest.raises(Exception, match="max_minutes"):
            await call(agent, "find_stores", **KAMPPI, max_minutes=30)

        assert [f"about {n} min" for n in (6, 9)] == [s["travel_time"] for s in found["stores"]]
        assert "about 6 min" in said
        assert ([], "") == (near["stores"], found["road_attribution"])


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


UNPLACED: list[dict[str, Any]] = [
    {"question": "Stockmann near me"},
    {"question": "nearest Stockmann"},
    {"question": "Stockmann", "radius_km": 3},
    {"question": "Stockmann", "radius_km": 0},
    {"question": "Stockmann", "travel_by": "walk"},
    {"question": "Stockmann", "travel_by": "walk", "max_minutes": 5},
]
"""Questions about distance or travel, without an origin."""
NONE = {"reservation": "stores/t-forum/reservations/none", "shopper": "x" * 22}
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
    ("cancel_hold", NONE, "there is no"),
    ("cancel_hold", {"reservation": NONE["reservation"]}, "shopper: field required."),
    ("change_hold", NONE | {"items": MORE}, "there is no"),
    ("change_hold", NONE | {"items": ITEMS}, "quantity"),
    ("change_hold", NONE, "give `items` or `pickup_slot`"),
    ("get_hold", NONE | {"shopper": "john"}, "shopper: string should match"),
    ("create_alert", {"item": {"product": "milk"}}, "give either `store`"),
    ("find_stores", {"place": "Kamppi", "open_at": "noon"}, "offset"),
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
            "get_hold",
            "list_holds",
            "change_hold",
            "cancel_hold",
            "find_pickup_slots",
            "create_alert",
            "list_alerts",
            "delete_alert",
            "find_pickup_options",
            "find_in_store",
            "find_way_in_store",
            "search_locations",
            "lookup_locations",
        } == tools.keys()
        changing = {name for name, tool in tools.items() if not tool.annotations.read_only_hint}
        holds = {"hold_items", "change_hold", "cancel_hold"}
        assert holds | {"create_alert", "delete_alert"} == changing
        assert all(tool.description for tool in tools.values())


SILENT: list[tuple[str, dict[str, Any], str]] = [
    (
        "find_stores",
        {"place": "Kamppi", "radius": 2},
        "radius: there is no such argument; the near",
    ),
    ("find_stores", {"place": "Kamppi", "openAt": "x"}, "the nearest is open_at"),
    ("find_stores", {"place": "Kamppi", "zoom": 2}, "the arguments are question, place, latitude"),
    ("find_stock_nearby", {"items": [{"product": "milk", "qty": 2}], **KAMPPI}, "items[0].qty"),
    ("hold_items", {"store": FORUM, "items": MORE, "confirmed": True}, "the nearest is confirm"),
    ("find_store", {"place": "Kamppi"}, "there is no such tool; the nearest is find_stores"),
]


async def test_an_argument_that_no_tool_has_is_refused_with_the_nearest(connect):
    async with connect() as agent:
        for tool, arguments, told in SILENT:
            result = await agent.call_tool(tool, arguments)

            assert result.is_error, (tool, arguments)
            assert told in result.content[0].text
            assert "pydantic" not in result.content[0].text


async def test_schemas_are_strict_and_null_is_the_same_as_left_out(connect):
    async with connect() as agent:
        tools = {tool.name: tool.input_schema for tool in (await agent.list_tools()).tools}
        nothing = {"limit": None, "radius_km": None, "language": None, "open_now": None}
        nothing |= {"place": None, "open_at": None, "counters": None}
        items = [{"product": "milk", "quantity": None}]
        _, asked = await call(agent, "find_pickup_options", items=items, **KAMPPI, **nothing)
        _, plain = await call(agent, "find_pickup_options", items=[{"product": "milk"}], **KAMPPI)

    assert [each["store"] for each in plain["options"]] == [
        each["store"] for each in asked["options"]
    ]
    assert plain["options"]
    for name, schema in tools.items():
        assert schema["additionalProperties"] is False, name
        for argument, each in schema["properties"].items():
            can_be_null = {"type": "null"} in each.get("anyOf", [])
            assert can_be_null != (argument in schema.get("required", [])), (name, argument)
    wanted = tools["hold_items"]["$defs"]["WantedItem"]
    assert wanted["additionalProperties"] is False


async def test_two_chats_on_one_key_never_see_each_others_holds(connect):
    async with connect() as one, connect() as other:
        _, mine = await call(one, "hold_items", store=STOCKMANN, items=MORE, confirm=True)
        _, theirs = await call(other, "hold_items", store=STOCKMANN, items=MORE, confirm=True)
        assert mine["shopper"] != theirs["shopper"]
        assert len(mine["shopper"]) >= 22
        for tool in ("get_hold", "change_hold", "cancel_hold"):
            arguments = {"reservation": mine["reservation"], "shopper": theirs["shopper"]}
            if tool == "change_hold":
                arguments["items"] = MORE
            refused = await other.call_tool(tool, arguments)
            assert refused.is_error
            assert "there is no" in refused.content[0].text
        _, listed = await call(other, "list_holds", shopper=theirs["shopper"])
        _, more = await call(
            one, "hold_items", store=FORUM, items=MORE, confirm=True, shopper=mine["shopper"]
        )
        _, own = await call(one, "list_holds", shopper=mine["shopper"])

    assert [theirs["reservation"]] == [hold["reservation"] for hold in listed["holds"]]
    assert {mine["reservation"], more["reservation"]} == {
        hold["reservation"] for hold in own["holds"]
    }


async def test_a_hold_is_shown_with_its_code_to_scan_and_the_clock_of_its_store(connect):
    async with connect() as agent:
        _, hold = await call(agent, "hold_items", store=STOCKMANN, items=MORE, confirm=True)
        mine = {"reservation": hold["reservation"], "shopper": hold["shopper"]}
        shown = await agent.call_tool("get_hold", mine)

    text, image = shown.content
    assert hold["code"] == shown.structured_content["code"]
    assert ("image", "image/png") == (image.type, image.mime_type)
    assert base64.b64decode(image.data).startswith(b"\x89PNG")
    assert "Europe/Helsinki" == hold["time_zone"]
    assert "(Europe/Helsinki)" in text.text
    offset = dt.datetime.fromisoformat(hold["expires"]).utcoffset()
    assert offset in (dt.timedelta(hours=2), dt.timedelta(hours=3))


async def test_prompts_and_a_guide_tell_the_usual_stories(connect):
    async with connect() as agent:
        prompts = {each.name for each in (await agent.list_prompts()).prompts}
        guide = await agent.read_resource("enrayon://guide")
        asked = await agent.get_prompt("fetch_near_by", {"things": "milk", "place": "Kamppi"})

    assert {"fetch_near_by", "open_now", "back_in_stock"} == prompts
    assert "shopper" in guide.contents[0].text
    assert "Kamppi" in asked.messages[0].content.text
