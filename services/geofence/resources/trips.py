"""Trips to pick up orders: started, checked in, ended; the queue of a store's staff.

A trip lies in the record of its device, since a fix changes both. A copy by store lets it be found
by its name.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.database.leases import Lease, Leases, quota_key
from services.chassis.database.outbox import Fact, Outbox
from services.chassis.errors import AlreadyExists, ConcurrentChanges, QuotaExceeded
from services.chassis.serving.commits import commit
from services.directory.directory import Directory
from services.directory.ids import new_id
from services.directory.keys import store_id
from services.directory.orders import hold_fact
from services.directory.trading import check_open
from services.directory.trip_tokens import TripTokens
from services.geofence.convert.names import trip_name
from services.geofence.convert.trips import arrivals, new_trip, trip_message
from services.geofence.errors import StoreNotFound, TripEnded, TripNotFound, TripTokenInvalid
from services.geofence.model import trips
from services.geofence.model.detection import Outcome
from services.geofence.model.devices import Device
from services.geofence.model.partitions import PARTITIONS
from services.geofence.model.trips import BOUND, State, Trip, TripEventType
from services.geofence.resources.detection import Detection, add_trip_events
from services.geofence.resources.devices import TRIES, Devices
from services.geofence.state.devices import DeviceRecords

TRIPS_MOST = 5
"""The most trips that a device may be on at once."""

Act = Callable[[Trip], trips.Step]


class Trips:
    """Reads and changes trips."""

    def __init__(
        self,
        records: DeviceRecords,
        devices: Devices,
        detection: Detection,
        directory: Directory,
        leases: Leases,
        facts: Outbox,
        tokens: TripTokens,
        per_caller: int,
        clock: Clock,
    ) -> None:
        self._records = records
        self._devices = devices
        self._detection = detection
        self._directory = directory
        self._leases = leases
        self._facts = facts
        self._tokens = tokens
        self._per_caller = per_caller
        self._clock = clock

    async def start(self, request: pb.StartTripRequest) -> pb.Trip:
        """Start a trip; a retry, or a second call for the same order, finds the first trip.

        Raises:
            StoreNotFound: there is no such store, or it has no location.
            StoreNotOpen: the store is not open for business.
            TripTokenInvalid: the token does not bind the caller to the hold.
            AlreadyExists: the device has a trip with that order to another store, or too many
                trips.
            QuotaExceeded: the caller has as many live trips as it may.
            ConcurrentChanges: other calls keep changing the device.
        """
        store = store_id(request.parent)
        if self._detection.store_point(store) is None:
            raise StoreNotFound(request.parent)
        caller = current_caller()
        hold = request.reservation
        if hold and not self._tokens.binds(request.trip_token, hold, caller.owner, self._now_ms()):
            raise TripTokenInvalid
        hashes = self._devices.hashes(request.device_id)
        for _ in range(TRIES):
            now_ms = self._now_ms()
            device = await self._devices.find(hashes, now_ms)
            if trip := same_trip(device, request):
                if trip.store != store or trip.order != order_of(request):
                    raise AlreadyExists(trip_name(trip))
                await self._records.replicated([device.hash])
                return trip_message(trip, device.subject)
            check_open(self._directory, store, self._clock())
            live = [trip for trip in device.trips if trip.is_live]
            if len(live) >= TRIPS_MOST:
                raise AlreadyExists(trip_name(live[0]))
            made = new_id("", request.request_id, (caller.id, device.subject))
            # A trip's id begins with the partition of its device, by which it is found.
            id = f"{device.partition:02}{made}{BOUND if hold else ''}"
            trip = new_trip(id, request, caller.owner, now_ms)
            after = replace(device, trips=(*device.trips, trip), received_ms=now_ms)
            quota = quota_key(trip.owner, "trips")
            life_ms = trip.expire_ms - now_ms
            if await self._leases.take(Lease({quota: self._per_caller}, trip.id, life_ms)):
                raise QuotaExceeded("caller_trips", self._per_caller)
            if await self._write(device, after, trip, (TripEventType.STARTED,), now_ms):
                return trip_message(trip, device.subject)
            await self._leases.give_back([quota], trip.id)
        raise ConcurrentChanges("the device was changed in between; try again")

    async def get(self, name: str) -> pb.Trip:
        """A trip.

        Raises:
            TripNotFound: the caller has none of that name.
        """
        hash, trip = await self._find(name)
        device = (await self._records.read([hash], self._now_ms())).get(hash)
        if device is None:
            return trip_message(trip)
        [trip] = [each for each in device.trips if each.id == trip.id] or [trip]
        return trip_message(trip, device.subject)

    async def check_in(self, request: pb.CheckInTripRequest) -> pb.Trip:
        """Note that the traveller is here.

        Raises:
            TripNotFound: the caller has none of that name.
            TripEnded: it has ended.
            ConcurrentChanges: other calls keep changing the device.
        """
        now_ms = self._now_ms()
        return await self._change(
            request.name,
            lambda trip: trips.checked_in(trip, request.bay, request.vehicle, now_ms),
        )

    async def end(self, name: str, state: State) -> pb.Trip:
        """Complete or cancel a trip; a retry answers the ended trip.

        Raises:
            TripNotFound: the caller has none of that name.
            TripEnded: it has ended in another way.
            ConcurrentChanges: other calls keep changing the device.
        """
        now_ms = self._now_ms()
        return await self._change(name, lambda trip: trips.ended(trip, state, now_ms), state)

    async def arrivals(self, parent: str) -> pb.ListArrivalsResponse:
        """The queue of a store's staff, of the trips that the caller may see."""
        now_ms = self._now_ms()
        caller = current_caller()
        return arrivals(
            [
                trip
                for trip in await self._records.trips_to(store_id(parent))
                if trip.is_live and trip.expire_ms > now_ms and caller.may_see(trip.owner)
            ],
            now_ms,
        )

    async def tell(self, fact: Fact) -> None:
        """Tell a trip what became of its hold; a fact that is no longer true is passed over.

        Raises:
            ConcurrentChanges: other calls keep changing the device.
        """
        told = hold_fact(fact.about, fact.text)
        _, store, _, id = told.trip.split("/")
        found = await self._records.trip(store, id)
        if found is None:
            return
        hash, _ = found
        for _ in range(TRIES):
            now_ms = self._now_ms()
            device = (await self._records.read([hash], now_ms)).get(hash)
            kept = {trip.id: trip for trip in device.trips} if device else {}
            trip = kept.get(id)
            if device is None or trip is None or trip.reservation != told.reservation:
                return
            if not await self._facts.is_current(fact):
                return
            changed, kinds = trips.told(trip, told.state, now_ms, told.window)
            # Written also as it was: so an older fact that was read before does not last.
            after = replace(device, trips=tuple((kept | {id: changed}).values()))
            if await self._write(
                device, after, changed, kinds, now_ms, pb.CAUSE_RESERVATION, told.moved_to
            ):
                await self._settle_lease(trip, changed, now_ms)
                return
        raise ConcurrentChanges("the device was changed in between; try again")

    async def _settle_lease(self, before: Trip, after: Trip, now_ms: int) -> None:
        quota = quota_key(after.owner, "trips")
        if before.is_live and not after.is_live:
            await self._leases.release([quota], after.id)
        elif after.is_live and not before.is_live:
            await self._leases.take(Lease({quota: 0}, after.id, after.expire_ms - now_ms))

    async def _change(self, name: str, act: Act, final: State | None = None) -> pb.Trip:
        """Change a live trip; answer one that is in the final state already as it is."""
        hash, found = await self._find(name)
        for _ in range(TRIES):
            now_ms = self._now_ms()
            device = (await self._records.read([hash], now_ms)).get(hash)
            kept = {trip.id: trip for trip in device.trips} if device else {}
            trip = kept.get(found.id)
            if device is None or trip is None:
                raise TripNotFound(name)
            if trip.state is final:
                await self._records.replicated([hash])
                return trip_message(trip, device.subject)
            if not trip.is_live:
                raise TripEnded(name)
            changed, kinds = act(trip)
            after = replace(device, trips=tuple((kept | {trip.id: changed}).values()))
            if await self._write(device, after, changed, kinds, now_ms):
                await self._settle_lease(trip, changed, now_ms)
                return trip_message(changed, device.subject)
        raise ConcurrentChanges("the device was changed in between; try again")

    async def _find(self, name: str) -> tuple[bytes, Trip]:
        """The hash of the device of a trip, and the trip as its copy has it."""
        _, store, _, id = name.split("/")
        found = await self._records.trip(store, id) if int(id[:2]) < PARTITIONS else None
        if found is None or not current_caller().may_see(found[1].owner):
            raise TripNotFound(name)
        return found

    async def _write(
        self,
        before: Device,
        after: Device,
        trip: Trip,
        kinds: Sequence[TripEventType],
        now_ms: int,
        cause: "pb.Cause.ValueType" = pb.CAUSE_CALL,
        moved_to: str = "",
    ) -> bool:
        """Write a device with the events of a trip; False when another call had changed it."""
        outcome = Outcome(before, after, events=[[]])
        add_trip_events(outcome, trip, kinds, cause, now_ms, now_ms)
        if moved_to:
            for event in outcome.events[-1]:
                event.reservation = moved_to
        [is_written] = await commit(self._devices.write([outcome.with_next_version()]))
        return is_written

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)


def same_trip(device: Device, request: pb.StartTripRequest) -> Trip | None:
    """The trip that a request started before, or that its order is on already."""
    for trip in device.trips:
        is_retry = bool(request.request_id) and trip.request == request.request_id
        if is_retry or (trip.is_live and trip.order == order_of(request)):
            return trip
    return None


def order_of(request: pb.StartTripRequest) -> str:
    """The order of a request: the name of its hold, or the caller's reference."""
    return request.reservation or request.order
