"""The dearest requests of the methods that web pages and strangers may call, on the sample's data.

The demo's data, with a hypermarket's floor plan in one store. Each method has its largest requests
by the bounds of its contract; a method may be dear in more than one way.
"""

import asyncio
import http.client
import itertools
import json
import math
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, NamedTuple

import grpc
import shapely
from google.protobuf.message import Message

from enrayon.access.v1 import access_pb2
from enrayon.aisle.v1 import aisle_pb2, aisle_pb2_grpc
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2
from geodata.floorplans.synthetic.assortment import Product
from geodata.floorplans.synthetic.store import synthetic_store
from geodata.samples import SUPERMARKET
from geodata.samples.catalogue import catalogue
from services import app
from services.chassis.access.gate import Gate
from services.chassis.errors import ServiceError
from services.chassis.serving.calls import Calls
from services.chassis.serving.methods import Method, methods_of
from services.cli import sample
from services.directory.parts import Parts
from tests.geodata.floorplans.shops import HAKANIEMI
from tests.support.aisle import placed, published, stream

LATITUDE, LONGITUDE = 60.17, 24.94
HELSINKI = {"latitude": LATITUDE, "longitude": LONGITUDE}
WIDE = {"low": {"latitude": 59, "longitude": 23}, "high": {"latitude": 62, "longitude": 27}}
PLAIN = f"stores/{SUPERMARKET}"
PNG, SVG, GEO_JSON = 2, 1, 3
ON_FOOT = 2
MOST = 100_000
"""A page size that is taken for the largest."""


class Dear(NamedTuple):
    """A request of a method."""

    path: str
    name: str
    """In what way it is dear."""
    request: Message

    def anew(self) -> Message:
        """The request for another instant, so that no answer of before helps."""
        request: Any = type(self.request).FromString(self.request.SerializeToString())
        hours = next(_hours)
        holders = [request, *filter(None, [getattr(request, "store_filter", None)])]
        for holder in holders:
            for name in ("open_at", "at_time"):
                if name in holder.DESCRIPTOR.fields_by_name and holder.HasField(name):
                    getattr(holder, name).seconds += 3600 * hours
        return request  # type: ignore[no-any-return]


_hours = itertools.count()


class Host:
    """All services of a process with the data, called without a transport."""

    def __init__(self, parts: Parts, methods: Sequence[Method], gate: Gate | None) -> None:
        self.parts = parts
        self.calls = Calls(gate)
        self._methods = {method.path: method for method in methods}
        self._answers = {
            method.path: self.calls.answer(method)
            for method in methods
            if not (method.client_streaming or method.server_streaming)
        }

    async def answer(self, path: str, data: bytes, *credentials: Any) -> bytes:
        """The response of a method."""
        return await self._answers[path](data, *credentials)


@asynccontextmanager
async def hosted(parts: Parts, gate: Gate | None = None) -> AsyncIterator[Host]:
    """Load the data, and host the services."""
    await sample.load(parts)
    services = app.built(parts, [])
    limit = parts.settings.max_request_bytes
    methods = [m for s in services for m in methods_of(s.descriptor, s.servicer, limit)]
    async with app.background(services):
        yield Host(parts, methods, gate)


