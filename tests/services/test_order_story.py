"""Two phones and one shop: from the list of stores to the hand-over, as each of them sees it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key
from services.chassis.access.policy import Role
from services.chassis.clock import utc_now
from services.directory.parts import Parts
from tests.support.gated import Callers, Stubs, gated
from tests.support.geofence import fix, north_of, report
from tests.support.orders import crossing, eventually
from tests.support.refusals import refusal
from tests.support.stock import KAMPPI, STOCKMANN, available, basket, state
from tests.support.stores import SHOPS, upsert

GLOVES = "products/gloves"
PLACE = (60.1687, 24.9418)
"""Where Stockmann is."""
Held, Arrival, Trip = stock_pb2.Reservation, stock_pb2.Reservation.Arrival, pb.Trip


@dataclass
class Phone:
    """The app on the phone of one person."""

    app: Stubs
    person: str
    hold: Any = None
    trip: Any = None

    async def options(self) -> Any:
        """The stores near by, with all that a list shows."""
        return await self.app.stock.FindPickupOptions(
            stock_pb2.FindPickupOptionsRequest(
                items=basket(milk=2), origin=KAMPPI, read_mask={"paths": ["*"]}
            )
        )

    async def take(self, store: str, **fields: Any) -> None:
        """Hold two milks."""
        self.hold = await self.app.stock.CreateReservation(
            stock_pb2.CreateReservationRequest(
                parent=store, items=basket(milk=2), shopper=self.person, **fields
            )
        )

    async def want(self, **units: int) -> None:
        """Change the hold to these units."""
        items = [
            stock_pb2.ReservedItem(product=f"products/{sku}", requested_quantity=quantity)
            for sku, quantity in units.items()
        ]
        self.hold = await self.app.stock.UpdateReservation(
            stock_pb2.UpdateReservationRequest(
                reservation=Held(name=self.hold.name, items=items), update_mask={"paths": ["items"]}
            )
        )

    async def code(self) -> str:
        """The code to say at the counter."""
        request = stock_pb2.GetPickupCodeRequest(name=f"{self.hold.name}/pickupCode")
        return str((await self.app.stock.GetPickupCode(request)).code)

    async def set_out(self) -> None:
        """Start the trip to the hold."""
        self.trip = await self.app.geofence.StartTrip(
            pb.StartTripRequest(
                parent=STOCKMANN,
                device_id=self.person,
                consent=True,
                reservation=self.hold.name,
                trip_token=self.hold.trip_token,
            )
        )

    async def arrive(self, bay: str) -> None:
        """Come near, and say where the car stands."""
        await report(
            self.app.geofence,
            fix(self.person, north_of(PLACE, 3000), 0),
            fix(self.person, north_of(PLACE, 20), 600),
        )
        await self.app.geofence.CheckInTrip(pb.CheckInTripRequest(name=self.trip.name, bay=bay))

    async def held(self) -> Any:
        """The hold as the phone reads it."""
        return await self.app.stock.GetReservation(
            stock_pb2.GetReservationRequest(name=self.hold.name)
        )

    async def travelled(self) -> Any:
        """The trip as the phone reads it."""
        return await self.app.geofence.GetTrip(pb.GetTripRequest(name=self.trip.name))

    async def both(self) -> tuple[int, int, int]:
        """The state of the hold, of the arrival as the hold tells it, and of the trip."""
        held, travelled = await self.held(), await self.travelled()
        return held.state, held.arrival.state, travelled.state

    async def agree(self, held: int, arrival: int, trip: int) -> None:
        """Wait until both records say the same."""
        await eventually(self.both, lambda found: found == (held, arrival, trip))


async def slots(app: Stubs) -> list[Any]:
    """The pick-up slots of Stockmann, the next ones first."""
    request = stock_pb2.ListPickupSlotsRequest(parent=STOCKMANN)
    return list((await app.stock.ListPickupSlots(request)).pickup_slots)


async def queue(till: Stubs) -> list[Any]:
    """The queue of the shop as its screen shows it."""
    request = stock_pb2.ListPickupQueueRequest(parent=STOCKMANN)
    return list((await till.stock.ListPickupQueue(request)).entries)


@pytest.fixture
async def shop(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callers]:
    """Stockmann, always open, with milk; its staff has a key, and workers run."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with gated(parts) as callers, crossing(parts):
        key, token = new_key("till", Role.STAFF, utc_now(), stores=("t-stockmann",))
        assert await KeyStore(parts.client).create(key)
        callers.keys[Role.STAFF] = token
        admin = callers.by(Role.ADMIN)
        store = stores_pb2.Store(opening_hours_text="24/7")
        store.MergeFrom(next(each for each in SHOPS if each.name == STOCKMANN))
        await upsert(admin.stores, [store])
        gloves = stock_pb2.Product(name=GLOVES, display_name="Gloves")
        await admin.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=[gloves])]))
        await state(admin.stock, STOCKMANN, milk=5, gloves=2)
        policy = stock_pb2.StockPolicy(name=f"{STOCKMANN}/stockPolicy")
        policy.pickup_methods.append(stock_pb2.PICKUP_METHOD_IN_STORE)
        rule = policy.pickup_slots.add(method=stock_pb2.PICKUP_METHOD_IN_STORE, capacity=1)
        rule.duration.FromSeconds(3600)
        await admin.stock.UpdateStockPolicy(stock_pb2.UpdateStockPolicyRequest(stock_policy=policy))
        yield callers


