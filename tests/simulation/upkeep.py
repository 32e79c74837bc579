"""Acts of those who run a chain: they change fences, rules, products, stores and subscriptions.

Each act calls one of the methods below with a resource of its own: no law about what shoppers see
depends on them.
"""

import random
from collections.abc import Callable, Mapping

from google.protobuf.message import Message

from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2

POP_UP = "t-pop-up"
"""A store that opens and closes: lists may have it or not."""
EXTRA = "https://three.example/hook"
FENCE, RULE, EXTRA_NAME = "fences/other", "rules/hello", "subscriptions/extra"
EVENT = "stores/t-forum/events/tasting"


def fence(rng: random.Random, name: str = "") -> geofence_pb2.Fence:
    """A circle far from the shoppers' way."""
    center = {"latitude": 60.25, "longitude": 24.8}
    return geofence_pb2.Fence(
        name=name, circle={"center": center, "radius_m": rng.choice((100, 200))}
    )


def pop_up(rng: random.Random) -> stores_pb2.Store:
    """The store that opens and closes."""
    return stores_pb2.Store(
        name=f"stores/{POP_UP}",
        display_name=f"Pop-up {rng.randint(1, 9)}",
        location={"latitude": 60.1699, "longitude": 24.9384},
        address={"region_code": "FI", "locality": "Helsinki"},
    )


def cocoa(rng: random.Random) -> stock_pb2.Product:
    """A product that nobody asks for."""
    return stock_pb2.Product(name="products/cocoa", display_name=f"Cocoa {rng.randint(1, 9)}")


def extra(rng: random.Random) -> events_pb2.Subscription:
    """A subscription whose endpoint no law looks at."""
    return events_pb2.Subscription(
        name=EXTRA_NAME, webhook={"uri": EXTRA}, disabled=rng.random() < 0.3
    )


def rule(rng: random.Random) -> geofence_pb2.Rule:
    """A greeting at the forum."""
    return geofence_pb2.Rule(
        name=RULE, display_name=f"Hello {rng.randint(1, 9)}", fences=["fences/forum"]
    )


def tasting(now_s: int) -> hours_pb2.StoreEvent:
    """An announcement."""
    return hours_pb2.StoreEvent(
        title="Tasting", start_time={"seconds": now_s + 3600}, end_time={"seconds": now_s + 7200}
    )


Make = Callable[[random.Random, int, str], Message]
"""From chance, the time in seconds and a `request_id`."""
UPKEEP: Mapping[str, Make] = {
    "Stores/UpsertStores": lambda rng, _, __: stores_pb2.UpsertStoresRequest(stores=[pop_up(rng)]),
    "Stores/UpdateStore": lambda rng, _, __: stores_pb2.UpdateStoreRequest(
        store=pop_up(rng), allow_missing=True
    ),
    "Stores/DeleteStore": lambda *_: stores_pb2.DeleteStoreRequest(
        name=f"stores/{POP_UP}", allow_missing=True
    ),
    "Stock/UpsertProducts": lambda rng, _, __: stock_pb2.UpsertProductsRequest(
        products=[cocoa(rng)]
    ),
    "Stock/DeleteProduct": lambda *_: stock_pb2.DeleteProductRequest(
        name="products/cocoa", allow_missing=True
    ),
    "Stock/UpdateStockGroup": lambda rng, _, __: stock_pb2.UpdateStockGroupRequest(
        stock_group={
            "name": "stockGroups/town",
            "stores": rng.choice((["stores/t-forum"], ["stores/t-forum", "stores/t-stockmann"])),
        }
    ),
    "Stock/ReconcileStock": lambda *_: stock_pb2.ReconcileStockRequest(),
    "Hours/CreateStoreEvent": lambda _, now_s, key: hours_pb2.CreateStoreEventRequest(
        parent="stores/t-forum",
        store_event=tasting(now_s),
        store_event_id="tasting",
        request_id=key,
    ),
    "Hours/DeleteStoreEvent": lambda *_: hours_pb2.DeleteStoreEventRequest(
        name=EVENT, allow_missing=True
    ),
    "Geofence/CreateFence": lambda rng, _, key: geofence_pb2.CreateFenceRequest(
        fence=fence(rng), fence_id="other", request_id=key
    ),
    "Geofence/BatchCreateFences": lambda rng, _, key: geofence_pb2.BatchCreateFencesRequest(
        requests=[
            geofence_pb2.CreateFenceRequest(fence=fence(rng), fence_id="more", request_id=key)
        ]
    ),
    "Geofence/UpdateFence": lambda rng, _, __: geofence_pb2.UpdateFenceRequest(
        fence=fence(rng, FENCE), allow_missing=True
    ),
    "Geofence/DeleteFence": lambda rng, _, __: geofence_pb2.DeleteFenceRequest(
        name=rng.choice((FENCE, "fences/more")), allow_missing=True
    ),
    "Geofence/CreateRule": lambda rng, _, key: geofence_pb2.CreateRuleRequest(
        rule=rule(rng), rule_id="hello", request_id=key
    ),
    "Geofence/UpdateRule": lambda rng, _, __: geofence_pb2.UpdateRuleRequest(
        rule=rule(rng), allow_missing=True
    ),
    "Geofence/DeleteRule": lambda *_: geofence_pb2.DeleteRuleRequest(name=RULE, allow_missing=True),
    "Geofence/ReportPositions": lambda _, now_s, __: geofence_pb2.ReportPositionsRequest(
        fixes=[
            geofence_pb2.Fix(
                device_id="cleo",
                location={"latitude": 60.25, "longitude": 24.8},
                sequence=now_s,
                device_time={"seconds": now_s},
            )
        ],
        consent=True,
    ),
    "Geofence/UpdateDevice": lambda rng, _, __: geofence_pb2.UpdateDeviceRequest(
        device_id="cleo", consent=rng.random() < 0.8, device={"reference": "cleo"}
    ),
    "Events/CreateSubscription": lambda rng, _, __: events_pb2.CreateSubscriptionRequest(
        subscription=extra(rng), subscription_id="extra"
    ),
    "Events/UpdateSubscription": lambda rng, _, __: events_pb2.UpdateSubscriptionRequest(
        subscription=extra(rng), update_mask={"paths": ["disabled"]}
    ),
    "Events/RotateSubscriptionSecret": lambda rng, _, __: (
        events_pb2.RotateSubscriptionSecretRequest(
            name=rng.choice((EXTRA_NAME, "subscriptions/all"))
        )
    ),
    "Events/DeleteSubscription": lambda *_: events_pb2.DeleteSubscriptionRequest(
        name=EXTRA_NAME, allow_missing=True
    ),
    "Events/ReplayDeadLetters": lambda rng, _, __: events_pb2.ReplayDeadLettersRequest(
        parent=rng.choice((EXTRA_NAME, "subscriptions/all"))
    ),
}
"""Service and method -> what makes a request to it."""
