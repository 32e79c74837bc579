"""Converts dates, durations and milliseconds; `chassis.messages.times` reads those of requests."""

import datetime as dt

from google.protobuf.duration_pb2 import Duration
from google.type import date_pb2


def date_message(day: dt.date) -> date_pb2.Date:
    """A day as a message."""
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def seconds(length: Duration) -> float:
    """A length of time in seconds, to the millisecond, so that it reads as it was written."""
    return length.ToMilliseconds() / 1000


def duration(length_s: float) -> Duration:
    """Seconds as a message, to the millisecond."""
    result = Duration()
    result.FromMilliseconds(round(length_s * 1000))
    return result


def ms_of(moment: dt.datetime) -> int:
    """An instant in milliseconds since 1970."""
    return int(moment.timestamp() * 1000)
