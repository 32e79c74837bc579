"""Trips to pick up an order."""

import asyncio
import datetime as dt
from typing import Any

import grpc
import orjson
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from geodata.fences.trips import Mode
from services.chassis.messages.sealed import seal
from services.directory.parts import Parts
from services.directory.trip_tokens import PURPOSE, TripTokens
from services.geofence.model.trips import MORE, Trip, TripEventType, from_dict, more_of, to_dict
from services.geofence.resources.devices import Devices
from tests.support.clocks import Later
from tests.support.devices import fire, with_parts, written
from tests.support.events import reading, subscribe, take
from tests.support.geofence import T0, fix, name_of, north_of, report, told
from tests.support.refusals import refusal
from tests.support.stores import SHOPS, upsert

STOCKMANN = (60.1687, 24.9418)
STORE = "stores/t-stockmann"


@pytest.fixture
async def trips(fences, channel):
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    return fences


async def start(stub: Any, device: str = "anna", order: str = "1234", **rest: object) -> Any:
    return await stub.StartTrip(
        pb.StartTripRequest(
            parent=STORE,
            device_id=device,
            consent=True,
            order=order,
            travel_mode=pb.TRAVEL_MODE_BIKE,
            **rest,
        )
    )


async def test_a_trip_from_start_to_hand_over_is_told_step_by_step(trips, notices):
    await subscribe(notices)
    async with reading(notices) as events:
        trip = await start(trips)
        for metres, seconds in ((5000, 0), (900, 300), (600, 330), (50, 420), (20, 430)):
            await report(trips, fix("anna", north_of(STOCKMANN, metres), seconds))
        here = await trips.CheckInTrip(
            pb.CheckInTripRequest(name=trip.name, bay="3", vehicle="red bike")
        )
        done = await trips.CompleteTrip(pb.CompleteTripRequest(name=trip.name))
        found = [each.event for each in await take(events, 5)]

    assert [
        "trip.started",
        "trip.approaching",
        "trip.prepare",
        "trip.arrived",
        "trip.completed",
    ] == [event.type for event in found]
    assert [1, 2, 3, 4, 5] == [event.data["number"] for event in found]
    assert "EVENT_TYPE_TRIP_APPROACHING" == found[2].data["prepare_reason"]
    assert {"1234"} == {event.data["order"] for event in found}
    assert ("3", "red bike", pb.Trip.STATE_ARRIVED) == (here.bay, here.vehicle, here.state)
    assert pb.Trip.STATE_COMPLETED == done.state


async def test_the_order_is_prepared_once_however_many_calls_say_so(trips, notices):
    trip = await start(trips)
    await subscribe(notices, "late")
    near = north_of(STOCKMANN, 30)
    calls = [report(trips, fix("anna", near, n)) for n in range(10)]
    calls += [trips.CheckInTrip(pb.CheckInTripRequest(name=trip.name)) for _ in range(10)]
    await asyncio.gather(*calls)
    kept = await trips.GetTrip(pb.GetTripRequest(name=trip.name))
    assert pb.EVENT_TYPE_TRIP_ARRIVED == kept.prepare_reason
    async with reading(notices, "late") as events:
        found = []
        with pytest.raises(TimeoutError):
            while True:
                found += await take(events, 1, timeout_s=1)
    assert ["trip.arrived", "trip.prepare"] == sorted(each.event.type for each in found)


async def test_a_retry_that_loses_the_race_leaves_the_lease_of_the_trip(
    trips, database, monkeypatch
):
    """Both take the lease; the second writes the device first."""
    find = Devices.find

    async def found(*args, **kwargs):
        device = await find(*args, **kwargs)
        monkeypatch.setattr(Devices, "find", find)
        await start(trips, request_id="key")
        return device

    monkeypatch.setattr(Devices, "find", found)
    trip = await start(trips, request_id="key")
    [key] = [key async for key in database.scan_iter("{q:*}:trips")]

    assert [trip.name.rpartition("/")[2].encode()] == await database.zrange(key, 0, -1)


async def test_a_store_of_the_same_brand_is_told_as_the_wrong_one(trips):
    await start(trips)
    results = await report(trips, fix("anna", (60.4510, 22.2690), 0))
    assert [(0, "TRIP_WRONG_STORE", "")] == told(results)
    assert "stores/t-turku" == results[0].events[0].store


async def test_the_queue_of_the_staff(trips):
    for device, order in (("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")):
        await start(trips, device, order)
    await report(trips, fix("b", STOCKMANN, 0))
    await report(trips, fix("a", north_of(STOCKMANN, 3000), 0))
    await report(trips, fix("c", STOCKMANN, 0))
    gone = await start(trips, "d", "4")
    await trips.CancelTrip(pb.CancelTripRequest(name=gone.name))

    queue = await trips.ListArrivals(pb.ListArrivalsRequest(parent=STORE))

    assert ["2", "3", "1"] == [arrival.trip.order for arrival in queue.arrivals]
    assert [True, True, False] == [a.HasField("waiting_time") for a in queue.arrivals]
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await trips.CheckInTrip(pb.CheckInTripRequest(name=gone.name))
    assert grpc.StatusCode.FAILED_PRECONDITION == failure.value.code()


async def test_a_retry_and_the_same_order_find_the_trip_there_is(trips):
    first = await start(trips, request_id="r")
    assert first == await start(trips, request_id="r") == await start(trips)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await start(trips, order="other", request_id="r")
    assert grpc.StatusCode.ALREADY_EXISTS == failure.value.code()


async def test_a_trip_expires_by_itself(trips, notices, workers):
    del workers
    await subscribe(notices, filter={"types": ["trip.expired"]})
    async with reading(notices) as events:
        trip = await start(trips, ttl={"seconds": 1})
        [found] = await take(events, 1)
    assert trip.name == found.event.data["trip"]


