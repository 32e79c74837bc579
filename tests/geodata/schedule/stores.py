"""Shops of the tests: a schedule in a place, and the local clock there."""

import datetime as dt
import zoneinfo
from typing import Any

from geodata.schedule.model import DatedException, Schedule, TimeRange
from geodata.schedule.timeline import OpenInterval, Timeline

PARIS = "Europe/Paris"
ZONES = (
    "Europe/Paris",
    "America/New_York",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
COUNTRIES = ("FR", "US", "DE", "GB")


def shop(expression: str, time_zone: str = PARIS, **rest: Any) -> Timeline:
    """The timeline of a shop."""
    return Timeline(Schedule(expression=expression, time_zone=time_zone, **rest))


def local(text: str, time_zone: str = PARIS) -> dt.datetime:
    """An instant by the local clock; the first one of two in a fold."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(time_zone))


def utc(text: str) -> dt.datetime:
    """An instant in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def special(first: str, *hours: str, last: str = "", label: str = "") -> DatedException:
    """A dated exception: `special("2026-12-24", "09:00-16:00")`."""
    ranges = tuple(TimeRange.of(*text.split("-")) for text in hours)
    return DatedException(
        first_date=dt.date.fromisoformat(first),
        last_date=dt.date.fromisoformat(last or first),
        ranges=ranges,
        label=label,
    )


def in_utc(intervals: list[OpenInterval]) -> list[tuple[str, str]]:
    """Intervals as UTC texts, `03-29 01:00` each end."""
    return [(_utc_text(each.opens), _utc_text(each.closes)) for each in intervals]


def _utc_text(end: dt.datetime | None) -> str:
    return f"{end:%m-%d %H:%M}" if end else "-"
