"""Between the contract and what the service works with."""

from collections.abc import Iterable

import h3
import orjson
from google.protobuf.message import Message

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import (
    CellSet,
    Circle,
    Corridor,
    FenceError,
    MultiPolygon,
    Shape,
    shape_from_geojson,
)
from geodata.fences.events import Cause, Confidence, Event, EventType, Reason
from geodata.fences.shape import MAX_VERTICES
from geodata.fences.state import Fix, Rules
from geodata.fences.tracking import Verdict
from geodata.fences.trips import Mode
from geodata.points import Point
from services.directory.keys import store_name
from services.geofence.errors import InvalidFence
from services.geofence.model.trips import State, Trip, TripTold

OUTCOMES = {
    Verdict.APPLIED: pb.FixResult.OUTCOME_APPLIED,
    Verdict.IMPLAUSIBLE: pb.FixResult.OUTCOME_IMPLAUSIBLE,
    Verdict.LATE: pb.FixResult.OUTCOME_LATE,
    Verdict.DUPLICATE: pb.FixResult.OUTCOME_DUPLICATE,
    Verdict.AHEAD: pb.FixResult.OUTCOME_AHEAD,
}
TYPES = {
    EventType.ENTER: pb.EVENT_TYPE_ENTER,
    EventType.EXIT: pb.EVENT_TYPE_EXIT,
    EventType.CROSS: pb.EVENT_TYPE_CROSS,
    EventType.DWELL: pb.EVENT_TYPE_DWELL,
    EventType.INSIDE: pb.EVENT_TYPE_INSIDE,
    EventType.OUTSIDE: pb.EVENT_TYPE_OUTSIDE,
}
CAUSES = {
    Cause.FIX: pb.CAUSE_FIX,
    Cause.TIME: pb.CAUSE_TIME,
    Cause.FENCE_DELETED: pb.CAUSE_FENCE_DELETED,
}
CONFIDENCES = {each: pb.Confidence.Value(f"CONFIDENCE_{each.name}") for each in Confidence}
REASONS = {each: pb.ConfidenceReason.Value(f"CONFIDENCE_REASON_{each.name}") for each in Reason}
TRIP_TYPES = {
    TripTold.STARTED: pb.EVENT_TYPE_TRIP_STARTED,
    TripTold.APPROACHING: pb.EVENT_TYPE_TRIP_APPROACHING,
    TripTold.ARRIVED: pb.EVENT_TYPE_TRIP_ARRIVED,
    TripTold.WRONG_STORE: pb.EVENT_TYPE_TRIP_WRONG_STORE,
    TripTold.PREPARE_ORDER: pb.EVENT_TYPE_PREPARE_ORDER,
    TripTold.COMPLETED: pb.EVENT_TYPE_TRIP_COMPLETED,
    TripTold.CANCELED: pb.EVENT_TYPE_TRIP_CANCELED,
    TripTold.EXPIRED: pb.EVENT_TYPE_TRIP_EXPIRED,
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


def fence_id(name: str) -> str:
    """`home` of `fences/home`."""
    return name.removeprefix("fences/")


def subscription_id(name: str) -> str:
    """`shop` of `subscriptions/shop`."""
    return name.removeprefix("subscriptions/")


def shape(fence: pb.Fence) -> Shape:
    """The shape of a fence that is not around stores.

    Raises:
        InvalidFence: it cannot be used; told before any work that its size would cause.
    """
    kind = fence.WhichOneof("area") or ""
    try:
        return _shape(fence, kind)
    except FenceError as fault:
        raise InvalidFence.of(fault, f"fence.{kind}") from None


def rules(fence: pb.Fence) -> Rules:
    """The settings of a fence that act on detection.

    Raises:
        InvalidFence: one is out of range.
    """
    try:
        return Rules(
            dwell_ms=fence.dwell_time.ToMilliseconds() if fence.HasField("dwell_time") else None,
            exit_buffer_m=fence.exit_buffer_m if fence.HasField("exit_buffer_m") else None,
            exit_delay_ms=fence.exit_delay.ToMilliseconds(),
            max_speed_mps=fence.max_speed_mps if fence.HasField("max_speed_mps") else None,
            every_fix=fence.report_every_fix,
        )
    except FenceError as fault:
        raise InvalidFence.of(fault, "fence") from None


def fix(message: pb.Fix, now_ms: int) -> Fix:
    """The fix of a message.

    Raises:
        ValueError: naming the field that cannot be used; without its value, which is private.
    """
    if not 1 <= len(message.device_id) <= 200:
        raise ValueError("device_id: must have 1 to 200 characters")
    if not message.HasField("location"):
        raise ValueError("location: must be set")
    latitude, longitude = message.location.latitude, message.location.longitude
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("location: must be in [-90, 90] and [-180, 180]")
    at = message.device_time
    time_ms = (
        at.seconds * 1000 + at.nanos // 1_000_000 if message.HasField("device_time") else now_ms
    )
    if time_ms < 0:
        raise ValueError("device_time: must not be before 1970")
    try:
        return Fix(
            point=Point(latitude, longitude),
            time_ms=time_ms,
            sequence=message.sequence or time_ms,
            accuracy_m=message.accuracy_m if message.HasField("accuracy_m") else None,
        )
    except FenceError as fault:
        raise ValueError(f"{fault.field}: out of range") from None


def event(
    found: Event,
    subject: str,
    fence: str,
    store: str,
    labels: Iterable[tuple[str, str]],
    mute: "pb.Mute.ValueType",
) -> pb.FenceEvent:
    """An event of a fence."""
    message = pb.FenceEvent(
        event_id=found.id(subject),
        event_type=TYPES[found.type],
        cause=CAUSES[found.cause],
        subject=f"devices/{subject}",
        fence=f"fences/{fence}",
        store=store_name(store) if store else "",
        number=found.number,
        sequence=found.sequence,
        confidence=CONFIDENCES[found.confidence],
        confidence_reason=REASONS[found.reason],
        mute=mute,
    )
    message.labels.update(labels)
    message.device_time.FromMilliseconds(found.time_ms)
    message.server_time.FromMilliseconds(found.server_time_ms)
    if found.inside_since_ms is not None:
        message.inside_since_time.FromMilliseconds(found.inside_since_ms)
    return message


def trip_event(
    trip: Trip,
    told: TripTold,
    subject: str,
    number: int,
    cause: "pb.Cause.ValueType",
    device_ms: int,
    now_ms: int,
) -> pb.FenceEvent:
    """An event of a trip. Each is told once a trip, but for the wrong stores."""
    message = pb.FenceEvent(
        event_id=f"{trip.id}-{told.value}-{number}"
        if told is TripTold.WRONG_STORE
        else f"{trip.id}-{told.value}",
        event_type=TRIP_TYPES[told],
        cause=cause,
        subject=f"devices/{subject}",
        store=store_name(trip.wrong_store if told is TripTold.WRONG_STORE else trip.store),
        number=number,
        trip=trip_name(trip),
        order=trip.order,
    )
    if told is TripTold.PREPARE_ORDER:
        message.prepare_reason = TRIP_TYPES[TripTold(trip.prepare_reason)]
    message.device_time.FromMilliseconds(device_ms)
    message.server_time.FromMilliseconds(now_ms)
    return message


def trip_name(trip: Trip) -> str:
    """`stores/{store}/trips/{trip}`."""
    return f"{store_name(trip.store)}/trips/{trip.id}"


def trip_message(trip: Trip, subject: str = "") -> pb.Trip:
    """A trip."""
    message = pb.Trip(
        name=trip_name(trip),
        subject=f"devices/{subject}" if subject else "",
        order=trip.order,
        travel_mode=TRAVEL_MODES[trip.mode],
        state=STATES[trip.state],
        wrong_store=store_name(trip.wrong_store) if trip.wrong_store else "",
        bay=trip.bay,
        vehicle=trip.vehicle,
        arrival_radius_m=trip.radius_m,
    )
    if trip.prepare_reason:
        message.prepare_reason = TRIP_TYPES[TripTold(trip.prepare_reason)]
    message.approaching_time.FromMilliseconds(round(trip.approaching_s * 1000))
    for field, moment_ms in (
        ("start_time", trip.start_ms),
        ("arrive_time", trip.arrive_ms),
        ("end_time", trip.end_ms),
        ("expire_time", trip.expire_ms),
        ("estimated_arrive_time", trip.eta_ms),
        ("prepare_time", trip.prepare_ms),
        ("check_in_time", trip.check_in_ms),
    ):
        if moment_ms:
            getattr(message, field).FromMilliseconds(moment_ms)
    return message


def _shape(fence: pb.Fence, kind: str) -> Shape:
    match kind:
        case "circle":
            circle = fence.circle
            return Circle(_point(circle.center), circle.radius_m)
        case "multi_polygon":
            polygons = fence.multi_polygon.polygons
            corners = sum(len(ring.points) for polygon in polygons for ring in polygon.rings)
            if corners > MAX_VERTICES:
                raise FenceError("polygons", f"must have at most {MAX_VERTICES} corners")
            return MultiPolygon(
                tuple(tuple(_ring(ring.points) for ring in polygon.rings) for polygon in polygons)
            )
        case "corridor":
            line = tuple(map(_point, fence.corridor.path.points))
            return Corridor(line, fence.corridor.width_m)
        case "cell_set":
            return CellSet(frozenset(map(h3.str_to_int, fence.cell_set.h3_cells)))
        case _:
            return _from_geo_json(fence.geo_json)


def _from_geo_json(message: pb.GeoJson) -> Shape:
    try:
        geometry = orjson.loads(message.geometry)
    except orjson.JSONDecodeError:
        raise FenceError("geometry", "is not JSON, or is nested too deep") from None
    if not isinstance(geometry, dict):
        raise FenceError("geometry", "must be an object")
    return shape_from_geojson(
        geometry,
        radius_m=message.radius_m if message.HasField("radius_m") else None,
        width_m=message.width_m if message.HasField("width_m") else None,
    )


def _ring(points: Iterable[Message]) -> tuple[Point, ...]:
    ring = tuple(map(_point, points))
    return ring[:-1] if len(ring) > 3 and ring[0] == ring[-1] else ring


def _point(position: Message) -> Point:
    latitude, longitude = position.latitude, position.longitude  # type: ignore[attr-defined]
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise FenceError("", "latitude must be in [-90, 90] and longitude in [-180, 180]")
    return Point(latitude, longitude)
