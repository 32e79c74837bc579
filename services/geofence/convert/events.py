"""Converts fence and trip events to messages, as readers and webhooks get them."""

from collections.abc import Mapping

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences.events import Cause, Confidence, Event, EventType, Reason
from services.directory.events import LIFETIMES_S, type_named
from services.geofence.convert.names import device_name, shape_names

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
LIFETIMES_MS = {
    value: round(1000 * (LIFETIMES_S[type_named(name)] or 0))
    for name, value in pb.EventType.items()
    if value
}
REASONS = {each: pb.ConfidenceReason.Value(f"CONFIDENCE_REASON_{each.name}") for each in Reason}


def fence_event(
    event: Event, subject: str, labels: Mapping[str, str], mute: "pb.Mute.ValueType"
) -> pb.FenceEvent:
    """An event of a fence.

    Args:
        event: The event, with the key of the shape it is about.
        subject: Of the device.
        labels: Of the fence.
        mute: Why only subscriptions that ask for muted events get it.
    """
    fence, store = shape_names(event.fence_id)
    message = pb.FenceEvent(
        event_id=event.id(subject),
        event_type=TYPES[event.type],
        cause=CAUSES[event.cause],
        subject=device_name(subject),
        fence=fence,
        store=store,
        number=event.number,
        sequence=event.sequence,
        confidence=CONFIDENCES[event.confidence],
        confidence_reason=REASONS[event.reason],
        mute=mute,
    )
    message.labels.update(labels)
    message.device_time.FromMilliseconds(event.time_ms)
    message.server_time.FromMilliseconds(event.server_time_ms)
    give_end(message, event.server_time_ms)
    if event.inside_since_ms is not None:
        message.inside_since_time.FromMilliseconds(event.inside_since_ms)
    return message


def give_end(message: pb.FenceEvent, now_ms: int) -> None:
    """Set the time after which an event is worth nothing, by its type, unless it has one."""
    lifetime_ms = LIFETIMES_MS[message.event_type]
    if lifetime_ms and not message.HasField("expire_time"):
        message.expire_time.FromMilliseconds(now_ms + lifetime_ms)
