"""An order is a hold and the trip to it: what one learns, the other is told."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import grpc
import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.app import background
from services.chassis.access.policy import Role
from services.chassis.database.outbox import Fact, Outbox
from services.chassis.errors import ConcurrentChanges
from services.directory import crossing as keys
from services.directory.crossing import hold_facts, trip_facts
from services.directory.events import HARD_LIMIT, LIFETIMES_S, StreamSettings
from services.directory.parts import Parts
from services.geofence import bootstrap as geofence
from services.geofence.model import partitions as device_partitions
from services.geofence.model import trips
from services.geofence.resources.trips import Trips
from services.stock import bootstrap as stock
from services.stock.model import partitions as store_partitions
from services.stock.model.partitions import StoreKeys
from services.stock.resources.arrivals import Arrivals
from services.stock.state.holds import Holds
from tests.support.events import reading, subscribe, take
from tests.support.gated import gated
from tests.support.geofence import fix, name_of, north_of, report
from tests.support.orders import Order, crossing, eventually
from tests.support.refusals import refusal
from tests.support.stock import FORUM, PRODUCTS, STOCKMANN, basket, hold, state
from tests.support.stores import SHOPS, upsert

CODE = grpc.StatusCode
PLACE = (60.1687, 24.9418)
"""Where Stockmann is."""
Held, Trip, Arrival = stock_pb2.Reservation, pb.Trip, stock_pb2.Reservation.Arrival


@pytest.fixture
async def order(channel, monkeypatch) -> Order:
    """Shops with milk, and a client that holds and travels."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    return await stocked(channel)


@pytest.fixture(autouse=True)
def allow_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database of the tests does not sync each write."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")


async def stocked(channel: grpc.aio.Channel) -> Order:
    await upsert(stores_pb2_grpc.StoresServiceStub(channel), SHOPS)
    stock = stock_pb2_grpc.StockServiceStub(channel)
    await stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
    for store in (STOCKMANN, FORUM):
        await state(stock, store, milk=50)
    return Order(channel)


TRIPS = [type for type in LIFETIMES_S if type.startswith("trip.")]


async def test_a_hold_is_told_of_the_way_and_the_trip_of_the_hand_over(order, parts):
    await subscribe(order.events, filter={"types": TRIPS})
    made = await hold(order.stock, STOCKMANN, milk=2)
    async with crossing(parts), reading(order.events) as events:
        trip = await order.start(made, vehicle="blue van")
        assert (made.name, made.name) == (trip.reservation, trip.order)
        on_the_way = await eventually(
            lambda: order.hold(made.name), lambda found: found.HasField("arrival")
        )
        for metres, seconds in ((5000, 0), (900, 300), (20, 430)):
            await report(order.geofence, fix("anna", north_of(PLACE, metres), seconds))
        here = await order.check_in(trip, bay="3")
        arrived = await eventually(
            lambda: order.hold(made.name), lambda found: found.arrival.bay == "3"
        )
        collected = await order.end("Collect", made)
        done = await eventually(
            lambda: order.trip(trip.name), lambda found: found.state == Trip.STATE_COMPLETED
        )
        told = [each.event for each in await take(events, 5)]

    assert (trip.name, Arrival.STATE_ON_THE_WAY, "blue van") == (
        on_the_way.arrival.trip,
        on_the_way.arrival.state,
        on_the_way.arrival.vehicle,
    )
    assert (Arrival.STATE_ARRIVED, here.arrive_time, "3", "blue van") == (
        arrived.arrival.state,
        arrived.arrival.arrive_time,
        arrived.arrival.bay,
        arrived.arrival.vehicle,
    )
    assert Held.STATE_COLLECTED == collected.state
    assert ("trip.completed", "CAUSE_RESERVATION") == (told[-1].type, told[-1].data["cause"])
    assert {made.name} == {event.data["reservation"] for event in told}
    assert done.end_time.ToDatetime() >= collected.update_time.ToDatetime()
    # Nobody needs the vehicle any more.
    assert "" == (await order.hold(made.name)).arrival.vehicle


