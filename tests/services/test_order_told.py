"""One order told: both phones and the shop hear by webhook, signed, of what is theirs alone."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stock.v1 import stock_pb2
from services.chassis.access.policy import Role
from services.directory.parts import Parts
from services.events import bootstrap
from tests.services.test_order_story import GLOVES, Phone, shop
from tests.support.endpoint import Endpoint, endpoint
from tests.support.gated import Callers, Stubs
from tests.support.geofence import running
from tests.support.orders import eventually
from tests.support.stock import MILK, STOCKMANN, state

__all__ = ["shop"]

READY, COLLECTED = "reservation.ready", "reservation.collected"


@dataclass
class Listener:
    """An endpoint with its subscription."""

    hook: Endpoint
    secret: str

    @property
    def told(self) -> list[dict[str, Any]]:
        """The events in the order in which they came first, their signatures verified."""
        seen: dict[str, dict[str, Any]] = {}
        for headers, body in self.hook.posts:
            event = Webhook(self.secret).verify(body, headers)
            assert event["id"] == headers["webhook-id"]
            seen.setdefault(event["id"], event)
        return list(seen.values())

    def types(self, subject: str) -> list[str]:
        """The types of the events of one resource."""
        found = [event for event in self.told if event["subject"] == subject]
        return [event["type"].removeprefix("enrayon.") for event in found]

    def last(self, type: str, reference: str) -> dict[str, Any]:
        """The last event of a type and a person."""
        found = [
            event
            for event in self.told
            if event["type"] == f"enrayon.{type}" and event.get("reference") == reference
        ]
        return found[-1]

    async def hears(self, type: str, reference: str, count: int = 1) -> dict[str, Any]:
        """Wait for so many events of a type and a person; answers the last."""

        async def read() -> int:
            found = [(event["type"], event.get("reference")) for event in self.told]
            return found.count((f"enrayon.{type}", reference))

        await eventually(read, lambda found: found >= count)
        return self.last(type, reference)


@pytest.fixture(autouse=True)
def _reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Endpoints of tests are on this machine."""
    monkeypatch.setenv("ENRAYON_WEBHOOK_PRIVATE", "true")


@pytest.fixture
async def listen(parts: Parts, shop: Callers) -> AsyncIterator[Any]:
    """Subscribe a caller with an endpoint of its own; a worker delivers."""
    async with AsyncExitStack() as stack:

        async def subscribe(caller: Stubs, id: str, **filters: Any) -> Listener:
            hook = await stack.enter_async_context(endpoint())
            wanted = events_pb2.Subscription(
                filter=events_pb2.EventFilter(**filters), webhook={"uri": hook.uri}
            )
            made = await caller.events.CreateSubscription(
                events_pb2.CreateSubscriptionRequest(subscription=wanted, subscription_id=id)
            )
            return Listener(hook, made.webhook.secret)

        await stack.enter_async_context(running(bootstrap.build(parts)))
        yield subscribe


