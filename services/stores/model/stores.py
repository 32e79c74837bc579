"""Normalizes and checks a store before it is written."""

import datetime as dt
import zoneinfo
from functools import cache
from typing import Any

from enrayon.stores.v1 import stores_pb2
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import check_time_zone
from services.chassis.errors import FieldViolation
from services.chassis.serving.requests import violations_of
from services.directory.closing import date_of
from services.directory.service_areas import ServiceArea

EARLIEST = dt.date(1900, 1, 1)
"""An earlier closing date stands for none, as 0001-01-01 in some programs."""
OUTPUT_FIELDS = ("etag", "update_time")
"""The fields that the server sets."""


def normalize(store: stores_pb2.Store) -> None:
    """Bring a store, in place, into its stored form: sorted attributes, a status, a time zone."""
    for field in ("attributes", "payment_methods"):
        values = sorted(set(getattr(store, field)))
        store.ClearField(field)
        getattr(store, field).extend(values)
    store.status = store.status or stores_pb2.STORE_STATUS_OPEN
    if not store.time_zone and store.HasField("location"):
        store.time_zone = time_zone_finder()(store.location.longitude, store.location.latitude)


def problems(store: stores_pb2.Store) -> list[FieldViolation]:
    """The violations of a store that is to be written."""
    violations = violations_of(store)
    if store.time_zone and store.time_zone not in time_zones():
        violations.append(FieldViolation("time_zone", zone_problem(store.time_zone)))
    if not violations:  # an area can be made of valid fields alone
        try:
            ServiceArea.of(store)
        except ValueError as error:
            violations.append(FieldViolation("service_area.polygons", str(error)))
    violations += [
        FieldViolation(field, "must be a date with a year, a month and a day")
        for field in ("opening_date", "closing_date")
        if getattr(store, field).ByteSize() and date_of(getattr(store, field)) is None
    ]
    first, last = date_of(store.opening_date), date_of(store.closing_date)
    if first and last and last < first:
        violations.append(FieldViolation("closing_date", "must not be before opening_date"))
    if last and last < EARLIEST:
        violations.append(FieldViolation("closing_date", f"must not be before {EARLIEST}"))
    return violations


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