@pytest.mark.parametrize("way", ["canceled", "expired", "transferred"])
async def test_a_trip_ends_with_its_hold_and_says_where_the_goods_went(order, parts, way):
    await subscribe(order.events, filter={"types": TRIPS})
    request = stock_pb2.CreateReservationRequest(parent=STOCKMANN, items=basket(milk=1))
    if way == "expired":
        request.ttl.FromTimedelta(dt.timedelta(seconds=1.5))
    made = await order.stock.CreateReservation(request)
    moved_to = made.name
    async with crossing(parts), reading(order.events) as events:
        trip = await order.start(made)
        await eventually(lambda: order.hold(made.name), lambda found: found.HasField("arrival"))
        if way == "canceled":
            await order.end("Cancel", made)
        elif way == "transferred":
            moved = await order.stock.TransferReservation(
                stock_pb2.TransferReservationRequest(
                    name=made.name, destination_store=FORUM, request_id="t"
                )
            )
            moved_to = moved.name
        await eventually(
            lambda: order.trip(trip.name), lambda found: found.state == Trip.STATE_CANCELED
        )
        started, ended = [each.event for each in await take(events, 2)]

    assert ("trip.canceled", "CAUSE_RESERVATION", moved_to) == (
        ended.type,
        ended.data["cause"],
        ended.data["reservation"],
    )
    assert made.name == started.data["reservation"]


async def test_a_trip_has_the_slot_of_its_hold_and_follows_its_changes(order, parts, channel):
    method = stock_pb2.PICKUP_METHOD_IN_STORE
    around_the_clock = stores_pb2.Store(name=STOCKMANN, opening_hours_text="24/7")
    await stores_pb2_grpc.StoresServiceStub(channel).UpdateStore(
        stores_pb2.UpdateStoreRequest(
            store=around_the_clock, update_mask={"paths": ["opening_hours_text"]}
        )
    )
    policy = stock_pb2.StockPolicy(name=f"{STOCKMANN}/stockPolicy", pickup_methods=[method])
    policy.pickup_slots.add(method=method, capacity=1).duration.FromSeconds(3600)
    await order.stock.UpdateStockPolicy(stock_pb2.UpdateStockPolicyRequest(stock_policy=policy))
    request = stock_pb2.ListPickupSlotsRequest(parent=STOCKMANN)
    first, second = list((await order.stock.ListPickupSlots(request)).pickup_slots)[2:4]

    async def window(expected: Any) -> None:
        """Wait until the trip has the window of a slot, or none."""
        await eventually(
            lambda: order.trip(trip.name),
            lambda found: (
                (expected.start_time, expected.end_time)
                == (found.pickup_start_time, found.pickup_end_time)
                if expected
                else not found.HasField("pickup_end_time")
            ),
        )

    async def change(**fields: Any) -> None:
        moved = stock_pb2.Reservation(name=made.name, **fields)
        await order.stock.UpdateReservation(
            stock_pb2.UpdateReservationRequest(
                reservation=moved, update_mask={"paths": ["pickup_slot"]}
            )
        )

    made = await order.stock.CreateReservation(
        stock_pb2.CreateReservationRequest(
            parent=STOCKMANN, items=basket(milk=1), pickup_slot=first.name
        )
    )
    async with crossing(parts):
        trip = await order.start(made)
        await window(first)
        await change(pickup_slot=second.name)
        await window(second)
        await change()
        await window(None)


async def test_a_hold_forgets_a_trip_that_ends_before_it(order, parts):
    made = await hold(order.stock, STOCKMANN, milk=1)
    async with crossing(parts):
        first, second = [await order.start(made, device) for device in ("anna", "otto")]
        await order.check_in(first)
        here = await eventually(
            lambda: order.hold(made.name),
            lambda found: found.arrival.state == Arrival.STATE_ARRIVED,
        )
        for trip, left in ((first, second.name), (second, "")):
            await order.geofence.CancelTrip(pb.CancelTripRequest(name=trip.name))
            await eventually(
                lambda: order.hold(made.name),
                partial(is_about, left),
            )
    assert first.name == here.arrival.trip, "who waits counts, not who was told last"


