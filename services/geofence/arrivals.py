"""Trips: started, checked in, ended; the queue of a store's staff."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import AlreadyExists, ConcurrentChanges
from services.chassis.serving.commits import commit
from services.geofence import convert
from services.geofence.detection import Detection, Outcome, stamped
from services.geofence.errors import StoreNotFound, TripEnded, TripNotFound
from services.geofence.feeds import Feeds
from services.geofence.model import trips
from services.geofence.model.devices import Device
from services.geofence.model.trips import State, Trip, TripTold
from services.geofence.positions import TRIES, Positions
from services.geofence.state.devices import Devices

APPROACHING_S = 300.0
ARRIVAL_RADIUS_M = 100.0
TTL_MS = 4 * 3_600_000
TRIPS_MOST = 5
"""Trips that a device may be on at once."""

Step = Callable[[Trip], trips.Step]


class Trips:
    """Changes trips: each lies with its device, and is changed as that is."""

    def __init__(
        self,
        devices: Devices,
        positions: Positions,
        detection: Detection,
        feeds: Feeds,
        clock: Clock,
    ) -> None:
        self._devices = devices
        self._positions = positions
        self._detection = detection
        self._feeds = feeds
        self._clock = clock

    async def start(self, request: pb.StartTripRequest) -> pb.Trip:
        """Start a trip; a retry, or the same order again, finds the one there is.

        Raises:
            StoreNotFound: there is no such store, or it has no location.
            AlreadyExists: the device is on its way with that order to another store, or on too
                many trips.
        """
        store = request.parent.removeprefix("stores/")
        if self._detection.store_point(store) is None:
            raise StoreNotFound(request.parent)
        hashes = self._positions.hashes(request.device_id)
        for _ in range(TRIES):
            now_ms = self._now_ms()
            [device] = await self._positions.find([hashes], now_ms)
            live = [trip for trip in device.trips if trip.is_live]
            for trip in device.trips:
                is_retry = bool(request.request_id) and trip.request == request.request_id
                if is_retry or (trip.is_live and trip.order == request.order):
                    if trip.store != store or trip.order != request.order:
                        raise AlreadyExists(convert.trip_name(trip))
                    await self._devices.kept([device.hash])
                    return convert.trip_message(trip, device.subject)
            if len(live) >= TRIPS_MOST:
                raise AlreadyExists(convert.trip_name(live[0]))
            trip = self._new(request, store, device, now_ms)
            after = replace(device, trips=(*device.trips, trip), received_ms=now_ms)
            outcome = Outcome(device, after, events=[[]])
            self._tell(outcome, trip, (TripTold.STARTED,), now_ms)
            if await self._write(outcome):
                return convert.trip_message(trip, device.subject)
        raise ConcurrentChanges("the device was changed in between; try again")

    async def get(self, name: str) -> pb.Trip:
        """A trip.

        Raises:
            TripNotFound: the caller has none of that name.
        """
        hash, trip = await self._find(name)
        device = (await self._devices.read([hash], self._now_ms())).get(hash)
        return convert.trip_message(trip, device.subject if device else "")

    async def check_in(self, request: pb.CheckInTripRequest) -> pb.Trip:
        """ "I am here"."""
        now_ms = self._now_ms()
        return await self._change(
            request.name,
            lambda trip: trips.checked_in(trip, request.bay, request.vehicle, now_ms),
        )

    async def end(self, name: str, state: State) -> pb.Trip:
        """Complete or cancel a trip; again is no error."""
        now_ms = self._now_ms()
        return await self._change(name, lambda trip: trips.ended(trip, state, now_ms), state)

    async def arrivals(self, parent: str) -> pb.ListArrivalsResponse:
        """Who is here, longest waiting first; then who comes, soonest first."""
        now_ms = self._now_ms()
        found = await self._devices.trips_to(parent.removeprefix("stores/"))
        caller = current_caller()
        live = [
            trip
            for _, trip in found
            if trip.is_live and trip.expire_ms > now_ms and caller.may_see(trip.owner)
        ]
        live.sort(key=lambda t: (not t.arrive_ms, t.arrive_ms or t.eta_ms or t.expire_ms, t.id))
        response = pb.ListArrivalsResponse()
        for trip in live:
            arrival = response.arrivals.add(trip=convert.trip_message(trip))
            if trip.arrive_ms:
                arrival.waiting_time.FromMilliseconds(max(0, now_ms - trip.arrive_ms))
        return response

    async def _change(self, name: str, step: Step, done: State | None = None) -> pb.Trip:
        hash, trip = await self._find(name)
        for _ in range(TRIES):
            now_ms = self._now_ms()
            device = (await self._devices.read([hash], now_ms)).get(hash)
            kept = (
                next((each for each in device.trips if each.id == trip.id), None)
                if device
                else None
            )
            if device is None or kept is None:
                raise TripNotFound(name)
            if kept.state is done:
                await self._devices.kept([hash])
                return convert.trip_message(kept, device.subject)
            if not kept.is_live:
                raise TripEnded(name)
            changed, told = step(kept)
            after = replace(
                device,
                trips=tuple(changed if each is kept else each for each in device.trips),
            )
            outcome = Outcome(device, after, events=[[]])
            self._tell(outcome, changed, told, now_ms)
            if await self._write(outcome):
                return convert.trip_message(changed, device.subject)
        raise ConcurrentChanges("the device was changed in between; try again")

    async def _find(self, name: str) -> tuple[bytes, Trip]:
        _, store, _, id = name.split("/")
        found = await self._devices.trip(store, id) if int(id[:2]) < 64 else None
        if found is None or not current_caller().may_see(found[1].owner):
            raise TripNotFound(name)
        return found

    async def _write(self, outcome: Outcome) -> bool:
        [was_same] = await commit(self._positions.write([stamped(outcome)]))
        return was_same

    def _tell(self, outcome: Outcome, trip: Trip, told: tuple[TripTold, ...], now_ms: int) -> None:
        self._detection.tell_trip(outcome, trip, told, pb.CAUSE_CALL, now_ms, now_ms)

    def _new(self, request: pb.StartTripRequest, store: str, device: Device, now_ms: int) -> Trip:
        key = (current_caller().id, device.subject, request.request_id)
        made = hashlib.blake2b("\0".join(key).encode(), digest_size=10).hexdigest()
        ttl_ms = request.ttl.ToMilliseconds() if request.HasField("ttl") else TTL_MS
        approaching = request.approaching_time
        return Trip(
            id=f"{device.partition:02}{made if request.request_id else secrets.token_hex(10)}",
            store=store,
            order=request.order,
            mode=convert.MODES[request.travel_mode],
            approaching_s=approaching.ToMilliseconds() / 1000
            if request.HasField("approaching_time")
            else APPROACHING_S,
            radius_m=request.arrival_radius_m
            if request.HasField("arrival_radius_m")
            else ARRIVAL_RADIUS_M,
            start_ms=now_ms,
            expire_ms=now_ms + ttl_ms,
            owner=current_caller().owner,
            request=request.request_id,
            vehicle=request.vehicle,
        )

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
