"""Encodes events as entries of streams and queues."""

import structlog
from google.protobuf.message import DecodeError

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.geofence import metrics

log = structlog.get_logger()


def read_event(encoded: bytes, subscription: str) -> pb.FenceEvent | None:
    """The event; None for bytes that hold none, which are counted and logged.

    An error here would stop a subscription at this entry for ever.
    """
    try:
        return pb.FenceEvent.FromString(encoded)
    except DecodeError:
        metrics.UNREADABLE.inc()
        log.error("an event cannot be read and is left out", subscription=subscription)
        return None
