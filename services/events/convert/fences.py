"""Converts events of fences and trips, as geofence keeps them, to events of the contract."""

from typing import cast

from google.protobuf.json_format import MessageToDict

from enrayon.events.v1 import events_pb2 as pb
from enrayon.geofence.v1 import geofence_pb2
from services.directory.events import type_named

ELSEWHERE = (
    "event_id",
    "event_type",
    "subject",
    "store",
    "labels",
    "server_time",
    "mute",
    "reference",
    "rule",
    "expire_time",
)
"""Fields of a `FenceEvent` that an event has outside its data."""
NUMBERS = ("number", "sequence")
"""Numbers of 64 bits, which are texts in the JSON of protobuf."""


def event_of_fence(encoded: bytes) -> pb.Event:
    """The event of an encoded `FenceEvent`.

    Raises:
        DecodeError: it is none.
        ValueError: its type is not known to this version.
    """
    told = geofence_pb2.FenceEvent.FromString(encoded)
    event = pb.Event(
        id=told.event_id,
        source="//enrayon/geofence",
        type=type_of(told.event_type),
        subject=told.subject,
        store=told.store,
        time=told.server_time,
        labels=told.labels,
        reference=told.reference,
        rule=told.rule,
    )
    if told.HasField("expire_time"):
        event.expire_time.CopyFrom(told.expire_time)
    if told.mute:
        event.muted = geofence_pb2.Mute.Name(told.mute).removeprefix("MUTE_").lower()
    data = MessageToDict(told, preserving_proto_field_name=True)
    for name in ELSEWHERE:
        data.pop(name, None)
    event.data.update(data | {name: int(data[name]) for name in NUMBERS if name in data})
    return event


def type_of(value: int) -> str:
    """The type of an event, `fence.enter` or `trip.arrived`, by its `EventType`.

    Raises:
        ValueError: there is no such type.
    """
    return type_named(geofence_pb2.EventType.Name(cast("geofence_pb2.EventType.ValueType", value)))
