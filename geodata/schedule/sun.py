"""When the sun rises and sets: dawn, sunrise, sunset and dusk of a date, in minutes of local time.

opening-hours-py computes them. Where the sun does not rise or set, it may take summer for winter,
so the season decides here.
"""

import datetime as dt
import functools
import zoneinfo
from collections.abc import Mapping

from opening_hours import OpeningHours

from geodata.points import Point
from geodata.schedule.syntax import MINUTES_PER_DAY

RISING = ("dawn", "sunrise")
"""The events that begin a day; `sunset` and `dusk` end it."""
_HOURS = {
    "dawn": "00:00-dawn",
    "sunrise": "00:00-sunrise",
    "sunset": "00:00-sunset",
    "dusk": "00:00-dusk",
}
_NOON_MIN = MINUTES_PER_DAY // 2


@functools.lru_cache(maxsize=4096)
def sun_times(date: dt.date, zone: str, place: Point) -> Mapping[str, int]:
    """Minutes since midnight of each event.

    A day without night begins and ends at midnight; a day without light does so at noon.
    """
    midnight = dt.datetime.combine(date, dt.time())
    found = {}
    for event, text in _HOURS.items():
        intervals = list(_hours(text, zone, place).intervals(midnight, midnight + dt.timedelta(1)))
        if len(intervals) > 1:
            found[event] = intervals[0][1].hour * 60 + intervals[0][1].minute
        elif _is_summer(date, place):
            found[event] = 0 if event in RISING else MINUTES_PER_DAY
        else:
            found[event] = _NOON_MIN
    return found


def _is_summer(date: dt.date, place: Point) -> bool:
    """True if the sun stands over the half of the globe that the place is in."""
    is_northern = (3, 20) <= (date.month, date.day) < (9, 23)
    return is_northern is (place.latitude > 0)


@functools.lru_cache(maxsize=256)
def _hours(text: str, zone: str, place: Point) -> OpeningHours:
    return OpeningHours(
        text,
        timezone=zoneinfo.ZoneInfo(zone),
        coords=(place.latitude, place.longitude),
        auto_country=False,
    )
