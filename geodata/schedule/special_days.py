"""The dates on which a schedule may differ from its rules without holidays."""

import bisect
import datetime as dt
import zoneinfo
from collections.abc import Iterator

from geodata.schedule.closures import closed_dates
from geodata.schedule.expression import Expression
from geodata.schedule.holiday_calendar import HolidayCalendar, public_holidays, school_holidays
from geodata.schedule.model import DatedException, Schedule

_ONE_DAY = dt.timedelta(1)


class SpecialDays:
    """Dated exceptions, closed dates and holidays, each with the day after it.

    Hours may run past midnight, so the day after is special too.
    """

    def __init__(self, schedule: Schedule, expression: Expression, zone: zoneinfo.ZoneInfo) -> None:
        self._exceptions = schedule.exceptions
        self._firsts = [exception.first_date for exception in schedule.exceptions]
        self._shut = closed_dates(schedule.closures, zone)
        rules = schedule.holidays
        self.public = public_holidays(rules.country, rules.subdivision)
        self.school = school_holidays(rules.country, rules.school_zone or rules.subdivision)
        self._followed = {
            (self.public if holiday.public else self.school, dt.timedelta(holiday.offset_days))
            for holiday in expression.holidays
        }
        self._follows_school = any(not holiday.public for holiday in expression.holidays)

    def exception(self, date: dt.date) -> DatedException | None:
        """The exception of this date."""
        found = self._latest_exception(date)
        return found if found and date <= found.last_date else None

    def is_shut(self, date: dt.date) -> bool:
        """True if a closure covers the whole date."""
        return any(first <= date <= last for first, last in self._shut)

    def holidays(self, date: dt.date) -> Iterator[tuple[HolidayCalendar, dt.date]]:
        """The holidays whose rules select this date; `PH +1 day` selects the day after."""
        for calendar, offset in self._followed:
            if date - offset in calendar:
                yield calendar, date - offset

    def school_unknown(self, date: dt.date) -> bool:
        """True if rules depend on school holidays that are not known for this place and year."""
        return self._follows_school and not self.school.covers(date.year)

    def next_from(self, date: dt.date) -> dt.date | None:
        """The first special day on or after a date."""
        latest = self._latest_exception(date)
        if self.school_unknown(date) or (latest and date <= latest.last_date + _ONE_DAY):
            return date
        found = self._firsts[bisect.bisect_right(self._firsts, date) :][:1]
        found += [last + _ONE_DAY for _, last in self._shut if last + _ONE_DAY >= date]
        for calendar, offset in self._followed:
            holiday = calendar.next_from(date - offset - _ONE_DAY)
            if holiday:
                found.append(max(date, holiday + offset))
        if self._follows_school:
            found.append(dt.date(date.year + 1, 1, 1))  # whose school holidays may be unknown
        return min(found, default=None)

    def last_until(self, date: dt.date) -> dt.date | None:
        """The last special day on or before a date."""
        if self.school_unknown(date):
            return date
        latest = self._latest_exception(date)
        found = [min(date, latest.last_date + _ONE_DAY)] if latest else []
        found += [last + _ONE_DAY for _, last in self._shut if last + _ONE_DAY <= date]
        for calendar, offset in self._followed:
            holiday = calendar.last_until(date - offset)
            if holiday:
                found.append(min(date, holiday + offset + _ONE_DAY))
        if self._follows_school:
            found.append(dt.date(date.year, 1, 1))
        return max(found, default=None)

    def _latest_exception(self, date: dt.date) -> DatedException | None:
        at = bisect.bisect_right(self._firsts, date) - 1
        return self._exceptions[at] if at >= 0 else None
