"""Bodies and queries at the JSON doors that are not Envoy's, and addresses of webhooks."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.applications import Starlette

from services import app
from services.chassis.errors import InvalidArgument
from services.edge import problems
from services.edge.pickup import lists
from services.edge.pickup import rest as pickup
from services.edge.pickup.lists import PickupLists
from services.edge.pickup.options import PickupFinder
from services.edge.settings import EdgeSettings
from services.edge.ucp import rest as ucp
from services.edge.ucp.capability import Locations
from services.edge.ucp.fulfillment import Fulfillment
from services.edge.ucp.platforms import Platforms
from services.events.model.endpoints import check_uri
from tests.fuzz.services import Services
from tests.fuzz.target import Refused, run, target, text_of


@cache
def door() -> Starlette:
    """The application, over services that know nothing."""
    made = Starlette(
        routes=[*pickup.routes(), *lists.routes(), *ucp.routes(EdgeSettings(), Platforms())],
        exception_handlers=problems.HANDLERS,
    )
    names = frozenset(app.SERVICES)
    made.state.locations = Locations(Services(), names)
    made.state.fulfillment = Fulfillment(Services())
    made.state.pickup = PickupFinder(Services(), names)
    made.state.pickup_lists = PickupLists(Services(), names)
    return made


def asked(method: str, path: str, *, query: bytes = b"", body: bytes = b"") -> None:
    """Ask; what the application does not expect, it raises.

    Raises:
        Refused: it says that the asker is wrong.
    """
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(answer: Any) -> None:
        answers.append(answer)

    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": []}
    run(door()(scope, receive, send))
    status = answers[0]["status"]
    assert status < 500
    if status >= 400:
        raise Refused


def search_seeds() -> list[bytes]:
    """A search and a lookup with every part."""
    near = {"center": {"latitude": 60.17, "longitude": 24.94}, "max": 1000}
    filters = {
        "hours": {"open_at": "2026-11-23T18:00:00+02:00"},
        "amenities": ["org.openstreetmap.shop.bakery"],
        "items": ["products/milk", "bread"],
    }
    address = {"address_country": "FI", "address_region": "Uusimaa", "postal_code": "00100"}
    search = {
        "distance": near,
        "serves": {"address": address},
        "filters": filters,
        "query": "bakery",
        "context": {"language": "fr-CA", "location": "kamppi"},
        "pagination": {"limit": 5, "cursor": "x"},
    }
    lookup = {
        "ids": ["kamppi"],
        "serves": {"point": near["center"]},
        "context": {"a": 1},
        "ucp": {},
    }
    return [orjson.dumps(search), orjson.dumps(lookup)]


@target(search_seeds)
def ucp_bodies(data: bytes) -> None:
    """A body is answered, or refused."""
    asked("POST", f"/ucp/locations/{'lookup' if b'ids' in data else 'search'}", body=data)


def fulfillment_seeds() -> list[bytes]:
    """A cart with a destination, and one without."""
    lines = [{"id": "1", "item": {"id": "products/milk"}, "quantity": 2}]
    place = {"postal_code": "00100", "address_country": "FI", "location": "kamppi"}
    named = {"selected_destination_id": "kamppi", "selected_option_id": "kamppi:in_store"}
    return [
        orjson.dumps({"line_items": lines, **named}),
        orjson.dumps({"line_items": lines, "context": place}),
    ]


@target(fulfillment_seeds)
def fulfillment_bodies(data: bytes) -> None:
    """A body is answered, or refused."""
    asked("POST", "/ucp/fulfillment:options", body=data)


def pickup_seeds() -> list[bytes]:
    """A basket near a point."""
    point = {"point": {"latitude": 60.17, "longitude": 24.94}}
    items = [{"product": "products/milk", "quantity": 2}]
    body = {"origin": point, "radiusM": 5000, "items": items, "languageCode": "fi"}
    return [orjson.dumps(body | {"method": "PICKUP_METHOD_IN_STORE"}), orjson.dumps(body)]


@target(pickup_seeds)
def pickup_bodies(data: bytes) -> None:
    """A body is answered, or refused."""
    asked("POST", pickup.PATH, body=data)


@target(lambda: [b"origin.place=Kamppi&items=products/milk:2&items=products/rye&radius_m=500"])
def pickup_queries(data: bytes) -> None:
    """A query is answered, or refused."""
    asked("GET", pickup.PATH, query=data)


@target(lambda: [b"parent=stores/t-forum&page_size=5&page_token=x&languageCode=fi"])
def list_queries(data: bytes) -> None:
    """A query is answered, or refused."""
    asked("GET", lists.PATH, query=data)


@target(
    lambda: [b"https://shop.example/hook?a=1", b"https://[2606:4700::1111]:8443/"], InvalidArgument
)
def webhook_addresses(data: bytes) -> None:
    """An address that is taken names a host."""
    uri = text_of(data)
    check_uri(uri, private=False)
    assert urlsplit(uri).hostname
