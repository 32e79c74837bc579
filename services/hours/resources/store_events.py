"""Store events: written one by one, listed by store or by place."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from enrayon.hours.v1 import hours_pb2
from geodata.distance import distance_m
from geodata.points import Point
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import ResourceExhausted
from services.chassis.messages import times
from services.directory.directory import Directory
from services.directory.hours import event_record_id, store_of
from services.directory.ids import new_id
from services.directory.keys import parse_store, store_id
from services.directory.kind import Kind
from services.directory.resources import Resources
from services.directory.writer import Writer
from services.hours.errors import StoreEventNotFound, StoreNotFound

EVENTS_MOST = 1000
"""Events of a store, past ones included."""


class Found(NamedTuple):
    """A store event, and how far its store is from where was asked."""

    start: dt.datetime
    name: str
    event: hours_pb2.StoreEvent
    distance_m: float | None


def record_id(name: str) -> str:
    """The id of the record of `stores/us-1/events/summer-sale`."""
    _, store, _, event = name.split("/")
    return event_record_id(store, event)


STORE_EVENT = Kind(
    message=hours_pb2.StoreEvent,
    field="store_event",
    record_id=record_id,
    not_found=StoreEventNotFound,
    output=("create_time",),
    stamp="create_time",
)


class StoreEvents:
    """Creates and deletes store events. A change returns once this process's replica has it."""

    def __init__(self, writer: Writer, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._resources = Resources(STORE_EVENT, writer, clock)

    async def create(self, request: hours_pb2.CreateStoreEventRequest) -> hours_pb2.StoreEvent:
        """Announce an event; a retry does not announce it twice.

        Raises:
            StoreNotFound: there is no such store.
            AlreadyExists: another has its id.
            ResourceExhausted: the store has too many.
            InvalidArgument: an instant of it is no valid Timestamp.
        """
        store = store_id(request.parent)
        if self._directory.stores.replica.public(store) is None:
            raise StoreNotFound(request.parent)
        scope = (current_caller().id, "CreateStoreEvent", store)
        made = new_id(request.store_event_id, request.request_id, scope)
        events = self._directory.hours.replica.event_ids(store)
        if event_record_id(store, made) not in events and len(events) >= EVENTS_MOST:
            raise ResourceExhausted(f"{request.parent} has {EVENTS_MOST} events; delete some")
        times.check_instants(request.store_event, "store_event", "start_time", "end_time")
        event = hours_pb2.StoreEvent()
        event.CopyFrom(request.store_event)
        event.name = f"{request.parent}/events/{made}"
        [created] = await self._resources.create([event], validate_only=request.validate_only)
        return created

    async def delete(self, request: hours_pb2.DeleteStoreEventRequest) -> None:
        """Delete an event.

        Raises:
            StoreEventNotFound: there is none, and that is not allowed.
        """
        await self._resources.delete(request.name, allow_missing=request.allow_missing)


def find(
    directory: Directory,
    request: hours_pb2.ListStoreEventsRequest,
    origin: Point | None,
    radius_m: float,
) -> list[Found]:
    """The events of public stores that a request asks for, by start, then name.

    Raises:
        StoreNotFound: it asks for one store, and there is none.
        InvalidArgument: an instant is no valid Timestamp.
    """
    store = store_id(request.parent)
    if store != "-" and directory.stores.replica.public(store) is None:
        raise StoreNotFound(request.parent)
    ids = directory.hours.replica.event_ids(None if store == "-" else store)
    return sorted(in_range(directory, request, ids, origin, radius_m), key=lambda each: each[:2])


def in_range(
    directory: Directory,
    request: hours_pb2.ListStoreEventsRequest,
    ids: Iterable[str],
    origin: Point | None,
    radius_m: float,
) -> Iterable[Found]:
    """Yields the events with these ids that match the request."""
    after = times.instant_if_set(request, "start_time")
    before = times.instant_if_set(request, "end_time")
    distances: dict[str, float | None] = {}
    for id in ids:
        event = hours_pb2.StoreEvent.FromString(directory.hours.replica.record(id) or b"")
        start = event.start_time.ToDatetime(dt.UTC)
        if (after and event.end_time.ToDatetime(dt.UTC) <= after) or (before and start >= before):
            continue
        store = store_of(id)
        encoded = directory.stores.replica.public(store)
        if encoded is None:
            continue
        if origin is not None:
            if store not in distances:
                at = parse_store(encoded)
                located = at.HasField("location")
                there = Point(at.location.latitude, at.location.longitude) if located else None
                distances[store] = distance_m(origin, there) if there else None
            far_m = distances[store]
            if far_m is None or far_m > radius_m:
                continue
        yield Found(start, event.name, event, distances.get(store))
