"""Instants of requests."""

import datetime as dt

from google.protobuf.timestamp_pb2 import Timestamp

from geodata.schedule.errors import ScheduleError
from geodata.schedule.timeline import instant_in_range
from services.chassis.errors import InvalidArgument


def checked_instant(moment: Timestamp, field: str) -> dt.datetime:
    """An instant of a request.

    Raises:
        InvalidArgument: it is out of range.
    """
    try:
        at = moment.ToDatetime(dt.UTC)
        instant_in_range(at)
    except (ScheduleError, ValueError, OverflowError):
        raise InvalidArgument.field(field, "must be in the years 1000 to 9999") from None
    return at