def is_about(trip: str, found: Any) -> bool:
    return bool(found.arrival.trip == trip)


async def test_all_trips_to_a_hold_are_completed(order, parts):
    made = await hold(order.stock, STOCKMANN, milk=1)
    async with crossing(parts):
        trips = [await order.start(made, device) for device in ("anna", "otto")]
        await eventually(trip_facts(parts.client).facts, lambda found: not found)
        await order.end("Collect", made)
        for trip in trips:
            await eventually(
                partial(order.trip, trip.name),
                lambda found: found.state == Trip.STATE_COMPLETED,
            )


async def test_a_trip_to_a_hold_that_has_ended_ends_too(order, parts):
    made = await hold(order.stock, STOCKMANN, milk=1)
    await order.end("Collect", made)
    trip = await order.start(made)  # by the token, which knows nothing of the end
    async with crossing(parts):
        await eventually(
            lambda: order.trip(trip.name), lambda found: found.state == Trip.STATE_COMPLETED
        )


async def test_a_trip_without_a_hold_goes_on_as_before_and_no_hold_is_told(order, parts):
    made = await hold(order.stock, STOCKMANN, milk=1)
    async with crossing(parts):
        trip = await order.start(made, reservation="", trip_token="", order=made.name)
        await order.check_in(trip)
        bound = await order.start(made, "otto")
        found = await eventually(
            lambda: order.hold(made.name), lambda found: found.HasField("arrival")
        )
    assert ("", made.name) == (trip.reservation, trip.order)
    assert bound.name == found.arrival.trip


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"trip_token": ""}, ""),
        ({"reservation": ""}, ""),
        ({"order": "1234"}, ""),
        ({"parent": FORUM}, ""),
        ({"trip_token": "AAAA"}, "trip_token"),
    ],
)
async def test_a_trip_to_a_hold_needs_its_token_at_its_store(order, fields, field):
    made = await hold(order.stock, STOCKMANN, milk=1)
    request = {
        "parent": STOCKMANN,
        "device_id": "anna",
        "consent": True,
        "reservation": made.name,
        "trip_token": made.trip_token,
    }
    code, reason, found = await refusal(
        order.geofence.StartTrip(pb.StartTripRequest(**(request | fields)))
    )
    assert CODE.INVALID_ARGUMENT == code
    if field:
        assert ("TRIP_TOKEN_INVALID", [field]) == (reason, found)


async def test_a_token_is_of_one_hold_until_it_ends_and_altered_it_is_none(order):
    made = await hold(order.stock, STOCKMANN, milk=1)
    other = await hold(order.stock, STOCKMANN, milk=1)
    brief = await order.stock.CreateReservation(
        stock_pb2.CreateReservationRequest(
            parent=STOCKMANN, items=basket(milk=1), ttl={"nanos": 200_000_000}
        )
    )
    middle = len(made.trip_token) // 2
    letter = "A" if made.trip_token[middle] != "A" else "B"
    altered = made.trip_token[:middle] + letter + made.trip_token[middle + 1 :]
    await asyncio.sleep(0.3)
    for of, token in ((made, other.trip_token), (made, altered), (brief, brief.trip_token)):
        _, reason, _ = await refusal(order.start(of, trip_token=token))
        assert "TRIP_TOKEN_INVALID" == reason
    assert made.name == (await order.start(made)).reservation
    assert "" == (await order.end("Cancel", made)).trip_token