async def test_no_trip_starts_to_a_closed_store_and_one_under_way_goes_on(trips, channel):
    begun = await start(trips)
    stores = stores_pb2_grpc.StoresServiceStub(channel)
    shop = stores_pb2.Store(name=STORE, status=stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD)
    mask = FieldMask(paths=["status"])
    await stores.UpdateStore(stores_pb2.UpdateStoreRequest(store=shop, update_mask=mask))

    refused = await refusal(start(trips, order="5678"))
    again = await start(trips)
    done = await trips.CompleteTrip(pb.CompleteTripRequest(name=begun.name))

    assert (grpc.StatusCode.FAILED_PRECONDITION, "STORE_NOT_OPEN", []) == refused
    assert begun.name == again.name
    assert pb.Trip.STATE_COMPLETED == done.state


async def test_a_trip_to_nowhere_is_not_found(trips):
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await trips.StartTrip(
            pb.StartTripRequest(parent="stores/none", device_id="a", consent=True, order="1")
        )
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await trips.GetTrip(pb.GetTripRequest(name=f"{STORE}/trips/99{'0' * 20}"))
    assert grpc.StatusCode.NOT_FOUND == failure.value.code() == missing.value.code()


def window(clock: Later, start_min: float, end_min: float) -> dict[str, dt.datetime]:
    """A pick-up window so many minutes from now."""
    now = clock()
    return {
        "pickup_start_time": now + dt.timedelta(minutes=start_min),
        "pickup_end_time": now + dt.timedelta(minutes=end_min),
    }


async def told_by(parts: Parts) -> list[str]:
    return [name_of(event).removeprefix("TRIP_") for event in await written(parts)]


async def test_a_traveller_who_does_not_come_is_reminded_and_missed(trips, parts):
    clock = Later()
    async with with_parts(parts, clock) as stub:
        trip = await start(stub, **window(clock, 0, 60))
        assert not await fire(parts, clock)
        clock.by += dt.timedelta(minutes=46)
        assert await fire(parts, clock)
        assert not await fire(parts, clock)
        clock.by += dt.timedelta(minutes=15)
        assert await fire(parts, clock)
        assert not await fire(parts, clock)
        kept = await stub.GetTrip(pb.GetTripRequest(name=trip.name))

    assert ["STARTED", "REMINDER", "MISSED"] == await told_by(parts)
    reminder = (await written(parts))[1]
    assert trip.pickup_end_time == reminder.expire_time == kept.pickup_end_time
    assert pb.CAUSE_TIME == reminder.cause
    assert pb.Trip.STATE_STARTED == kept.state


async def test_after_an_outage_the_end_of_the_window_is_told_and_no_reminder(trips, parts):
    clock = Later()
    async with with_parts(parts, clock) as stub:
        await start(stub, **window(clock, 0, 60))
        clock.by += dt.timedelta(hours=5)
        assert await fire(parts, clock)
    assert ["STARTED", "MISSED", "EXPIRED"] == await told_by(parts)


async def test_a_traveller_who_will_be_late_is_told_once_and_one_who_waits_without_a_fix(
    trips, parts
):
    clock = Later()
    async with with_parts(parts, clock) as stub:
        await start(stub, **window(clock, 0, 30))
        for metres in (20_000, 19_000, 30):  # by bike 101, 96 and 0 minutes
            clock.by += dt.timedelta(seconds=60)
            seconds = (clock() - T0).total_seconds()
            await report(stub, fix("anna", north_of(STOCKMANN, metres), seconds))
        clock.by += dt.timedelta(minutes=4)
        assert not await fire(parts, clock)
        clock.by += dt.timedelta(minutes=1)
        assert await fire(parts, clock)
        clock.by += dt.timedelta(minutes=60)
        assert not await fire(parts, clock)
        [arrival] = (await stub.ListArrivals(pb.ListArrivalsRequest(parent=STORE))).arrivals

    assert ["STARTED", "DELAYED", "ARRIVED", "PREPARE_ORDER", "WAITING_LONG"] == await told_by(
        parts
    )
    assert arrival.trip.HasField("pickup_end_time")


async def test_a_trip_that_begins_late_is_not_reminded(trips, parts):
    clock = Later()
    async with with_parts(parts, clock) as stub:
        await start(stub, **window(clock, -30, 10))
        await start(stub, "bert", "2", **window(clock, -60, -1))
        clock.by += dt.timedelta(minutes=11)
        assert await fire(parts, clock)
    assert ["MISSED", "STARTED", "STARTED"] == sorted(await told_by(parts))


async def test_a_token_binds_a_trip_to_its_hold_and_owner(parts):
    tokens = TripTokens(parts.keyring)
    hold, owner = "stores/s/reservations/r", "o"
    signed = tokens.of(hold, owner, 2**42)
    of_before = seal(parts.keyring, PURPOSE, orjson.dumps([hold, owner, 2**42, 1, 2]))

    assert tokens.binds(signed, hold, owner, 1)
    assert tokens.binds(of_before, hold, owner, 1)
    assert not tokens.binds(signed, hold, "another", 1)
    assert not tokens.binds(signed, hold, owner, 2**42)
    assert not tokens.binds(signed[:-2], hold, owner, 1)


def test_earlier_versions_read_the_record_of_a_trip_with_a_window():
    trip = Trip(
        id="17a",
        store="s",
        order="1",
        mode=Mode.CAR,
        approaching_s=1,
        radius_m=1,
        start_ms=1,
        expire_ms=2,
        pickup_end_ms=9,
        told=frozenset({TripEventType.REMINDER}),
    )
    assert to_dict(trip).keys().isdisjoint(MORE)
    assert trip == from_dict(to_dict(trip), {trip.id: more_of(trip)})
