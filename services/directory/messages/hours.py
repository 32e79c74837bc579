"""Converts parts of the hours contract to those of geodata's schedules."""

import datetime as dt
from collections.abc import Iterable

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2

from enrayon.hours.v1 import hours_pb2
from geodata import instants
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import Closure, DatedException, HolidayRules, TimeRange


def holiday_rules(rules: hours_pb2.HolidayRules) -> HolidayRules:
    """The holiday rules of a message.

    Raises:
        ScheduleError: the rule for public holidays does not parse.
    """
    return HolidayRules(
        country=rules.region_code,
        subdivision=rules.subdivision,
        school_zone=rules.school_zone,
        on_public_holiday=rules.on_public_holiday,
    )


def exceptions_of(
    exceptions: Iterable[hours_pb2.DatedException], field: str
) -> Iterable[DatedException]:
    """Yields the dated exceptions of messages; `field` is their path.

    Raises:
        ScheduleError: one is not valid; the error names its field.
    """
    for number, exception in enumerate(exceptions):
        name = f"{field}[{number}]"
        first = date_of(exception.first_date, f"{name}.first_date")
        last = first
        if exception.HasField("last_date"):
            last = date_of(exception.last_date, f"{name}.last_date")
        ranges = tuple(
            TimeRange.of(hours.opens, hours.closes, field=f"{name}.hours[{place}]")
            for place, hours in enumerate(exception.hours)
        )
        try:
            yield DatedException(
                first_date=first, last_date=last, ranges=ranges, label=exception.label
            )
        except ScheduleError as fault:
            last_part = fault.field.rpartition(".")[2].replace("ranges", "hours")
            raise renamed(fault, f"{name}.{last_part}") from None


def closures_of(closures: Iterable[hours_pb2.Closure], service: str) -> Iterable[Closure]:
    """The closures of a service; those of the store if the id is empty.

    Raises:
        ScheduleError: one is not valid; the error names its field.
    """
    return (closure_of(closure) for closure in closures if closure.service == service)


def closure_of(closure: hours_pb2.Closure) -> Closure:
    """The closure of a message.

    Raises:
        ScheduleError: it is not valid; the error names its field.
    """
    by_dates = closure.HasField("start_date")
    starts: dt.date | dt.datetime
    ends: dt.date | dt.datetime | None
    if by_dates:
        starts = date_of(closure.start_date, "closure.start_date")
        has_end = closure.HasField("end_date")
        ends = date_of(closure.end_date, "closure.end_date") if has_end else None
    else:
        starts = instant_of(closure.start_time, "closure.start_time")
        has_end = closure.HasField("end_time")
        ends = instant_of(closure.end_time, "closure.end_time") if has_end else None
    expires = None
    if closure.HasField("expire_time"):
        expires = instant_of(closure.expire_time, "closure.expire_time")
    try:
        return Closure(starts=starts, ends=ends, reason=closure.reason, expires=expires)
    except ScheduleError as fault:
        end = "closure.end_date" if by_dates else "closure.end_time"
        raise renamed(fault, end if fault.field == "closures.ends" else fault.field) from None


def date_of(date: date_pb2.Date, field: str) -> dt.date:
    """The date of a message; `field` is its path.

    Raises:
        ScheduleError: there is no such date, or it is out of range.
    """
    try:
        return instants.date(date.year, date.month, date.day)
    except ValueError as error:
        raise ScheduleError(field, str(error)) from None


def instant_of(moment: Timestamp, field: str) -> dt.datetime:
    """The instant of a timestamp; `field` is its path.

    Raises:
        ScheduleError: it is no valid Timestamp, or out of range.
    """
    try:
        instant = moment.ToDatetime(dt.UTC)
        instants.check_instant(instant)
    except (ValueError, OverflowError) as error:
        raise ScheduleError(field, str(error)) from None
    return instant


def renamed(fault: ScheduleError, field: str) -> ScheduleError:
    """The same error with another field."""
    return ScheduleError(field, fault.message, position=fault.position, suggestion=fault.suggestion)
