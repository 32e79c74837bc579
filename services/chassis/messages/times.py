"""Converts instants and dates between protobuf and Python, within the bounds of the suite.

The contracts bound every instant of a request (`geodata.instants` gives the bounds and reasons).
One check remains here: the nanoseconds of a Timestamp may be out of range.
"""

import datetime as dt
from typing import overload

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2

from geodata import instants
from services.chassis.errors import InvalidArgument


def instant(moment: Timestamp, field: str) -> dt.datetime:
    """The instant of a timestamp in a request, in UTC; `field` is its path.

    Raises:
        InvalidArgument: it is not a valid Timestamp.
    """
    try:
        return moment.ToDatetime(dt.UTC)
    except (ValueError, OverflowError):
        raise InvalidArgument.field(
            field, "is no instant: nanos must be from 0 to 999999999"
        ) from None


def milliseconds(moment: Timestamp, field: str) -> int:
    """The milliseconds since 1970 of a timestamp in a request; `field` is its path.

    Raises:
        InvalidArgument: it is not a valid Timestamp.
    """
    instant(moment, field)
    return moment.ToMilliseconds()


def instant_if_set(message: Message, name: str, field: str = "") -> dt.datetime | None:
    """The instant in a field of a request; None when it is not set. `field` is its path.

    Raises:
        InvalidArgument: it is not a valid Timestamp.
    """
    return instant(getattr(message, name), field or name) if message.HasField(name) else None


def date(message: date_pb2.Date, field: str) -> dt.date:
    """The date in a request; `field` is its path.

    Raises:
        InvalidArgument: there is no such date, or it is out of range.
    """
    try:
        return instants.date(message.year, message.month, message.day)
    except ValueError as error:
        raise InvalidArgument.field(field, str(error)) from None


def check_instants(message: Message, field: str, *names: str) -> None:
    """Check those fields of a message that hold instants; `field` is the message's own path.

    Raises:
        InvalidArgument: one is not a valid Timestamp.
    """
    for name in names:
        instant_if_set(message, name, f"{field}.{name}")


@overload
def timestamp(at: dt.datetime) -> Timestamp: ...
@overload
def timestamp(at: dt.datetime | None) -> Timestamp | None: ...
def timestamp(at: dt.datetime | None) -> Timestamp | None:
    """The timestamp of an instant with a UTC offset; None for None."""
    if at is None:
        return None
    result = Timestamp()
    result.FromDatetime(at)
    return result


def timestamp_of_ms(since_epoch_ms: int) -> Timestamp:
    """The timestamp of an instant in milliseconds since 1970."""
    result = Timestamp()
    result.FromMilliseconds(since_epoch_ms)
    return result
