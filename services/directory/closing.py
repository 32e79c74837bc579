"""The end of a store by its closing date: the moment, and the closure of its schedule.

The closing date is the last trading day; the store is closed for good from the next local date on.
"""

import datetime as dt
import math
import zoneinfo
from typing import Any

from enrayon.stores.v1 import stores_pb2
from geodata.schedule.model import Closure
from geodata.schedule.zones import start_of_date

CLOSED_FOR_GOOD = "closed for good"
_ONE_DAY = dt.timedelta(1)
_UTC = zoneinfo.ZoneInfo("UTC")


def date_of(date: Any) -> dt.date | None:
    """A `google.type.Date` as a date; None if it is not a whole date of the calendar."""
    try:
        return dt.date(date.year, date.month, date.day)
    except ValueError:
        return None


def closing_date(store: stores_pb2.Store) -> dt.date | None:
    """The last trading day of a store; None if no end is known."""
    return date_of(store.closing_date) if store.HasField("closing_date") else None


def closes_at(store: stores_pb2.Store) -> float:
    """The instant from which a store is closed for good, in seconds since the epoch.

    It is infinite without a closing date.
    """
    last = closing_date(store)
    if last is None or last >= dt.date.max - _ONE_DAY:
        return math.inf
    try:
        zone = zoneinfo.ZoneInfo(store.time_zone or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # unknown to this machine
        zone = _UTC
    return start_of_date(zone, last + _ONE_DAY)


def closures_of(last: dt.date | None) -> tuple[Closure, ...]:
    """The closure that ends the hours of a store with this last trading day."""
    if last is None or last >= dt.date.max - _ONE_DAY:
        return ()
    return (Closure(starts=last + _ONE_DAY, reason=CLOSED_FOR_GOOD, for_good=True),)
