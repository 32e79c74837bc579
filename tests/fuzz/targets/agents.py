"""What chat agents send: names of tools, with arguments."""

from functools import cache
from typing import Any

import orjson
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from services import app
from services.edge.agents import server
from tests.fuzz.services import Services
from tests.fuzz.target import Refused, document_of, run, target


@cache
def agents() -> Any:
    """The tools, over services that know nothing."""
    return server.build(Services(), frozenset(app.SERVICES))


ITEMS = [{"product": "milk", "quantity": 2}]
NEAR = {"place": "Kamppi", "radius_km": 2.0}
CALLS = (
    ("find_stores", NEAR),
    ("check_hours", {"store": "stores/kamppi", "at": "2026-11-23T18:00:00+02:00"}),
    ("find_stock_nearby", {"items": ITEMS, **NEAR}),
    ("hold_items", {"store": "stores/kamppi", "items": ITEMS, "confirm": True}),
    ("change_hold", {"reservation": "stores/kamppi/reservations/r", "items": ITEMS}),
    ("cancel_hold", {"reservation": "stores/kamppi/reservations/r"}),
    ("find_pickup_options", {"items": ITEMS, "latitude": 60.17, "longitude": 24.94}),
    ("search_locations", {"meta": {}, "location": {"query": "bakery"}}),
    ("lookup_locations", {"meta": {}, "location": {"ids": ["kamppi"]}}),
)


def call_seeds() -> list[bytes]:
    """A call of each tool."""
    return [orjson.dumps({"name": name, "arguments": arguments}) for name, arguments in CALLS]


@target(call_seeds)
def agent_calls(data: bytes) -> None:
    """A tool answers, or says what is wrong with its arguments."""
    call = document_of(data)
    name, arguments = call.get("name"), call.get("arguments")
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise Refused
    try:
        run(agents().call_tool(name, arguments))
    except ToolError as error:
        # The server makes one of whatever a tool raises.
        if not isinstance(error.__cause__, ToolError | ValidationError | None):
            raise error.__cause__ from None
        raise Refused from None
