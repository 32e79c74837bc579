"""Events as the streams and queues have them."""

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import Counter

from enrayon.geofence.v1 import geofence_pb2 as pb

UNREADABLE = Counter("enrayon_geofence_unreadable", "Entries of streams that hold no event.")

log = structlog.get_logger()


def read_event(encoded: bytes, subscription: str) -> pb.FenceEvent | None:
    """The event; None, counted and logged, of bytes that nobody could ever read.

    Were such an entry an error, nothing after it would ever be told.
    """
    try:
        return pb.FenceEvent.FromString(encoded)
    except DecodeError:
        UNREADABLE.inc()
        log.error("an event cannot be read and is left out", subscription=subscription)
        return None
