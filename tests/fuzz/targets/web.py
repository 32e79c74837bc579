"""Bodies and queries at the JSON doors that are not Envoy's, and what agents send."""

from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from services import app
from services.chassis.errors import InvalidArgument
from services.client.client import CONTRACTS
from services.edge.agents import server
from services.edge.pickup import rest as pickup
from services.edge.ucp.requests import LookupRequest, SearchRequest, instant, parsed
from services.edge.ucp.rest import _json
from services.geofence.webhooks import check_uri
from tests.fuzz.target import Refused, target, text_of
from tests.fuzz.targets.hours import document_of
from tests.fuzz.targets.tokens import run


def search_seeds() -> list[bytes]:
    """A search and a lookup with every part."""
    near = {"center": {"latitude": 60.17, "longitude": 24.94}, "max": 1000}
    filters = {
        "hours": {"open_at": "2026-11-23T18:00:00+02:00"},
        "amenities": ["org.openstreetmap.shop.bakery"],
        "items": [{"id": "products/milk", "availability_status": "in_stock"}],
    }
    address = {"address_country": "FI", "postal_code": "00100"}
    search = {
        "distance": near,
        "serves": {"address": address},
        "filters": filters,
        "query": "bakery",
        "pagination": {"limit": 5, "cursor": "x"},
    }
    lookup = {"ids": ["kamppi"], "serves": {"point": near["center"]}, "context": {"a": 1}}
    return [orjson.dumps(search), orjson.dumps(lookup)]


@target(search_seeds, InvalidArgument)
def ucp_bodies(data: bytes) -> None:
    """A body keeps the schema, or is refused with its field."""
    body = _json(data)
    model = LookupRequest if isinstance(body, dict) and "ids" in body else SearchRequest
    request = parsed(model, body)
    if request.filters.hours:
        instant(request.filters.hours.open_at)
    assert parsed(model, orjson.loads(request.model_dump_json(exclude_none=True))) == request


def pickup_seeds() -> list[bytes]:
    """A basket near a point."""
    point = {"point": {"latitude": 60.17, "longitude": 24.94}}
    items = [{"product": "products/milk", "quantity": 2}]
    body = {"origin": point, "radiusM": 5000, "items": items, "languageCode": "fi"}
    return [orjson.dumps(body | {"method": "PICKUP_METHOD_IN_STORE"}), orjson.dumps(body)]


@target(pickup_seeds, InvalidArgument)
def pickup_bodies(data: bytes) -> None:
    """A body is a request, or is refused."""
    pickup._parsed(pickup._object(data))


@target(
    lambda: [b"origin.place=Kamppi&items=products/milk:2&items=products/rye&radius_m=500"],
    InvalidArgument,
)
def pickup_queries(data: bytes) -> None:
    """A query is a request, or is refused."""
    pickup._parsed(pickup._of_query(parse_qsl(text_of(data), keep_blank_values=True)))


@target(
    lambda: [b"https://shop.example/hook?a=1", b"https://[2606:4700::1111]:8443/"], InvalidArgument
)
def webhook_addresses(data: bytes) -> None:
    """An address that is taken names a host."""
    uri = text_of(data)
    check_uri(uri, private=False)
    assert urlsplit(uri).hostname


class Services:
    """A client of services that answer every call with an empty message."""

    def __init__(self) -> None:
        for contract in CONTRACTS:
            setattr(self, contract.full_name.split(".")[1], Stub(contract))


class Stub:
    """The methods of a service."""

    def __init__(self, contract: Any) -> None:
        for method in contract.methods:
            setattr(self, method.name, _empty(GetMessageClass(method.output_type)))


def _empty(answer: type[Message]) -> Any:
    async def call(request: Message, **_: object) -> Message:
        request.SerializeToString()
        return answer()

    return call


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
