"""Converts trips of the contract, and lists of arrivals."""

from collections.abc import Sequence

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences.trips import Mode
from services.chassis.messages.times import milliseconds
from services.directory.keys import store_id, store_name
from services.directory.orders import NO_WINDOW, Window
from services.geofence.convert.events import give_end
from services.geofence.convert.names import device_name, trip_name
from services.geofence.model.trips import State, Trip, TripEventType, with_window

APPROACHING_S = 300.0
ARRIVAL_RADIUS_M = 100.0
TTL_MS = 4 * 3_600_000
"""Defaults of a request that names none."""
TYPES = {
    TripEventType.STARTED: pb.EVENT_TYPE_TRIP_STARTED,
    TripEventType.APPROACHING: pb.EVENT_TYPE_TRIP_APPROACHING,
    TripEventType.ARRIVED: pb.EVENT_TYPE_TRIP_ARRIVED,
    TripEventType.WRONG_STORE: pb.EVENT_TYPE_TRIP_WRONG_STORE,
    TripEventType.PREPARE_ORDER: pb.EVENT_TYPE_PREPARE_ORDER,
    TripEventType.REMINDER: pb.EVENT_TYPE_TRIP_REMINDER,
    TripEventType.DELAYED: pb.EVENT_TYPE_TRIP_DELAYED,
    TripEventType.WAITING_LONG: pb.EVENT_TYPE_TRIP_WAITING_LONG,
    TripEventType.MISSED: pb.EVENT_TYPE_TRIP_MISSED,
    TripEventType.COMPLETED: pb.EVENT_TYPE_TRIP_COMPLETED,
    TripEventType.CANCELED: pb.EVENT_TYPE_TRIP_CANCELED,
    TripEventType.EXPIRED: pb.EVENT_TYPE_TRIP_EXPIRED,
}
STATES = {state: pb.Trip.State.Value(f"STATE_{state.name}") for state in State}
MODES = {
    pb.TRAVEL_MODE_UNSPECIFIED: Mode.CAR,
    pb.TRAVEL_MODE_WALK: Mode.WALK,
    pb.TRAVEL_MODE_BIKE: Mode.BIKE,
    pb.TRAVEL_MODE_TRANSIT: Mode.TRANSIT,
    pb.TRAVEL_MODE_CAR: Mode.CAR,
}
TRAVEL_MODES = {mode: number for number, mode in MODES.items()}


def new_trip(id: str, request: pb.StartTripRequest, owner: str, now_ms: int) -> Trip:
    """The trip that a request starts."""
    window = NO_WINDOW
    if request.HasField("pickup_end_time"):
        window = Window(
            milliseconds(request.pickup_start_time, "pickup_start_time"),
            milliseconds(request.pickup_end_time, "pickup_end_time"),
        )
    trip = Trip(
        id=id,
        store=store_id(request.parent),
        order=request.reservation or request.order,
        mode=MODES[request.travel_mode],
        approaching_s=request.approaching_time.ToMilliseconds() / 1000
        if request.HasField("approaching_time")
        else APPROACHING_S,
        radius_m=request.arrival_radius_m
        if request.HasField("arrival_radius_m")
        else ARRIVAL_RADIUS_M,
        start_ms=now_ms,
        expire_ms=now_ms + (request.ttl.ToMilliseconds() if request.HasField("ttl") else TTL_MS),
        owner=owner,
        request=request.request_id,
        vehicle=request.vehicle,
    )
    return with_window(trip, window, now_ms)


def trip_event(
    trip: Trip,
    kind: TripEventType,
    subject: str,
    number: int,
    cause: "pb.Cause.ValueType",
    device_ms: int,
    now_ms: int,
) -> pb.FenceEvent:
    """An event of a trip. Each type comes once in a trip, except for wrong stores."""
    is_wrong = kind is TripEventType.WRONG_STORE
    message = pb.FenceEvent(
        event_id=f"{trip.id}-{kind.value}-{number}" if is_wrong else f"{trip.id}-{kind.value}",
        event_type=TYPES[kind],
        cause=cause,
        subject=device_name(subject),
        store=store_name(trip.wrong_store if is_wrong else trip.store),
        number=number,
        trip=trip_name(trip),
        order=trip.order,
        reservation=trip.reservation,
    )
    if kind in (TripEventType.REMINDER, TripEventType.DELAYED):
        message.expire_time.FromMilliseconds(trip.pickup_end_ms)
    if kind is TripEventType.PREPARE_ORDER:
        message.prepare_reason = TYPES[TripEventType(trip.prepare_reason)]
    message.device_time.FromMilliseconds(device_ms)
    message.server_time.FromMilliseconds(now_ms)
    give_end(message, now_ms)
    return message


def trip_message(trip: Trip, subject: str = "") -> pb.Trip:
    """A trip, as the contract has it."""
    message = pb.Trip(
        name=trip_name(trip),
        subject=device_name(subject),
        order=trip.order,
        travel_mode=TRAVEL_MODES[trip.mode],
        state=STATES[trip.state],
        wrong_store=store_name(trip.wrong_store) if trip.wrong_store else "",
        bay=trip.bay,
        vehicle=trip.vehicle,
        arrival_radius_m=trip.radius_m,
        reservation=trip.reservation,
    )
    if trip.prepare_reason:
        message.prepare_reason = TYPES[TripEventType(trip.prepare_reason)]
    message.approaching_time.FromMilliseconds(round(trip.approaching_s * 1000))
    for field, time_ms in (
        ("start_time", trip.start_ms),
        ("arrive_time", trip.arrive_ms),
        ("end_time", trip.end_ms),
        ("expire_time", trip.expire_ms),
        ("estimated_arrive_time", trip.eta_ms),
        ("prepare_time", trip.prepare_ms),
        ("check_in_time", trip.check_in_ms),
        ("pickup_start_time", trip.pickup_start_ms),
        ("pickup_end_time", trip.pickup_end_ms),
    ):
        if time_ms:
            getattr(message, field).FromMilliseconds(time_ms)
    return message


def arrivals(trips: Sequence[Trip], now_ms: int) -> pb.ListArrivalsResponse:
    """The queue of a store's staff: those who wait, longest first, then those who come, by time."""
    response = pb.ListArrivalsResponse()
    for trip in sorted(trips, key=_place_in_queue):
        arrival = response.arrivals.add(trip=trip_message(trip))
        if trip.arrive_ms:
            arrival.waiting_time.FromMilliseconds(max(0, now_ms - trip.arrive_ms))
    return response


def _place_in_queue(trip: Trip) -> tuple[bool, int, str]:
    return not trip.arrive_ms, trip.arrive_ms or trip.eta_ms or trip.expire_ms, trip.id
