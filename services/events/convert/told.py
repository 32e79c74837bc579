"""Reads entries of the streams of all sources."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from google.protobuf.message import DecodeError

from enrayon.events.v1 import events_pb2 as pb
from services.directory.events import Event, event_of
from services.directory.keys import store_name
from services.events import metrics
from services.events.convert.fences import event_of_fence
from services.events.model.sources import BY_PARTITION

log = structlog.get_logger()


@dataclass(frozen=True)
class Told:
    """An event as a source told it."""

    event: pb.Event
    owner: str
    """The caller that the subject belongs to: its id or its `Caller.owner`; empty for nobody's."""
    kept: bytes
    """The event as queues and dead letters keep it."""
    is_private: bool = False
    """True if the event is about a private store."""
    brand: str = ""
    """Of the store, as the change noted it; empty if it did not."""

    @property
    def home(self) -> str:
        """The store whose staff may be told."""
        # Whoever is at the wrong store is told of to the right one.
        data = self.event.data
        trip = data["trip"] if "trip" in data else ""  # noqa: SIM401 - a Struct has no get
        return "/".join(str(trip).split("/")[:2]) if trip else self.event.store


def told_of(partition: str, id: str, fields: Mapping[bytes, bytes]) -> Told | None:
    """The event of an entry; None for one that holds none, which is counted and logged.

    An error here would stop a subscription at this entry for ever.
    """
    try:
        if b"j" not in fields:
            encoded = fields[b"e"]
            return Told(event_of_fence(encoded), fields.get(b"o", b"").decode(), encoded)
        event = event_of(fields[b"j"])
        return told_by(partition, event if event.id else event._replace(id=f"{partition}-{id}"))
    except (ValueError, DecodeError, KeyError, TypeError):
        unreadable(partition)
        return None


def told_by(partition: str, event: Event) -> Told:
    """An event of a partition, with its id.

    Raises:
        ValueError: its data cannot be told.
    """
    return Told(message_of(partition, event), event.owner, event.text)


def kept_event(partition: str, kept: bytes) -> pb.Event | None:
    """The event of a queue or a dead letter; None for bytes that hold none."""
    try:
        if kept.startswith(b"{"):
            return message_of(partition, event_of(kept))
        return event_of_fence(kept)
    except (ValueError, DecodeError, TypeError):
        unreadable(partition)
        return None


def message_of(partition: str, told: Event) -> pb.Event:
    """An event as the contract has it.

    Raises:
        ValueError: its data cannot be told.
    """
    event = pb.Event(
        id=told.id,
        source=f"//enrayon/{BY_PARTITION[partition].name}",
        type=told.type,
        subject=told.subject,
        store=store_name(told.store) if told.store else "",
        reference=told.reference,
    )
    event.time.FromMilliseconds(told.at_ms)
    if told.expire_ms:
        event.expire_time.FromMilliseconds(told.expire_ms)
    event.data.update(told.data)
    return event


def unreadable(partition: str) -> None:
    """Count and log an event that is left out."""
    metrics.UNREADABLE.inc()
    log.error("an event cannot be read and is left out", partition=partition)