async def test_a_token_is_of_the_owner_alone(parts):
    async with gated(parts) as callers:
        admin, channel = callers.by(Role.ADMIN), callers.by(Role.CHANNEL)
        await state(admin.stock, STOCKMANN, milk=5)
        mine, theirs = Order(channel.channel), Order(admin.channel)
        made = await hold(channel.stock, STOCKMANN, milk=1)

        assert "" == (await theirs.hold(made.name)).trip_token
        _, reason, _ = await refusal(theirs.start(made))
        assert "TRIP_TOKEN_INVALID" == reason
        assert made.name == (await mine.start(made)).reservation


async def test_what_is_kept_of_a_trip_has_no_field_that_earlier_versions_do_not_know(order):
    """They take a record with such a field for damaged, and delete it."""
    known = """id store order mode approaching_s radius_m start_ms expire_ms owner request state
    eta_ms arrive_ms end_ms prepare_ms prepare_reason wrong_store check_in_ms bay vehicle"""
    assert set(known.split()) == trips.Trip.__dataclass_fields__.keys() - trips.MORE


async def test_erasure_of_the_device_reaches_the_hold(order, parts, database):
    made = await hold(order.stock, STOCKMANN, milk=1)
    async with crossing(parts):
        trip = await order.start(made, vehicle="ABC-123")
        await order.check_in(trip, bay="bay seven")
        await eventually(lambda: order.hold(made.name), lambda found: found.arrival.bay != "")
        await database.delete(keys.ERASED_MARK)
        await order.geofence.EraseDevice(pb.EraseDeviceRequest(device_id="anna"))
        await eventually(lambda: order.hold(made.name), lambda found: not found.HasField("arrival"))
        await eventually(lambda: database.get(keys.ERASED_MARK), bool)
        await eventually(
            lambda: everything(database), lambda found: trip.name.encode() not in found
        )
    found = await everything(database)
    assert b"ABC-123" not in found
    assert b"bay seven" not in found


async def everything(database) -> bytes:
    """All hashes in the database, fields and values."""
    found = []
    async for key in database.scan_iter(count=1000):
        if await database.type(key) == b"hash":
            found += [part for pair in (await database.hgetall(key)).items() for part in pair]
    return b"\0".join(found)


# A worker that dies, or that sleeps


class Died(BaseException):
    """The worker is killed."""


