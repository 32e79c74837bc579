"""Which dates a rule selects, and when that may change next.

Without holidays, a rule's dates follow its weekdays from one boundary to the next: a date at which
one of its other selectors may begin or end.
"""

import datetime as dt
from collections.abc import Callable, Iterator

from geodata.schedule.date_ranges import nth_weekday
from geodata.schedule.syntax import EVERY_DAY, DaySet, NthWeekday, Rule

IsHoliday = Callable[[dt.date], bool]

_ONE_DAY = dt.timedelta(1)
_WEEKS_AHEAD = 53 * 8
"""Week 53 comes within seven years."""
_MONTHS_AHEAD = 16
"""A fifth weekday of the month comes within three months; an offset may take it a year away."""


def never(_: dt.date) -> bool:
    """No date is a holiday."""
    return False


def selects(rule: Rule, date: dt.date, is_public: IsHoliday, is_school: IsHoliday) -> bool:
    """True if a rule is about a date."""
    if rule.years and not any(years.has(date.year) for years in rule.years):
        return False
    if rule.days and not all(_has(days, date, is_public, is_school) for days in rule.days):
        return False
    if rule.dates and not any(dates.has(date) for dates in rule.dates):
        return False
    if not rule.weeks:
        return True
    week = date.isocalendar().week
    return any(weeks.has(week) for weeks in rule.weeks)


def weekday_bits(rule: Rule) -> int | None:
    """The weekdays that a rule selects whatever the date, None if it depends on more."""
    if rule.years or rule.dates or rule.weeks:
        return None
    bits = EVERY_DAY
    for days in rule.days:
        if days.nth or days.holidays:
            return None
        bits &= days.weekdays
    return bits


def next_boundary(rule: Rule, date: dt.date) -> dt.date | None:
    """A date after this one up to which a rule surely follows its weekdays; None is for good."""
    if _is_of_holidays(rule):
        return None
    boundaries = list(_parts(rule, date, ahead=True))
    if all(holds for holds, _ in boundaries):
        return min((day for _, day in boundaries if day), default=None)
    # While one part does not hold, neither does the rule.
    waits = [day for holds, day in boundaries if not holds]
    return None if None in waits else max(day for day in waits if day)


def last_boundary(rule: Rule, date: dt.date) -> dt.date | None:
    """A date up to this one since which a rule surely follows its weekdays; None is for ever."""
    if _is_of_holidays(rule):
        return None
    boundaries = list(_parts(rule, date, ahead=False))
    if all(holds for holds, _ in boundaries):
        return max((day for _, day in boundaries if day), default=None)
    waits = [day for holds, day in boundaries if not holds]
    return None if None in waits else min(day for day in waits if day)


def _has(days: DaySet, date: dt.date, is_public: IsHoliday, is_school: IsHoliday) -> bool:
    if days.weekdays >> date.weekday() & 1:
        return True
    if any(_is_nth(nth, date) for nth in days.nth):
        return True
    return any(
        (is_public if holiday.public else is_school)(date - dt.timedelta(holiday.offset_days))
        for holiday in days.holidays
    )


def _is_nth(nth: NthWeekday, date: dt.date) -> bool:
    spread = _spread(nth)
    return any(date == day for day in _days_of(nth, date, -spread, spread))


def _spread(nth: NthWeekday) -> int:
    """How many months away its offset may take a day."""
    return 13 if any(nth.offset) else 0


def _days_of(nth: NthWeekday, date: dt.date, first: int, last: int) -> Iterator[dt.date]:
    """The days in the months from so many before or after a date's month, moved."""
    for step in range(first, last + 1):
        year, month = divmod(date.year * 12 + date.month - 1 + step, 12)
        if not 1 <= year <= 9998:
            continue
        for number in nth.nth:
            day = nth_weekday(year, month + 1, nth.weekday, number)
            if day:
                yield nth.offset.moved(day)


def _is_of_holidays(rule: Rule) -> bool:
    """True if it selects nothing where no date is a holiday."""
    return any(not days.weekdays and not days.nth for days in rule.days)


def _parts(rule: Rule, date: dt.date, *, ahead: bool) -> Iterator[tuple[bool, dt.date | None]]:
    """For each kind of selector: whether it holds on a date, and the boundary on one side of it."""
    if rule.years:
        holds = any(years.has(date.year) for years in rule.years)
        yield holds, _year_boundary(rule, date, ahead=ahead)
    if rule.dates:
        holds = any(dates.has(date) for dates in rule.dates)
        if ahead:
            found = [dates.next_boundary(date) for dates in rule.dates]
            yield holds, min((day for day in found if day), default=None)
        else:
            found = [dates.last_boundary(date) for dates in rule.dates]
            yield holds, max((day for day in found if day), default=None)
    if rule.weeks:
        week = date.isocalendar().week
        yield any(weeks.has(week) for weeks in rule.weeks), _week_boundary(rule, date, ahead=ahead)
    for days in rule.days:
        if days.nth:
            yield from _nth_boundary(days, date, ahead=ahead)


def _year_boundary(rule: Rule, date: dt.date, *, ahead: bool) -> dt.date | None:
    years: set[int] = set()
    for each in rule.years:
        if each.step == 1:
            years |= {each.first, each.last + 1}
        elif ahead:
            years.add(max(each.first, date.year + 1))
        else:
            years.add(min(each.last + 1, date.year))
    if ahead:
        later = [year for year in years if date.year < year <= 9999]
        return dt.date(min(later), 1, 1) if later else None
    earlier = [year for year in years if year <= date.year]
    return dt.date(max(earlier), 1, 1) if earlier else None


def _week_boundary(rule: Rule, date: dt.date, *, ahead: bool) -> dt.date | None:
    """The Monday on which another part of the weeks begins."""
    monday = date - dt.timedelta(date.weekday())

    def holds(day: dt.date) -> bool:
        week = day.isocalendar().week
        return any(weeks.has(week) for weeks in rule.weeks)

    now = holds(monday)
    for step in range(_WEEKS_AHEAD):
        if ahead:
            day = monday + dt.timedelta(7 * (step + 1))
            if holds(day) is not now:
                return day
        else:
            day = monday - dt.timedelta(7 * step)
            if holds(day - dt.timedelta(7)) is not now:
                return day
    return None


def _nth_boundary(
    days: DaySet, date: dt.date, *, ahead: bool
) -> Iterator[tuple[bool, dt.date | None]]:
    holds = any(_is_nth(nth, date) for nth in days.nth)
    # With weekdays of its own the set is not empty on other days.
    may_hold = holds or bool(days.weekdays) or bool(days.holidays)
    found: set[dt.date] = set()
    for nth in days.nth:
        months = (0, _MONTHS_AHEAD) if ahead else (-_MONTHS_AHEAD, 0)
        spread = _spread(nth)
        for day in _days_of(nth, date, months[0] - spread, months[1] + spread):
            found |= {day, day + _ONE_DAY}
    if ahead:
        yield may_hold, min((day for day in found if day > date), default=None)
    else:
        yield may_hold, max((day for day in found if day <= date), default=None)
