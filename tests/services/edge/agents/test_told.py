"""A person fetches three things by an agent, with wrong words, and is told when one is back."""

import datetime as dt
from typing import Any

from mcp import Client

from services.client.contracts import CONTRACTS
from services.client.testing import BREAD, CENTRE, HARBOUR, MILK, SHEARS, running
from services.edge.app import build
from services.edge.settings import EdgeSettings
from tests.support.edge_app import listening

HERE = {"latitude": 60.1690, "longitude": 24.9310}
TOMORROW = dt.datetime.fromisoformat("2031-06-04T12:00:00+03:00")
LISTED = [{"product": "lait"}, {"product": "graden shears"}, {"product": "rye breads"}]
"""Milk in French, garden shears with a slip, rye bread in the plural."""


async def test_three_things_are_held_until_tomorrow_changed_and_the_missing_one_comes_back():
    async with (
        running() as suite,
        listening(build(suite.address, EdgeSettings(), CONTRACTS)) as url,
        Client(f"{url}/mcp", read_timeout_seconds=30) as agent,
    ):

        async def call(tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
            answer = await agent.call_tool(tool, arguments)
            [text, *_] = answer.content
            said = str(getattr(text, "text", ""))
            assert not answer.is_error, said
            return said, answer.structured_content

        async def question(word: str) -> str:
            wanted = {"items": [{"product": word}], **HERE}
            answer = await agent.call_tool("find_pickup_options", wanted)
            assert answer.is_error, word
            return str(getattr(answer.content[0], "text", ""))

        for word, meant in (("bread", BREAD), ("shear", SHEARS), ("oat", "products/oat-milk")):
            asked = await question(word)
            assert meant in asked
            assert "Ask the person" in asked

        _, found = await call("find_pickup_options", items=LISTED, radius_km=16, **HERE)
        assert [CENTRE, HARBOUR] == [option["store"] for option in found["options"]]

        wanted = {"store": CENTRE, "items": LISTED, "hours": 24}
        said, offer = await call("hold_items", **wanted)
        assert "Nothing is held yet. Corner Shop Centre can hold" in said
        identity = {"request_id": offer["request_id"], "shopper": offer["shopper"]}
        _, hold = await call("hold_items", confirm=True, **wanted, **identity)
        assert {1} == {item["available"] for item in hold["items"]}
        assert {MILK, BREAD, SHEARS} == {item["product"] for item in hold["items"]}
        assert TOMORROW == dt.datetime.fromisoformat(hold["expires"])

        mine = {"reservation": hold["reservation"], "shopper": hold["shopper"]}
        more = [{"product": "Maito", "quantity": 2}]
        _, changed = await call("change_hold", **mine, items=more)
        assert {MILK: 2, BREAD: 1, SHEARS: 1} == {
            item["product"]: item["available"] for item in changed["items"]
        }
        assert hold["code"] == changed["code"]

        again = {"items": [{"product": "Gartenschere"}], "radius_km": 0.8, **HERE}
        said, missing = await call("find_pickup_options", **again)
        assert [] == missing["options"]
        assert "lacks 1 x Garden shears" in said
        watch = {"product": "sécateur"}
        said, alert = await call("create_alert", item=watch, store=CENTRE)
        assert "Garden shears" in said
        names = {"alerts": [alert["alert"]]}
        said, _ = await call("list_alerts", **names)
        assert "None has fired." == said

        await suite.set_stock(CENTRE, {SHEARS: 2})
        await suite.event("alert.fired", alert["alert"])
        said, told = await call("list_alerts", **names)
        assert "Back in stock: Garden shears at Corner Shop Centre." == said
        assert [(True, CENTRE)] == [(each["fired"], each["store"]) for each in told["alerts"]]

        _, slots = await call("find_pickup_slots", store=HARBOUR)
        first, second = slots["slots"][:2]
        assert first["starts"] < second["starts"] < "2031-06-03T17:00:00+03:00"
        wanted = {"store": HARBOUR, "items": [{"product": "milks"}], "confirm": True}
        _, hold = await call("hold_items", **wanted, pickup_slot=first["slot"])
        mine = {"reservation": hold["reservation"], "shopper": hold["shopper"]}
        _, moved = await call("change_hold", **mine, pickup_slot=second["slot"])
        _, free = await call("find_pickup_slots", store=HARBOUR)

    assert second["slot"] == moved["pickup_slot"]
    assert hold["code"] == moved["code"]
    assert [2, 1] == [slot["free"] for slot in free["slots"][:2]]