async def test_both_phones_and_the_shop_are_told_of_one_order(shop, listen):
    anna, ben = Phone(shop.by(Role.CHANNEL), "anna"), Phone(shop.by(Role.CHANNEL), "ben")
    till, admin = shop.by(Role.STAFF), shop.by(Role.ADMIN)
    hers = await listen(anna.app, "anna", references=["anna"])
    his = await listen(ben.app, "ben", references=["ben"])
    desk = await listen(till, "desk")

    # Both take milk; Anna adds gloves; the shop hears of both.
    await anna.take(STOCKMANN)
    await ben.take(STOCKMANN)
    await anna.want(milk=2, gloves=2)
    await hers.hears("reservation.updated", "anna")
    for person in ("anna", "ben"):
        told = await desk.hears("reservation.confirmed", person)
        assert ("//enrayon/stock", STOCKMANN) == (told["source"], told["store"])

    # Ben's goods are ready: his phone knows until when, and hers hears nothing of it.
    await till.stock.PrepareReservation(stock_pb2.PrepareReservationRequest(name=ben.hold.name))
    await till.stock.MarkReservationReady(stock_pb2.MarkReservationReadyRequest(name=ben.hold.name))
    ready = await his.hears(READY, "ben")
    held = await ben.held()
    assert ben.hold.name == ready["subject"]
    assert held.expire_time.ToMilliseconds() == ready["data"]["expire_ms"]
    assert held.pickup_by.ToMilliseconds() == ready["data"]["pickup_by_ms"]
    assert held.expire_time.ToJsonString() == ready["expiretime"]

    # He drives there: his phone follows the trip by the reference that its app gave, and the desk
    # hears that he waits. No event has his bay or where he is.
    await ben.app.geofence.UpdateDevice(
        pb.UpdateDeviceRequest(device_id="ben", consent=True, device={"reference": "ben"})
    )
    await ben.set_out()
    await ben.arrive(bay="bay 2")
    await eventually(ben.held, lambda hold: hold.arrival.bay == "bay 2")

    async def arrival() -> str:
        told = await desk.hears("reservation.arrival", "ben")
        return str(told["data"]["arrival"])

    await eventually(arrival, lambda found: found == "ARRIVED")
    for listener in (his, desk):
        await listener.hears("trip.started", "ben")
        await listener.hears("trip.arrived", "ben")

    # One of Anna's gloves cannot be found; her phone says which.
    request = stock_pb2.ReportMissingItemsRequest(name=anna.hold.name)
    request.items.add(product=GLOVES, quantity=1)
    await till.stock.ReportMissingItems(request)
    missing = await hers.hears("reservation.items_missing", "anna")
    assert "The shop could not find 1 x Gloves." == missing["data"]["text"]

    # Ben's goods are handed over by mistake, taken back, and handed over.
    collect = stock_pb2.CollectReservationRequest(name=ben.hold.name)
    await till.stock.CollectReservation(collect)
    await till.stock.UndoCollectReservation(
        stock_pb2.UndoCollectReservationRequest(name=ben.hold.name)
    )
    await till.stock.CollectReservation(collect)
    await his.hears(COLLECTED, "ben", 2)

    # Gloves and milk come: Anna asked for both together, with a hold.
    wanted = stock_pb2.StockAlert(store=STOCKMANN, shopper="anna", hold={})
    wanted.items.add(product=GLOVES, quantity=1)
    wanted.items.add(product=MILK, quantity=1)
    alert = await anna.app.stock.CreateStockAlert(
        stock_pb2.CreateStockAlertRequest(stock_alert=wanted)
    )
    await state(admin.stock, STOCKMANN, 2, milk=20, gloves=5)
    fired = await hers.hears("alert.fired", "anna")
    assert (alert.name, STOCKMANN) == (fired["subject"], fired["store"])
    second = fired["data"]["reservation"]
    by_her = stock_pb2.GetReservationRequest(name=second)
    assert "anna" == (await anna.app.stock.GetReservation(by_her)).shopper

    # She gives the first one up and takes the second; the desk hears both.
    await anna.app.stock.CancelReservation(stock_pb2.CancelReservationRequest(name=anna.hold.name))
    await till.stock.CollectReservation(stock_pb2.CollectReservationRequest(name=second))
    for listener in (hers, desk):
        await listener.hears(COLLECTED, "anna")
        assert [
            "reservation.confirmed",
            "reservation.updated",
            "reservation.items_missing",
            "reservation.canceled",
        ] == listener.types(anna.hold.name)
        assert ["reservation.confirmed", COLLECTED] == listener.types(second)
    for listener in (his, desk):
        await listener.hears(COLLECTED, "ben", 2)
        assert [
            "reservation.confirmed",
            "reservation.preparing",
            READY,
            COLLECTED,
            "reservation.undone",
            COLLECTED,
        ] == [type for type in listener.types(ben.hold.name) if type != "reservation.arrival"]

    # Nobody heard what is another's; the desk hears of holds, not of alerts.
    assert {"anna"} == {event["reference"] for event in hers.told}
    assert {"ben"} == {event["reference"] for event in his.told}
    assert ["alert.fired"] == hers.types(alert.name)
    assert [] == desk.types(alert.name)
    for listener in (hers, his, desk):
        ids = [event["id"] for event in listener.told]
        assert len(set(ids)) == len(ids)
        bodies = b"".join(body for _, body in listener.hook.posts)
        assert not [word for word in (b"bay 2", b"60.168", b"latitude") if word in bodies]
