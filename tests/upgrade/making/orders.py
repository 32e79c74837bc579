"""Makes holds in every state, and stock alerts."""

from typing import Any

from tests.upgrade.making.notes import Notes
from tests.upgrade.making.places import PLACES, location
from tests.upgrade.running import Answer

TTL = "72000s"


def reservations(notes: Notes) -> None:
    """A hold in each state, one transferred, and three of one shopper."""
    hold(notes, "confirmed", 2, shopper="somebody")
    token = notes.watched("stock.WatchReservations", parent="stores/up-01")
    hold(notes, "preparing", 3)
    act(notes, "preparing", "PrepareReservation")
    hold(notes, "ready", 4)
    act(notes, "ready", "MarkReservationReady")
    hold(notes, "partly_collected", 5)
    notes.once(
        "stock.CollectReservation",
        key="shop",
        name=notes.held["holds"]["partly_collected"],
        items=[{"product": "products/sku-05", "quantity": 2}],
        request_id="collect-1",
    )
    hold(notes, "collected", 6)
    act(notes, "collected", "CollectReservation")
    hold(notes, "canceled", 7)
    act(notes, "canceled", "CancelReservation")
    hold(notes, "short", 8, ttl="300s")
    hold(notes, "transferred", 9, store="up-02")
    moved = notes.once(
        "stock.TransferReservation",
        key="shop",
        name=notes.held["holds"]["transferred"],
        destination_store="stores/up-03",
        request_id="transfer-1",
    )
    notes.held["holds"]["transferred_here"] = moved["name"]
    for number in range(3):
        notes.call(
            "stock.CreateReservation",
            key="shop",
            parent="stores/up-07",
            items=[{"product": f"products/sku-{20 + number}", "quantity": 1}],
            shopper="has as many as allowed",
            ttl=TTL,
        )
    notes.held["watches"]["reservations"] = {
        "method": "stock.WatchReservations",
        "parent": "stores/up-01",
        "resume_token": token,
        "told": notes.held["holds"]["ready"],
    }
    name = f"{notes.held['holds']['ready']}/pickupCode"
    notes.held["pickup_code"] = notes.call("stock.GetPickupCode", key="shop", name=name)["text"]
    etag = notes.call("stock.GetReservation", name=notes.held["holds"]["confirmed"])["etag"]
    notes.held["etags"]["stock.ExtendReservation"] = {
        "name": notes.held["holds"]["confirmed"], "ttl": "75600s", "etag": etag,
    }  # fmt: skip


def hold(notes: Notes, kind: str, quantity: int, store: str = "up-01", **more: Any) -> Answer:
    """A hold that is noted by its kind. Each kind holds a product of its own."""
    number = 1 + len(notes.held["holds"])
    made = notes.once(
        "stock.CreateReservation",
        key="shop",
        parent=f"stores/{store}",
        items=[{"product": f"products/sku-{number:02}", "quantity": quantity}],
        request_id=f"hold-{kind}",
        **{"ttl": TTL, "method": "PICKUP_METHOD_IN_STORE", **more},
    )
    notes.held["holds"][kind] = made["name"]
    return made


def act(notes: Notes, kind: str, method: str) -> None:
    """A step of a hold."""
    notes.call(f"stock.{method}", key="shop", name=notes.held["holds"][kind])


def alerts(notes: Notes) -> None:
    """An alert that has fired, and one that waits."""
    token = notes.watched("stock.WatchStockAlerts", "shop")
    for kind, sku in (("fired", "products/sku-29"), ("waiting", "products/sku-30")):
        made = notes.once(
            "stock.CreateStockAlert",
            key="shop",
            stock_alert={"products": [sku], "store": "stores/up-06", "min_quantity": 2},
            request_id=f"alert-{kind}",
        )
        notes.held[f"alert_{kind}"] = {"name": made["name"], "product": sku}
    notes.call(
        "stock.AdjustStock",
        store="stores/up-06",
        source="till-1",
        sequence=1,
        deltas=[{"product": "products/sku-29", "delta": 5}],
    )
    name = notes.held["alert_fired"]["name"]
    notes.suite.until(
        lambda: notes.call("stock.GetStockAlert", key="shop", name=name).get("fire_time")
    )
    notes.held["watches"]["alerts"] = {
        "method": "stock.WatchStockAlerts", "resume_token": token, "told": name,
    }  # fmt: skip
    notes.call(
        "stock.FindNearestAvailability",
        items=[{"product": "products/sku-30", "quantity": 3}],
        origin={"point": location(PLACES["up-01"])},
        radius_m=3_000,
    )
