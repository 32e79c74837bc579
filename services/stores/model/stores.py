"""What makes a store fit to be kept. Pure: no clock, no network, no database."""

from functools import cache
from typing import Any

from enrayon.stores.v1 import stores_pb2
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import check_time_zone
from services.chassis.errors import FieldViolation
from services.chassis.serving.requests import violations_of
from services.directory.service_areas import ServiceArea

OUTPUT_FIELDS = ("etag", "update_time")


def normalize(store: stores_pb2.Store) -> None:
    """Bring a store, in place, into the form that is kept: attributes in order, status, zone."""
    attributes = sorted(set(store.attributes))
    store.ClearField("attributes")
    store.attributes.extend(attributes)
    store.status = store.status or stores_pb2.STORE_STATUS_OPEN
    if not store.time_zone and store.HasField("location"):
        store.time_zone = time_zone_finder()(store.location.longitude, store.location.latitude)


def problems(store: stores_pb2.Store) -> list[FieldViolation]:
    """What is wrong with a store that someone wants kept."""
    found = violations_of(store)
    if store.time_zone and store.time_zone not in time_zones():
        found.append(FieldViolation("time_zone", zone_problem(store.time_zone)))
    try:
        ServiceArea.of(store)
    except ValueError as error:
        if not found:  # else it is the location, which is named already
            found.append(FieldViolation("service_area.polygons", str(error)))
    if store.opening_date.year and not is_whole_date(store.opening_date):
        found.append(FieldViolation("opening_date", "must have a year, a month and a day"))
    return found


def is_whole_date(date: Any) -> bool:
    """Whether a `google.type.Date` names a day."""
    return bool(date.year and date.month and date.day)


def zone_problem(name: str) -> str:
    """What is wrong with a time zone, and which one may be meant."""
    try:
        check_time_zone(name)
    except ScheduleError as fault:
        return f"{fault.message}; try {fault.suggestion!r}" if fault.suggestion else fault.message
    return f"no IANA time zone {name!r}"


@cache
def time_zones() -> frozenset[str]:
    """The names of all IANA time zones."""
    import zoneinfo

    return frozenset(zoneinfo.available_timezones())


@cache
def time_zone_finder() -> Any:
    """tzfpy's look-up by longitude and latitude; loaded when the first store needs it."""
    import tzfpy

    return tzfpy.get_tz
