"""The hours that a store came with (its text, status and time zone), and their schedule."""

import datetime as dt
from functools import lru_cache
from typing import NamedTuple

from enrayon.stores.v1 import stores_pb2
from geodata.points import Point
from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import follows_sun
from geodata.schedule.formats import osm
from geodata.schedule.holiday_places import holiday_subdivision
from geodata.schedule.model import HolidayRules, Schedule
from services.directory.closing import CLOSED_FOR_GOOD, closing_date, closures_of

STATUS_REASONS = {
    stores_pb2.STORE_STATUS_FUTURE_OPENING: "not open yet",
    stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED: "temporarily closed",
    stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD: CLOSED_FOR_GOOD,
    stores_pb2.STORE_STATUS_MOVED: "moved",
}
"""The reason for which a store with this status is closed."""
SCHEDULES_KEPT = 16_384
"""Parsed texts in memory: the most recent ones."""


class ImportedHours(NamedTuple):
    """The fields of a store on which its imported schedule depends."""

    text: str
    expression: str
    time_zone: str
    holidays: HolidayRules
    status: str
    location: Point | None
    """Set only if the hours follow the sun, so that more stores have equal hours."""
    closing_date: dt.date | None = None
    """The last trading day."""


def imported_hours(store: stores_pb2.Store) -> ImportedHours:
    """The imported hours of a store."""
    return ImportedHours(
        store.opening_hours_text,
        store.opening_hours_expression,
        store.time_zone,
        holidays_of(store),
        STATUS_REASONS.get(store.status, ""),
        location_of(store) if _follows_sun(store) else None,
        closing_date(store),
    )


@lru_cache(maxsize=SCHEDULES_KEPT)
def imported_schedule(hours: ImportedHours) -> Schedule:
    """The schedule of imported hours; it has the reason if their text is not understood."""
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
            closures=closures_of(hours.closing_date),
        )
    except ScheduleError as fault:  # this machine does not know the time zone
        return Schedule(unusable=str(fault), status=hours.status)


@lru_cache(maxsize=SCHEDULES_KEPT)
def regular_hours(imported: str) -> tuple[str, str]:
    """The hours of a text in OSM grammar, days in doubt UNKNOWN; else nothing, and the reason."""
    if not imported.strip():
        return "", ""
    reading = osm.read_feed(imported)
    if reading.expression:
        return reading.expression, ""
    return "", f"{imported[:60]!r} is not understood: {reading.faults[0].message}"


def holidays_of(store: stores_pb2.Store) -> HolidayRules:
    """The holiday rules at the address of a store."""
    address = store.address
    return _holiday_rules(
        address.region_code,
        holiday_subdivision(address.region_code, address.postal_code, address.administrative_area),
    )


@lru_cache(maxsize=1024)
def _holiday_rules(country: str, subdivision: str) -> HolidayRules:
    return HolidayRules(country=country, subdivision=subdivision)


def _follows_sun(store: stores_pb2.Store) -> bool:
    return follows_sun(store.opening_hours_expression or store.opening_hours_text)


def location_of(store: stores_pb2.Store) -> Point | None:
    """The location of a store; None if it has none."""
    if not store.HasField("location"):
        return None
    return Point(store.location.latitude, store.location.longitude)