async def test_two_phones_and_one_shop(shop):
    anna, ben = Phone(shop.by(Role.CHANNEL), "anna"), Phone(shop.by(Role.CHANNEL), "ben")
    till, admin = shop.by(Role.STAFF), shop.by(Role.ADMIN)

    # Anna's list needs no other call: where it is, if it is open, from when until when.
    [option] = (await anna.options()).options
    assert (STOCKMANN, "Stockmann", "Helsinki") == (
        option.store,
        option.display_name,
        option.address.locality,
    )
    assert stock_pb2.OpenState.STATE_OPEN == option.open_state.state
    assert abs(option.location.latitude - PLACE[0]) < 1e-6

    # Each slot has one place: Anna takes the first one, so Ben has the next.
    early, late = (await slots(anna.app))[:2]
    assert (1, 1) == (early.free_count, late.free_count)
    await anna.take(option.store, pickup_slot=early.name)
    _, reason, _ = await refusal(ben.take(option.store, pickup_slot=early.name))
    assert "SLOT_FULL" == reason
    await ben.take(option.store, pickup_slot=late.name)
    assert [0, 0] == [slot.free_count for slot in (await slots(ben.app))[:2]]
    for phone, slot in ((anna, early), (ben, late)):
        assert slot.name == phone.hold.pickup_slot
        assert option.ready_by.seconds <= phone.hold.ready_by.seconds <= slot.start_time.seconds
        assert phone.hold.ready_by.seconds < phone.hold.pickup_by.seconds
        assert phone.hold.pickup_by.seconds <= phone.hold.expire_time.seconds
    assert 1 == await available(admin.stock, STOCKMANN)

    # It has become cold: Anna adds gloves to her hold, and keeps her code.
    said = await anna.code()
    await anna.want(milk=2, gloves=1)
    assert [("products/milk", 2), (GLOVES, 1)] == [
        (item.product, item.held_quantity) for item in anna.hold.items
    ]
    assert (early.name, said) == (anna.hold.pickup_slot, await anna.code())
    _, reason, _ = await refusal(anna.want(milk=4, gloves=1))
    assert ("INSUFFICIENT_STOCK", anna.hold) == (reason, await anna.held())
    assert 1 == await available(admin.stock, STOCKMANN, GLOVES)

    for phone in (anna, ben):
        await phone.set_out()
        await phone.agree(Held.STATE_CONFIRMED, Arrival.STATE_ON_THE_WAY, Trip.STATE_STARTED)
    await ben.arrive(bay="2")
    await ben.agree(Held.STATE_CONFIRMED, Arrival.STATE_ARRIVED, Trip.STATE_ARRIVED)
    await eventually(ben.held, lambda hold: hold.arrival.bay == "2")
    assert Trip.STATE_STARTED == (await anna.travelled()).state

    # In the queue of the shop who waits is before who is due earlier.
    first, second = await queue(till)
    assert [ben.hold.name, anna.hold.name] == [first.reservation.name, second.reservation.name]
    assert first.due_time.seconds >= second.due_time.seconds
    assert ("2", True) == (first.reservation.arrival.bay, first.HasField("waiting_since_time"))
    assert not second.HasField("waiting_since_time")

    # Ben's code finds his goods at the till alone; a slip of the hand is undone.
    said = await ben.code()
    find = stock_pb2.FindReservationByCodeRequest(parent=STOCKMANN, code=said)
    code, _, _ = await refusal(anna.app.stock.FindReservationByCode(find))
    assert "PERMISSION_DENIED" == code.name
    by_code = stock_pb2.CollectReservationRequest(name=f"{STOCKMANN}/reservations/-", code=said)
    await till.stock.CollectReservation(by_code)
    await ben.agree(Held.STATE_COLLECTED, Arrival.STATE_ARRIVED, Trip.STATE_COMPLETED)
    assert [anna.hold.name] == [entry.reservation.name for entry in await queue(till)]
    await till.stock.UndoCollectReservation(
        stock_pb2.UndoCollectReservationRequest(name=ben.hold.name)
    )
    await ben.agree(Held.STATE_CONFIRMED, Arrival.STATE_ARRIVED, Trip.STATE_ARRIVED)
    assert [ben.hold.name, anna.hold.name] == [
        entry.reservation.name for entry in await queue(till)
    ]

    await anna.arrive(bay="3")
    await anna.agree(Held.STATE_CONFIRMED, Arrival.STATE_ARRIVED, Trip.STATE_ARRIVED)
    for phone in (ben, anna):
        by_code.code = await phone.code()
        done = await till.stock.CollectReservation(by_code)
        assert phone.hold.name == done.name
        assert [item.held_quantity for item in phone.hold.items] == [
            item.collected_quantity for item in done.items
        ]
        await phone.agree(Held.STATE_COLLECTED, Arrival.STATE_ARRIVED, Trip.STATE_COMPLETED)
    assert [] == await queue(till)
    assert 1 == await available(admin.stock, STOCKMANN)
    assert 1 == await available(admin.stock, STOCKMANN, GLOVES)
    assert [] == list((await admin.stock.ReconcileStock(stock_pb2.ReconcileStockRequest())).drifts)
