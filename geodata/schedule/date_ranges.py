"""Ranges of dates: `Dec 24-26`, `Mar Su[-1]-Oct Su[-1]`, `2026 Dec 25-2027 Jan 06`, `easter`."""

import calendar
import datetime as dt
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from geodata.instants import END

_ONE_DAY = dt.timedelta(1)
_FIRST, _LAST = dt.date(1, 1, 2), END.date()
# Two Easters a year apart, early and late ones, a leap year: enough to see whether a range wraps.
_SAMPLE_YEARS = (2008, 2011, 2024, 2025, 2026, 2027, 2030, 2035, 2038)
_YEARS_AHEAD = 9
"""29 February comes again within eight years."""


class Offset(NamedTuple):
    """How far a day is moved: by days, then on (+1) or back (-1) to a weekday."""

    days: int = 0
    weekday: int | None = None
    direction: int = 0

    def moved(self, date: dt.date) -> dt.date:
        """The date moved; at most to the ends of the calendar."""
        number = date.toordinal() + self.days
        if self.weekday is not None:
            here = (number - 1) % 7
            number += (
                (self.weekday - here) % 7 if self.direction > 0 else -((here - self.weekday) % 7)
            )
        return dt.date.fromordinal(min(max(number, _FIRST.toordinal()), _LAST.toordinal()))


NO_OFFSET = Offset()


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the year."""

    month: int
    """0 is Easter Sunday."""
    day: int
    """Of the month; 31 is the last one of shorter months too."""
    weekday: int | None = None
    """With it, `day` counts these weekdays of the month: 1 is the first, -1 the last."""
    offset: Offset = NO_OFFSET
    year: int | None = None

    @property
    def is_plain(self) -> bool:
        """True if it is the same month and day every year."""
        return bool(self.month) and self.weekday is None and self.offset == NO_OFFSET

    def of(self, year: int, *, late: bool = False) -> dt.date | None:
        """The date in a year; 29 February of a short one is 1 March, or 28 February if `late`."""
        year = self.year or year
        if not self.month:
            found: dt.date | None = easter(year)
        elif self.weekday is None:
            length = calendar.monthrange(year, self.month)[1]
            if self.day <= length:
                found = dt.date(year, self.month, self.day)
            elif self.day == 31 or late:
                found = dt.date(year, self.month, length)
            else:
                found = dt.date(year, 3, 1)
        else:
            found = nth_weekday(year, self.month, self.weekday, self.day)
        return self.offset.moved(found) if found and self.offset != NO_OFFSET else found


@dataclass(frozen=True, slots=True)
class DateRange:
    """Dates from a first to a last day, every year unless they name one."""

    first: Day
    last: Day | None
    """None is without an end: of the year, or for ever if `first` names a year."""
    step: int = 1
    wraps: bool = False
    """True if it goes on into the next year in every year: `Dec 25-Jan 06`."""

    @classmethod
    def of(cls, first: Day, last: Day | None, step: int = 1) -> "DateRange":
        """A range; it wraps if its last day is before its first in all years."""
        wraps = False
        if last and last.year is None and first is not last:
            if first.is_plain and last.is_plain:
                wraps = (last.month, last.day) < (first.month, first.day)
            else:
                pairs = [_ends(first, last, year) for year in _SAMPLE_YEARS]
                wraps = all(start and end and end < start for start, end in pairs)
        return cls(first, last, step, wraps=wraps)

    @property
    def is_months(self) -> bool:
        """True if it is whole months."""
        first, last = self.first, self.last
        return bool(
            last
            and (first.is_plain and first.day == 1)
            and (last.is_plain and last.day == 31)
            and self.step == 1
        )

    @property
    def may_be_empty(self) -> bool:
        """True if in some years the last day is before the first: `easter-Apr 20`."""
        if self.wraps or self.last is None or self.first.year or self.last is self.first:
            return False
        pairs = [_ends(self.first, self.last, year) for year in _SAMPLE_YEARS]
        return any(start and end and end < start for start, end in pairs)

    def has(self, date: dt.date) -> bool:
        """True if a date is in it."""
        first, last = self.first, self.last
        if self.step == 1 and last and first.is_plain and last.is_plain and first.year is None:
            day = (date.month, date.day)
            start, end = (first.month, first.day), (last.month, last.day)
            return (day >= start or day <= end) if self.wraps else start <= day <= end
        return any(
            start <= date <= end and (date - start).days % self.step == 0
            for start, end in self._spans(date.year)
        )

    def next_boundary(self, date: dt.date) -> dt.date | None:
        """The first day after a date from which on it may be otherwise; None if there is none."""
        if self.step > 1:
            return date + _ONE_DAY
        return min((day for day in self._boundaries(date.year) if day > date), default=None)

    def last_boundary(self, date: dt.date) -> dt.date | None:
        """The last day up to a date from which on it may be otherwise than before."""
        if self.step > 1:
            return date
        return max((day for day in self._boundaries(date.year) if day <= date), default=None)

    def _boundaries(self, year: int) -> Iterator[dt.date]:
        for each in range(year - _YEARS_AHEAD, year + _YEARS_AHEAD + 1):
            for start, end in self._spans(each):
                yield start
                if end < _LAST:
                    yield end + _ONE_DAY

    def _spans(self, year: int) -> Iterator[tuple[dt.date, dt.date]]:
        """The stretches that may have a date of a year."""
        first, last = self.first, self.last
        if not 1 < year < 9999:
            return
        if first.year:
            years: tuple[int, ...] = (first.year,)
        else:
            years = (year - 1, year) if self.wraps or _may_leave_year(first, last) else (year,)
            if _may_leave_year(first, last) and year + 1 < 9999:
                years = (*years, year + 1)
        for each in years:
            start = first.of(each)
            if start is None:
                continue
            if last is None:
                yield start, _LAST if first.year else dt.date(each, 12, 31)
                continue
            end = start
            if last is not first:
                found = last.of(each + 1 if self.wraps else each, late=True)
                if found is None:
                    continue
                end = found
            elif first.is_plain and (first.month, first.day) == (2, 29) and start.month == 3:
                continue
            if start <= end:
                yield start, end


@functools.lru_cache(maxsize=1024)
def easter(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (algorithm of Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    l = (32 + 2 * e + 2 * i - h - k) % 7  # noqa: E741 - the letter of the published algorithm
    m = (a + 11 * h + 19 * l) // 433
    month = (h + l - 7 * m + 90) // 25
    return dt.date(year, month, (h + l - 7 * m + 33 * month + 19) % 32)


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> dt.date | None:
    """The nth of a month's weekdays, from its end where negative; None if it has no such."""
    before, length = calendar.monthrange(year, month)
    if nth > 0:
        day = 1 + (weekday - before) % 7 + (nth - 1) * 7
    else:
        last = (before + length - 1) % 7
        day = length - (last - weekday) % 7 + (nth + 1) * 7
    return dt.date(year, month, day) if 1 <= day <= length else None


def _ends(first: Day, last: Day, year: int) -> tuple[dt.date | None, dt.date | None]:
    return first.of(year), last.of(year, late=True)


def _may_leave_year(first: Day, last: Day | None) -> bool:
    """True if an offset may bring an end into another year."""
    return first.offset != NO_OFFSET or (last is not None and last.offset != NO_OFFSET)
