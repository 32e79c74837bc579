"""Normalizes and checks a store before it is written."""

import zoneinfo
from functools import cache
from typing import Any

from enrayon.stores.v1 import stores_pb2
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import check_time_zone
from services.chassis.errors import FieldViolation
from services.chassis.serving.requests import violations_of
from services.directory.service_areas import ServiceArea

OUTPUT_FIELDS = ("etag", "update_time")
"""The fields that the server sets."""


def normalize(store: stores_pb2.Store) -> None:
    """Bring a store, in place, into its stored form: sorted attributes, a status, a time zone."""
    attributes = sorted(set(store.attributes))
    store.ClearField("attributes")
    store.attributes.extend(attributes)
    store.status = store.status or stores_pb2.STORE_STATUS_OPEN
    if not store.time_zone and store.HasField("location"):
        store.time_zone = time_zone_finder()(store.location.longitude, store.location.latitude)


def problems(store: stores_pb2.Store) -> list[FieldViolation]:
    """The violations of a store that is to be written."""
    violations = violations_of(store)
    if store.time_zone and store.time_zone not in time_zones():
        violations.append(FieldViolation("time_zone", zone_problem(store.time_zone)))
    try:
        ServiceArea.of(store)
    except ValueError as error:
        if not violations:  # else the fault is the location, which is among them
            violations.append(FieldViolation("service_area.polygons", str(error)))
    if store.opening_date.year and not is_whole_date(store.opening_date):
        violations.append(FieldViolation("opening_date", "must have a year, a month and a day"))
    return violations


def is_whole_date(date: Any) -> bool:
    """True if a `google.type.Date` has a year, a month and a day."""
    return bool(date.year and date.month and date.day)


def zone_problem(name: str) -> str:
    """The fault of an unknown time zone, with the most similar name."""
    try:
        check_time_zone(name)
    except ScheduleError as fault:
        return f"{fault.message}; try {fault.suggestion!r}" if fault.suggestion else fault.message
    return f"no IANA time zone {name!r}"


@cache
def time_zones() -> frozenset[str]:
    """The names of all IANA time zones; reading them takes a quarter of a second."""
    return frozenset(zoneinfo.available_timezones())


@cache
def time_zone_finder() -> Any:
    """tzfpy's search by longitude and latitude; the first look-up loads its data, 35 MB."""
    import tzfpy

    return tzfpy.get_tz
