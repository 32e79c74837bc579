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
from services.chassis.serving.commits import commit
from services.directory.directory import Directory
from services.directory.hours import event_record_id, store_of
from services.directory.keys import decode_record, parse_store, store_id
from services.directory.records import (
    MUST_EXIST,
    MUST_NOT_EXIST,
    Outcome,
    Records,
    Write,
    etag_of,
    record_of,
)
from services.hours.errors import AlreadyExists, StoreEventNotFound, StoreNotFound
from services.hours.instants import checked_instant
from services.hours.model import new_id, same_content

EVENTS_MOST = 1000
"""Events of a store, past ones included."""


class Found(NamedTuple):
    """A store event, and how far its store is from where was asked."""

    start: dt.datetime
    name: str
    event: hours_pb2.StoreEvent
    distance_m: float | None


class EventsWriter:
    """Writes store events, then waits until this process's own replica has them."""

    def __init__(self, records: Records, directory: Directory, clock: Clock) -> None:
        self._records = records
        self._directory = directory
        self._clock = clock

    async def create(self, request: hours_pb2.CreateStoreEventRequest) -> hours_pb2.StoreEvent:
        """Announces an event; a retry does not announce it twice.

        Raises:
            StoreNotFound: there is no such store.
            AlreadyExists: another has its id.
            ResourceExhausted: the store has too many.
            InvalidArgument: an instant of it is out of range.
        """
        store = store_id(request.parent)
        if self._directory.stores.replica.public(store) is None:
            raise StoreNotFound(request.parent)
        if len(self._directory.hours.replica.event_ids(store)) >= EVENTS_MOST:
            raise ResourceExhausted(f"{request.parent} has {EVENTS_MOST} events; delete some")
        scope = (current_caller().id, "CreateStoreEvent", store)
        made = new_id(request.store_event_id, request.request_id, scope)
        for name in ("start_time", "end_time"):
            checked_instant(getattr(request.store_event, name), f"store_event.{name}")
        event = hours_pb2.StoreEvent()
        event.CopyFrom(request.store_event)
        event.name = f"{request.parent}/events/{made}"
        event.ClearField("create_time")
        etag = etag_of(event)
        event.create_time.FromDatetime(self._clock())
        id = event_record_id(store, made)
        write = Write(id, record_of(etag, event), MUST_NOT_EXIST)
        outcome = await self._write(write, only_look=request.validate_only)
        if outcome is Outcome.CREATED:
            return event
        record = await self._records.read(id)
        other = hours_pb2.StoreEvent.FromString(decode_record(record)) if record else event
        if not same_content(event, other):
            raise AlreadyExists(event.name)
        return other

    async def delete(self, name: str, *, allow_missing: bool) -> None:
        """Deletes an event.

        Raises:
            StoreEventNotFound: there is none, and that is not allowed.
        """
        _, store, _, event = name.split("/")
        outcome = await self._write(Write(event_record_id(store, event), b"", MUST_EXIST))
        if outcome is Outcome.NOT_FOUND and not allow_missing:
            raise StoreEventNotFound(name)

    async def _write(self, write: Write, *, only_look: bool = False) -> Outcome:
        sequence, [outcome] = await commit(self._records.write([write], only_look=only_look))
        if not only_look:
            await self._directory.hours.caught_up(sequence)
        return outcome


def find(
    directory: Directory,
    request: hours_pb2.ListStoreEventsRequest,
    origin: Point | None,
    radius_m: float,
) -> list[Found]:
    """The events of public stores that a request asks for, by start, then name.

    Raises:
        StoreNotFound: it asks for one store, and there is none.
        InvalidArgument: an instant is out of range.
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
    """Of the events of the ids those that match."""
    after, before = (
        checked_instant(getattr(request, name), name) if request.HasField(name) else None
        for name in ("start_time", "end_time")
    )
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
