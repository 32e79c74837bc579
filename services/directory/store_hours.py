"""From what is kept of a store's hours to schedules that can be evaluated."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata import instants
from geodata.points import Point
from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import follows_sun
from geodata.schedule.formats import osm
from geodata.schedule.holiday_places import holiday_subdivision
from geodata.schedule.model import Closure, DatedException, HolidayRules, Schedule, TimeRange

STATUS_REASONS = {
    stores_pb2.STORE_STATUS_FUTURE_OPENING: "not open yet",
    stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED: "temporarily closed",
    stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD: "closed for good",
    stores_pb2.STORE_STATUS_MOVED: "moved",
}
"""Why a store of a status does not trade at all."""
SCHEDULES_KEPT = 16_384


class ImportedHours(NamedTuple):
    """All that the schedule of a store depends on that was given no other hours."""

    text: str
    expression: str
    time_zone: str
    holidays: HolidayRules
    status: str
    location: Point | None
    """Only where the hours follow the sun, so that more stores have equal ones."""


class StoreSchedules(NamedTuple):
    """The schedules of a store and of the services in it, by id."""

    own: Schedule
    services: Mapping[str, Schedule]


def imported_hours(store: stores_pb2.Store) -> ImportedHours:
    """The hours that a store came with."""
    return ImportedHours(
        store.opening_hours_text,
        store.opening_hours_expression,
        store.time_zone,
        holidays_of(store),
        STATUS_REASONS.get(store.status, ""),
        _location(store) if _follows_sun(store) else None,
    )


@lru_cache(maxsize=SCHEDULES_KEPT)
def imported_schedule(hours: ImportedHours) -> Schedule:
    """The schedule of hours as they came; with the reason, if they are not understood."""
    expression, unusable = hours.expression, ""
    if not expression:
        expression, unusable = regular_hours(hours.text)
    try:
        return Schedule(
            expression=expression,
            unusable=unusable,
            time_zone=hours.time_zone,
            holidays=hours.holidays,
            status=hours.status,
            location=hours.location,
        )
    except ScheduleError as fault:  # a time zone that this machine does not know
        return Schedule(unusable=str(fault), status=hours.status)


@lru_cache(maxsize=SCHEDULES_KEPT)
def regular_hours(given: str) -> tuple[str, str]:
    """The hours of a text in OSM grammar, days in doubt UNKNOWN; or nothing, and why."""
    if not given.strip():
        return "", ""
    reading = osm.read_feed(given)
    if reading.expression:
        return reading.expression, ""
    return "", f"{given[:60]!r} is not understood: {reading.faults[0].message}"


def _follows_sun(store: stores_pb2.Store) -> bool:
    return follows_sun(store.opening_hours_expression or store.opening_hours_text)


def schedules_of(store: stores_pb2.Store, hours: hours_pb2.StoreHours | None) -> StoreSchedules:
    """The schedules of a store and of what is inside it.

    Raises:
        ScheduleError: the hours cannot be evaluated; names the field of `hours`.
    """
    came = imported_schedule(imported_hours(store))
    if hours is None:
        return StoreSchedules(came, {})
    holidays = holiday_rules(hours.holidays) if hours.HasField("holidays") else came.holidays
    own = dataclasses.replace(
        came,
        expression=hours.expression or came.expression,
        unusable="" if hours.expression else came.unusable,
        location=_location(store) if follows_sun(hours.expression) else came.location,
        holidays=holidays,
        exceptions=tuple(exceptions_of(hours.exceptions, "exceptions")),
        closures=tuple(closures_of(hours.closures, "")),
    )
    services = {
        service.name.rpartition("/")[2]: _service_schedule(store, own, hours, number)
        for number, service in enumerate(hours.services)
    }
    return StoreSchedules(own, services)


def _service_schedule(
    store: stores_pb2.Store, own: Schedule, hours: hours_pb2.StoreHours, number: int
) -> Schedule:
    service, field = hours.services[number], f"services[{number}]"
    exceptions = list(exceptions_of(service.exceptions, f"{field}.exceptions"))
    closures = tuple(closures_of(hours.closures, service.name.rpartition("/")[2]))
    came = own
    if service.independent_of_store:
        came = dataclasses.replace(
            own,
            exceptions=(),
            closures=(),
            status="",
            holidays=dataclasses.replace(own.holidays, on_public_holiday=""),
        )
    inherited = [] if service.expression else list(came.exceptions)
    in_store = bool(service.expression) and not service.independent_of_store
    try:
        return dataclasses.replace(
            came,
            expression=service.expression or own.expression,
            unusable="" if service.expression else own.unusable,
            location=_location(store) if follows_sun(service.expression) else own.location,
            exceptions=(*exceptions, *_without(inherited, exceptions)),
            closures=(*came.closures, *closures),
            host=dataclasses.replace(own, closures=()) if in_store else None,
        )
    except ScheduleError as fault:
        raise renamed(fault, f"{field}.{fault.field}") from None


def _without(
    exceptions: Iterable[DatedException], others: Iterable[DatedException]
) -> Iterable[DatedException]:
    """The exceptions, cut so that they spare the dates of others."""
    one_day = dt.timedelta(1)
    left = list(exceptions)
    for other in others:
        cut = []
        for each in left:
            if other.last_date < each.first_date or each.last_date < other.first_date:
                cut.append(each)
                continue
            if each.first_date < other.first_date:
                cut.append(dataclasses.replace(each, last_date=other.first_date - one_day))
            if other.last_date < each.last_date:
                cut.append(dataclasses.replace(each, first_date=other.last_date + one_day))
        left = cut
    return left


def holidays_of(store: stores_pb2.Store) -> HolidayRules:
    """Whose holidays count at the address of a store."""
    address = store.address
    return _holiday_rules(
        address.region_code,
        holiday_subdivision(address.region_code, address.postal_code, address.administrative_area),
    )


@lru_cache(maxsize=1024)
def _holiday_rules(country: str, subdivision: str) -> HolidayRules:
    return HolidayRules(country=country, subdivision=subdivision)


def holiday_rules(rules: hours_pb2.HolidayRules) -> HolidayRules:
    """Holiday rules of the contract.

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
    """Dated exceptions of the contract.

    Raises:
        ScheduleError: naming the one that is wrong.
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
    """The closures of a service, or with an empty id of the store.

    Raises:
        ScheduleError: naming what is wrong.
    """
    return (closure_of(closure) for closure in closures if closure.service == service)


def closure_of(closure: hours_pb2.Closure) -> Closure:
    """A closure of the contract.

    Raises:
        ScheduleError: naming what is wrong.
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
    """A date of the contract.

    Raises:
        ScheduleError: there is no such date, or it is out of range.
    """
    try:
        return instants.date(date.year, date.month, date.day)
    except ValueError as error:
        raise ScheduleError(field, str(error)) from None


def instant_of(moment: Timestamp, field: str) -> dt.datetime:
    """An instant of the contract.

    Raises:
        ScheduleError: it is no valid Timestamp, or out of range.
    """
    try:
        found = moment.ToDatetime(dt.UTC)
        instants.check_instant(found)
    except (ValueError, OverflowError) as error:
        raise ScheduleError(field, str(error)) from None
    return found


def renamed(fault: ScheduleError, field: str) -> ScheduleError:
    """The same error about a field of another name."""
    return ScheduleError(field, fault.message, position=fault.position, suggestion=fault.suggestion)


def _location(store: stores_pb2.Store) -> Point | None:
    if not store.HasField("location"):
        return None
    return Point(store.location.latitude, store.location.longitude)