class Sleeper(Outbox):
    """The outbox of a worker that sleeps once after it has looked whether a fact is current."""

    def __init__(self, outbox: Outbox, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self.__dict__ = outbox.__dict__
        self._meanwhile: list[Callable[[], Awaitable[None]]] = [meanwhile]

    async def is_current(self, fact: Fact) -> bool:
        """What it was before the sleep."""
        found = await super().is_current(fact)
        if self._meanwhile:
            await self._meanwhile.pop()()
        return found


async def no_mark() -> None:
    """No log is rewritten here."""


def arrivals(parts: Parts, facts: Outbox | None = None) -> Arrivals:
    return Arrivals(facts or trip_facts(parts.client), Holds(parts.client), no_mark)


def travels(parts: Parts, facts: Outbox | None = None) -> Trips:
    """What tells trips."""
    servicer: Any = geofence.build(parts).servicer
    servicer.trips._facts = facts or hold_facts(parts.client)
    return cast("Trips", servicer.trips)


async def told_of(parts: Parts) -> list[str]:
    """The types of all events that are kept."""
    found = []
    async for key in parts.client.scan_iter(count=1000):
        if not (key.startswith(b"{f") and key.endswith(b"}:events")):
            continue
        for _, fields in await parts.client.xrange(key):
            found.append(name_of(pb.FenceEvent.FromString(fields[b"e"])))
    return found


async def dying(outbox: Outbox, act: Callable[[Fact], Awaitable[None]] | None) -> None:
    """A worker that is killed when it has told a fact, or before it does."""

    async def tell(fact: Fact) -> None:
        if act:
            await act(fact)
        raise Died

    with pytest.raises(Died):
        await outbox.deliver(tell)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_that_dies_between_fact_and_claim_loses_nothing(order, parts, when):
    """The next one goes on from the fact; the trip ends once."""
    made = await hold(order.stock, STOCKMANN, milk=1)
    trip = await order.start(made)
    facts, tell = trip_facts(parts.client), arrivals(parts).tell
    await dying(facts, tell if when == "after" else None)
    assert await facts.deliver(tell)
    assert [] == await facts.facts()
    assert trip.name == (await order.hold(made.name)).arrival.trip

    await order.end("Collect", made)
    facts, tell = hold_facts(parts.client), travels(parts).tell
    await dying(facts, tell if when == "after" else None)
    assert await facts.deliver(tell)
    assert [] == await facts.facts()
    assert Trip.STATE_COMPLETED == (await order.trip(trip.name)).state
    assert ["TRIP_COMPLETED", "TRIP_STARTED"] == sorted(await told_of(parts))


async def test_facts_are_told_while_no_worker_lives(order, parts):
    """By the processes that serve, which stand by for workers."""
    made = await hold(order.stock, STOCKMANN, milk=1)
    trip = await order.start(made)
    async with background([stock.build(parts), geofence.build(parts)]):
        here = await order.check_in(trip)
        arrived = await eventually(
            lambda: order.hold(made.name), lambda found: found.arrival.HasField("arrive_time")
        )
        await order.end("Collect", made)
        done = await eventually(
            lambda: order.trip(trip.name), lambda found: found.state == Trip.STATE_COMPLETED
        )
    assert (trip.name, here.arrive_time) == (arrived.arrival.trip, arrived.arrival.arrive_time)
    assert made.name == done.reservation


async def test_a_worker_that_slept_brings_no_old_arrival_back(order, parts):
    """It read "on the way", and wakes up when the trip was canceled and the hold was told."""
    made = await hold(order.stock, STOCKMANN, milk=1)
    trip = await order.start(made, vehicle="blue van")
    others = trip_facts(parts.client)

    async def meanwhile() -> None:
        await order.geofence.CancelTrip(pb.CancelTripRequest(name=trip.name))
        await others.deliver(arrivals(parts).tell)

    sleeper = Sleeper(trip_facts(parts.client), meanwhile)
    await sleeper.deliver(arrivals(parts, sleeper).tell)
    assert not (await order.hold(made.name)).HasField("arrival")
    assert [] == await others.facts()


async def test_a_worker_that_slept_ends_no_trip_of_a_hold_that_goes_on(order, parts):
    """It read that the goods were collected, and wakes up when that was undone."""
    made = await hold(order.stock, STOCKMANN, milk=1)
    trip = await order.start(made)
    await trip_facts(parts.client).deliver(arrivals(parts).tell)
    await order.end("Collect", made)
    [collected] = await hold_facts(parts.client).facts()
    others = hold_facts(parts.client)

    async def meanwhile() -> None:
        live = collected.text.replace(b"COLLECTED", b"LIVE")
        await parts.client.hset(collected.key, collected.about, live)
        await others.deliver(travels(parts).tell)

    sleeper = Sleeper(hold_facts(parts.client), meanwhile)
    await sleeper.deliver(travels(parts, sleeper).tell)
    assert Trip.STATE_STARTED == (await order.trip(trip.name)).state
    assert [] == await others.facts()


async def test_a_trip_whose_goods_were_handed_over_by_mistake_goes_on(order, parts):
    made = await hold(order.stock, STOCKMANN, milk=1)
    async with crossing(parts):
        trip = await order.start(made, vehicle="blue van")
        here = await order.check_in(trip, bay="3")
        await eventually(lambda: order.hold(made.name), lambda found: found.arrival.bay == "3")
        await order.end("Collect", made)
        await eventually(
            lambda: order.trip(trip.name), lambda found: found.state == Trip.STATE_COMPLETED
        )
        await order.stock.UndoCollectReservation(
            stock_pb2.UndoCollectReservationRequest(name=made.name)
        )
        again = await eventually(
            lambda: order.trip(trip.name), lambda found: found.state == Trip.STATE_ARRIVED
        )
        told = await eventually(
            lambda: order.hold(made.name), lambda found: found.arrival.bay == "3"
        )
        await order.end("Collect", made)
        await eventually(
            lambda: order.trip(trip.name), lambda found: found.state == Trip.STATE_COMPLETED
        )
    assert (here.arrive_time, False) == (again.arrive_time, again.HasField("end_time"))
    assert (Held.STATE_CONFIRMED, "blue van") == (told.state, told.arrival.vehicle)


async def test_one_fact_that_cannot_be_told_stops_no_other(order, parts):
    made = [await hold(order.stock, STOCKMANN, milk=1) for _ in range(3)]
    for number, each in enumerate(made):
        await order.start(each, f"phone-{number}")
    facts, told = trip_facts(parts.client), arrivals(parts)

    async def tell(fact: Fact) -> None:
        if made[0].name.encode() in fact.text:
            raise ConcurrentChanges("the hold keeps changing")
        await told.tell(fact)

    with pytest.raises(ConcurrentChanges):
        await facts.deliver(tell)
    [left] = await facts.facts()
    assert made[0].name.encode() in left.text
    found = [(await order.hold(each.name)).HasField("arrival") for each in made]
    assert [False, True, True] == found


async def test_a_later_fact_replaces_one_that_waits(order, parts):
    """So facts are bounded by trips, however often those change and however long no worker runs."""
    made = await hold(order.stock, STOCKMANN, milk=1)
    trip = await order.start(made)
    for bay in "0123456789":
        await order.check_in(trip, bay=bay)
    [fact] = await trip_facts(parts.client).facts()
    assert b'"b":"9"' in fact.text


async def test_too_many_facts_refuse_changes_and_keep_none_of_them(order, parts, database):
    """Nobody takes them over: the suite has no worker."""
    made = await hold(order.stock, STOCKMANN, milk=1)
    await order.start(made)
    [fact] = await trip_facts(parts.client).facts()
    most = HARD_LIMIT * StreamSettings().events_backlog
    for start in range(0, most, 10_000):
        await database.hset(
            fact.key, mapping={f"t{number}": "{}" for number in range(start, start + 10_000)}
        )
    other = await hold(order.stock, STOCKMANN, milk=1)
    code, reason, _ = await refusal(order.start(other))
    assert (CODE.RESOURCE_EXHAUSTED, "BACKLOG_FULL") == (code, reason)
    assert most + 1 == await database.hlen(fact.key)


async def test_a_hold_keeps_so_many_facts_for_trips(order, parts, database):
    made = await hold(order.stock, STOCKMANN, milk=1)
    await order.start(made)
    await trip_facts(parts.client).deliver(arrivals(parts).tell)
    key = StoreKeys.of("t-stockmann").crossing
    for start in range(0, 100_000, 10_000):
        await database.hset(key, mapping={f"t{n}": "{}" for n in range(start, start + 10_000)})
    assert Held.STATE_COLLECTED == (await order.end("Collect", made)).state
    assert 100_000 == await database.hlen(key)


async def test_a_fact_that_waits_is_replaced_though_there_are_too_many(order, parts, database):
    made = await hold(order.stock, STOCKMANN, milk=1)
    trip = await order.start(made)
    await trip_facts(parts.client).deliver(arrivals(parts).tell)
    key = StoreKeys.of("t-stockmann").crossing
    waiting = {trip.name: "{}"} | {f"t{n}": "{}" for n in range(99_999)}
    await database.hset(key, mapping=waiting)
    await order.end("Collect", made)
    assert b"COLLECTED" in await database.hget(key, trip.name)


async def test_both_services_have_as_many_partitions_as_there_are_outboxes():
    assert {keys.PARTITIONS} == {store_partitions.PARTITIONS, device_partitions.PARTITIONS}