@asynccontextmanager
async def loaded(parts: Parts, gate: Gate | None = None) -> AsyncIterator[tuple[Host, list[Dear]]]:
    """The host with a hypermarket's plan too, and the dearest requests."""
    async with hosted(parts, gate) as host:
        async with (
            app.served_alone(parts) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            big = await hypermarket(channel, parts)
            names = [f"stores/{id}" for id, _ in parts.directory.stores.replica.records()]
            requests = [*dearest(names, f"{big}/floorPlans/v1"), *await holds(channel)]
        for dear in requests:
            if dear.path.endswith("/GetFloorPlan"):  # the feeds of the host have followed
                await until_answered(host, dear)
        yield host, requests


async def until_answered(host: Host, dear: Dear) -> None:
    """Wait until a host knows what was made elsewhere."""
    for _ in range(200):
        try:
            await host.answer(dear.path, dear.request.SerializeToString())
        except ServiceError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError(dear.path)


async def hypermarket(channel: grpc.aio.Channel, parts: Parts) -> str:
    """Publish the plan of a shop of 9,000 square metres; returns its store."""
    store = next(
        f"stores/{id}" for id, _ in parts.directory.stores.replica.records() if id != SUPERMARKET
    )
    articles = catalogue()
    products = [Product(each.sku, each.name, each.department) for each in articles]
    outline = shapely.box(0, 0, 120, 75)
    plan, placements = synthetic_store(store, outline, products, seed=1, frame=HAKANIEMI)
    aisle: Any = aisle_pb2_grpc.AisleServiceStub(channel)
    await aisle.UpsertPlacements(stream(store, placed(placements)))
    await aisle.PublishFloorPlan(published(store, plan))
    return store


async def holds(channel: grpc.aio.Channel) -> list[Dear]:
    """Requests about a hold, which is made."""
    stock: Any = stock_pb2_grpc.StockServiceStub(channel)
    service = stock_pb2.DESCRIPTOR.services_by_name["StockService"].full_name
    items = basket(100)
    del items[20:]
    create = stock_pb2.CreateReservationRequest(
        parent=PLAIN, items=items, allow_partial=True, ttl={"seconds": 600}
    )
    hold = await stock.CreateReservation(create)
    made = hold.name
    reserved = [
        {"product": item.product, "requested_quantity": 1}
        for item in hold.items
        if item.held_quantity
    ]
    update = stock_pb2.UpdateReservationRequest(reservation={"name": made, "items": reserved})
    create.shopper = "s"
    for _ in range(20):  # as many as one may have
        await stock.CreateReservation(create)
    create.ClearField("shopper")
    slots = [{"method": "PICKUP_METHOD_IN_STORE", "duration": {"seconds": 300}, "capacity": 9}]
    policy = stock_pb2.StockPolicy(name=f"{PLAIN}/stockPolicy", pickup_slots=slots)
    await stock.UpdateStockPolicy(stock_pb2.UpdateStockPolicyRequest(stock_policy=policy))
    listing = stock_pb2.ListPickupSlotsRequest(parent=PLAIN, page_size=1000)
    return [
        Dear(f"/{service}/ListPickupSlots", "200", listing),
        Dear(f"/{service}/CreateReservation", "20 items", create),
        Dear(f"/{service}/GetReservation", "", stock_pb2.GetReservationRequest(name=made)),
        Dear(
            f"/{service}/ListReservations",
            "a shopper",
            stock_pb2.ListReservationsRequest(parent="stores/-", shopper="s", page_size=1000),
        ),
        Dear(
            f"/{service}/GetPickupCode",
            "",
            stock_pb2.GetPickupCodeRequest(name=f"{made}/pickupCode"),
        ),
        Dear(f"/{service}/UpdateReservation", "20 items", update),
        Dear(f"/{service}/CancelReservation", "", stock_pb2.CancelReservationRequest(name=made)),
    ]


def basket(most: int) -> list[Any]:
    """One of each of so many products."""
    return [stock_pb2.BasketItem(product=name, quantity=1) for name in products(most)]


@cache
def products(most: int) -> Sequence[str]:
    """The names of products of the catalogue."""
    return [f"products/{article.sku}" for article in catalogue()][:most]


def dearest(names: Sequence[str], plan: str) -> Iterator[Dear]:
    """The dearest requests about some stores and a floor plan; they change nothing of value."""
    stores = names[:1000]
    for module, service, found in (
        (
            access_pb2,
            "AccessService",
            {"OpenSession": {"200 letters": {"code": "enrayon_x_" * 20}}},
        ),
        (stores_pb2, "StoresService", of_stores(stores)),
        (hours_pb2, "HoursService", of_hours(stores)),
        (stock_pb2, "StockService", of_stock(stores)),
        (aisle_pb2, "AisleService", of_aisle(plan)),
    ):
        contract = module.DESCRIPTOR.services_by_name[service]
        for method, ways in found.items():
            kind = getattr(module, f"{method}Request")
            for name, fields in ways.items():
                yield Dear(f"/{contract.full_name}/{method}", name, kind(**fields))


def listed(port: int, address: str) -> list[str]:
    """The names of up to 1,000 stores that a suite has."""
    connection = http.client.HTTPConnection("127.0.0.1", port, 30, source_address=(address, 0))
    connection.request("GET", "/v1/stores?page_size=1000&read_mask=name")
    stores = json.loads(connection.getresponse().read())["stores"]
    connection.close()
    return [store["name"] for store in stores]


Ways = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Fields of requests, by method and by the way in which they are dear."""


def of_stores(stores: Sequence[str]) -> Ways:
    """Requests of the service of stores."""
    ring = circle(3000, 1.0)
    full = {
        "open_at": {"seconds": 1_795_000_000},
        "open_for_minutes": 527_040,
        "names": stores[:1000],
    }
    open_now = {"open_at": {"seconds": 1_795_000_000}}
    everything = {"query": "market", "store_filter": full, "page_size": MOST}
    return {
        "GetStore": {"": {"name": stores[0]}},
        "BatchGetStores": {"1000": {"names": stores}},
        "ListStores": {
            "1000": {"page_size": MOST},
            "open": {"page_size": MOST, "store_filter": full},
        },
        "SearchStores": {
            "words": everything,
            "200 letters": {"query": "a b c d e f g h i k " * 10, "page_size": MOST},
            "viewport": {"viewport": WIDE, "page_size": MOST},
            "polygon of 3,000": {"polygon": {"rings": [{"points": ring}]}, "page_size": MOST},
            "polygon of 10,000": {
                "polygon": {"rings": [{"points": circle(10_000, 1.0)}]},
                "page_size": MOST,
            },
            "star of 10,000": {
                "polygon": {"rings": [{"points": star(10_000)}]},
                "page_size": MOST,
            },
            "along 500": {
                "route": {"path": {"points": winding(500)}, "max_distance_m": 50_000},
                "page_size": MOST,
            },
            "along 10,000": {
                "route": {"path": {"points": winding(10_000)}, "max_distance_m": 50_000},
                "page_size": MOST,
            },
        },
        "FindNearestStores": {
            "10": {"origin": {"point": HELSINKI}},
            "1000": {"origin": {"point": HELSINKI}, "page_size": MOST},
            "1000 open": {
                "origin": {"point": HELSINKI},
                "page_size": MOST,
                "store_filter": open_now,
            },
            "a place": {"origin": {"place": "Kamppii Helsingfors Finlandd"}, "page_size": 10},
            "1000 on foot": {
                "origin": {"point": HELSINKI},
                "page_size": MOST,
                "travel": {"mode": ON_FOOT, "open_on_arrival": True},
            },
        },
        "ComputeTravelTimes": {
            "10 x 1000": {
                "origins": [{"point": each} for each in winding(10)],
                "destinations": [{"point": each} for each in winding(1000)],
                "mode": ON_FOOT,
            },
        },
        "ComputeIsochrone": {
            "an hour": {
                "center": {"point": HELSINKI},
                "mode": ON_FOOT,
                "max_travel_time": {"seconds": 3600},
                "h3_resolution": 10,
            },
        },
        "BatchFindNearestStores": {
            "1000 x 100": {"points": winding(1000), "limit": 100},
            "1000 x 100 open": {"points": winding(1000), "limit": 100, "store_filter": open_now},
        },
        "CountStores": {
            "all": {"h3_resolution": 12},
            "polygon of 10,000": {
                "polygon": {"rings": [{"points": star(10_000)}]},
                "h3_resolution": 12,
            },
        },
        "SuggestPlaces": {
            "": {"query": "a", "limit": 50, "near": HELSINKI},
            "long": {"query": "san " * 50, "limit": 50},
        },
        "ParseQuery": {
            "": {"query": "pharmacy near Kamppi open now", "near": HELSINKI},
            "long": {"query": "santa sanna santissima saintes sandlla sankt " * 4},
        },
    }


def of_hours(stores: Sequence[str]) -> Ways:
    """Requests of the service of hours."""
    hours = [f"{store}/hours" for store in stores]
    year = {
        "start_date": {"year": 2026, "month": 1, "day": 1},
        "end_date": {"year": 2026, "month": 12, "day": 31},
    }
    text = "; ".join(
        f"2026 Dec {day} {hour:02}:00-{hour + 1:02}:00"
        for day in range(1, 29)
        for hour in (8, 12, 20)
    )
    return {
        "GetStoreHours": {"": {"name": hours[0]}},
        "CheckOpenState": {"": {"name": hours[0], "open_for_minutes": 527_040}},
        "BatchCheckOpenStates": {
            "all": {"names": hours},
            "all, for a year": {
                "names": hours,
                "open_for_minutes": 527_040,
                "at_time": {"seconds": 1_795_000_000},
            },
        },
        "ListOpenIntervals": {"a year": {"name": hours[0], **year}},
        "ListInStoreServices": {"": {"parent": stores[0]}},
        "ListStoreEvents": {
            "": {"parent": "stores/-", "origin": {"point": HELSINKI}, "radius_m": 1e6}
        },
        "ExportStoreHours": {
            f"{kind}": {"name": hours[0], "format": kind}
            for kind in range(1, len(hours_pb2.HoursFormat.keys()))
        },
        "ParseHours": {"2000 letters": {"format": 1, "text": text[:1990].rpartition(";")[0]}},
    }


def of_stock(stores: Sequence[str]) -> Ways:
    """Requests of the service of stock."""
    skus = products(1000)
    origin = {"point": HELSINKI}
    return {
        "GetProduct": {"": {"name": skus[0]}},
        "SearchProducts": {
            "": {"query": "a", "page_size": MOST},
            "long": {"query": "ma " * 60, "page_size": MOST},
            "department": {"department": "dairy", "page_size": MOST},
        },
        "GetStockLevels": {"all": {"store": PLAIN, "products": skus}},
        "BatchGetStockLevels": {
            "10,000": {"stores": stores[:1000], "products": skus[:10]},
            "many products": {"stores": stores[:10], "products": skus},
        },
        "ListStoresWithStock": {"": {"product": skus[0], "page_size": MOST}},
        "FindNearestAvailability": {
            "1": {"items": basket(1), "origin": origin, "max_results": 100},
            "whole list": {
                "items": basket(1),
                "origin": origin,
                "max_results": 100,
                "read_mask": {"paths": ["*"]},
            },
            "100": {
                "items": basket(100),
                "origin": origin,
                "max_results": 100,
                "radius_m": 1e6,
                "allow_partial": True,
                "allow_split": True,
            },
            "20": {
                "items": basket(20),
                "origin": origin,
                "max_results": 100,
                "radius_m": 1e6,
                "allow_partial": True,
                "allow_split": True,
                "open_at": {"seconds": 1_795_000_000},
            },
        },
        "FindPickupOptions": {
            "whole list": {
                "items": basket(1),
                "origin": origin,
                "max_results": 100,
                "read_mask": {"paths": ["*"]},
            },
            "100": {"items": basket(100), "origin": origin, "radius_m": 1e6, "max_results": 100},
            "1": {"items": basket(1), "origin": origin, "max_results": 100},
        },
    }


def of_aisle(plan: str) -> Ways:
    """Requests of the service of aisles."""
    big = plan.partition("/floorPlans/")[0]
    skus = products(100)
    walk = {"items": [{"product": sku} for sku in skus]}
    render = {"store": big, "walk": walk, "products": skus, "width_px": 4096}
    return {
        "GetFloorPlan": {"": {"name": plan}},
        "ListFloorPlans": {"": {"parent": big}},
        "ListAisles": {"": {"parent": big, "page_size": MOST}},
        "LocateProducts": {
            "100": {"store": big, "products": skus},
            "words": {"store": big, "query": "a", "limit": 100},
        },
        "PlanRoute": {
            "100": {"store": big, "walk": walk},
            "20": {"store": big, "walk": {"items": walk["items"][:20]}},
        },
        "RenderFloorPlan": {
            "PNG": {**render, "width_px": 600, "format": PNG},
            "PNG alone": {"store": PLAIN, "format": PNG},
            "PNG too wide": {**render, "format": PNG},
            "SVG": {**render, "format": SVG},
            "GeoJSON": {**render, "format": GEO_JSON},
        },
        "ListBlockedAreas": {"": {"parent": big}},
        "ResolveAnchor": {"": {"token": "x" * 2000}},
        "SubmitPlacementFeedback": {
            "": {"store": big, "product": skus[0], "kind": 2, "placement": {"aisle": "1"}}
        },
    }


def circle(count: int, radius: float) -> list[dict[str, float]]:
    """Corners of a circle about the sample, in degrees."""
    return star(count, radius, radius)


def star(count: int, radius: float = 1.0, inner: float = 0.2) -> list[dict[str, float]]:
    """Corners of a star."""
    return [
        {
            "latitude": LATITUDE + (inner if n % 2 else radius) * math.sin(math.tau * n / count),
            "longitude": LONGITUDE + (inner if n % 2 else radius) * math.cos(math.tau * n / count),
        }
        for n in range(count)
    ]


def winding(count: int) -> list[dict[str, float]]:
    """A way that winds through the sample."""
    return [
        {"latitude": LATITUDE + 0.1 * math.sin(n), "longitude": LONGITUDE - 0.3 + 0.6 * n / count}
        for n in range(count)
    ]
