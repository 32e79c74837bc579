"""The wall-clock hours of an OSM `opening_hours` expression, a local date at a time.

opening-hours-py (2.1) carries the grammar. It is asked about wall-clock labels only, without a
country, and with a time zone only where the sun matters: its own holidays have no subdivisions and
lack countries, and its conversions move labels that fall in a daylight-saving gap.
"""

import datetime as dt
import re
from typing import NamedTuple

from opening_hours import OpeningHours
from opening_hours import State as ParsedState

from geodata.instants import FIRST_DATE
from geodata.points import Point
from geodata.schedule.errors import ScheduleError
from geodata.schedule.grammar import LOOKAHEAD_YEARS, follows_sun, parse, parsed, without_comments
from geodata.schedule.holiday_selectors import (
    HolidaySelector,
    IsHoliday,
    are_understood,
    filled,
    template,
    without_holidays,
)
from geodata.schedule.model import MINUTES_PER_DAY, State
from geodata.schedule.overnight import ending_at_midnight

_STATES = {
    ParsedState.OPEN: State.OPEN,
    ParsedState.CLOSED: State.CLOSED,
    ParsedState.UNKNOWN: State.UNKNOWN,
}
_YEAR = re.compile(r"(?<![:\d])(?:19\d\d|[2-9]\d{3})(?![:\d])")


class Span(NamedTuple):
    """A stretch of one local day in one state, in minutes since its midnight."""

    start_min: int
    end_min: int
    state: State
    comment: str


class Expression:
    """A parsed expression.

    Raises:
        ScheduleError: with position and message, on what opening-hours-py cannot parse and on
            `PH` or `SH` after dates that end in a weekday, as in `Feb Mo[2]-Sep Su[-1] PH`.
    """

    def __init__(self, text: str, time_zone: str, location: Point | None = None) -> None:
        parse(text)
        self._place = (time_zone, location) if location and follows_sun(text) else None
        self._template = template(text)
        if not are_understood(self._template):
            position = len(str(self._template[0]))
            raise ScheduleError("expression", "PH or SH cannot stand here", position=position)
        self._parsed = parsed(without_holidays(self._template), self._place)
        self.holidays = tuple(x for x in self._template if isinstance(x, HolidaySelector))
        self._years = sorted({int(year) for year in _YEAR.findall(without_comments(text))})

    def day(
        self, date: dt.date, is_public: IsHoliday, is_school: IsHoliday, *, carry: bool = True
    ) -> tuple[Span, ...]:
        """The spans of a date, midnight to midnight without a gap.

        Without `carry` the hours that run into it from the day before are left out.
        """
        text = filled(self._template, date, is_public, is_school)
        return _spans(parsed(text if carry else ending_at_midnight(text), self._place), date)

    def plain_day(self, date: dt.date) -> tuple[Span, ...]:
        """The spans of a date as if there were no holidays."""
        return _spans(self._parsed, date)

    def next_change(self, label: dt.datetime) -> dt.datetime | None:
        """When state or comment next change after a wall-clock label, if there are no holidays.

        The search ends after `LOOKAHEAD_YEARS`, but for the next years that the text names: to
        the year 9999 it would take a second for hours such as `10:00-12:00 off`.
        """
        found = _naive(self._parsed.next_change(label))
        beyond = [year for year in self._years if year > label.year + LOOKAHEAD_YEARS]
        for year in beyond[:2]:
            found = found or _naive(self._parsed.next_change(dt.datetime(year - 1, 12, 31)))
        return found

    def unchanged_since(self, label: dt.datetime) -> dt.datetime:
        """Since when state and comment are as they are just before a label, if no holidays are.

        Looks back a year; where nothing changed in it, that is the answer.
        """
        start = since = label
        for days in (16, 366):
            start = max(label - dt.timedelta(days), dt.datetime.combine(FIRST_DATE, dt.time()))
            for begins, *_ in self._parsed.intervals(start, label):
                since = begins.replace(tzinfo=None)
            if since > start:
                break
        return since


def _spans(hours: OpeningHours, date: dt.date) -> tuple[Span, ...]:
    midnight = dt.datetime.combine(date, dt.time())
    spans: list[Span] = []
    for begins, _, state, comment in hours.intervals(midnight, midnight + dt.timedelta(1)):
        start_min = 0 if not spans else begins.hour * 60 + begins.minute
        if spans:
            spans[-1] = spans[-1]._replace(end_min=start_min)
        spans.append(Span(start_min, MINUTES_PER_DAY, _STATES[state], comment))
    return tuple(spans)


def _naive(moment: dt.datetime | None) -> dt.datetime | None:
    return moment.replace(tzinfo=None) if moment else None
