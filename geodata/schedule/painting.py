"""The wall-clock hours of rules, one local date at a time.

On a date the rules count in their order. A rule joined by `;` replaces what earlier rules say of
the dates that it selects, unless it is `off` for some hours only; these, and rules joined by `,`,
are laid over the earlier hours. A rule joined by `||`, with those that `,` adds to it, counts where
the earlier ones are CLOSED.
Hours that run past midnight are laid over the next day in the place of their rule.
"""

import datetime as dt

from geodata.instants import END, FIRST_DATE
from geodata.schedule.hours import CLOSED_DAY, Place, Span, hours_of, merged, painted
from geodata.schedule.selection import (
    IsHoliday,
    last_boundary,
    never,
    next_boundary,
    selects,
    weekday_bits,
)
from geodata.schedule.states import State
from geodata.schedule.syntax import MINUTES_PER_DAY, HolidaySelector, Rule, Separator

LAST_DATE = END.date()
"""The day after it must still be a date."""

_ONE_DAY = dt.timedelta(1)
_A_WEEK = 8
_MOST_BOUNDARIES = 64
"""How many changes of season one search for a steady time looks at."""


class Painting:
    """Rules that can be asked for their hours. Without a place, hours by the sun are UNKNOWN."""

    def __init__(self, rules: tuple[Rule, ...], place: Place | None) -> None:
        self._rules = rules
        self._place = place
        self.holidays: tuple[HolidaySelector, ...] = tuple(
            dict.fromkeys(holiday for rule in self._rules for holiday in rule.holidays)
        )
        self._weekly = _weekly(self._rules)
        self._follows_sun = self._place is not None and any(r.follows_sun for r in self._rules)
        self.is_never_open = all(r.state is State.CLOSED and not r.comment for r in rules)
        """True if it is CLOSED throughout, without a word."""
        self._hours: dict[int, tuple[Span, ...]] = {}
        self._days: dict[tuple[int, int], tuple[Span, ...]] = {}

    def day(
        self, date: dt.date, is_public: IsHoliday, is_school: IsHoliday, *, carry: bool = True
    ) -> tuple[Span, ...]:
        """The spans of a date, midnight to midnight without a gap.

        Without `carry` the hours that run into it from the day before are left out.
        """
        today = self._selected(date, is_public, is_school)
        before = self._selected(date - _ONE_DAY, is_public, is_school) if carry else 0
        if self._follows_sun:
            return self._painted(today, before, date)
        spans = self._days.get((today, before))
        if spans is None:
            spans = self._days[today, before] = self._painted(today, before, date)
        return spans

    def names(self, date: dt.date, is_public: IsHoliday, is_school: IsHoliday) -> bool:
        """True if a rule names this date, as `Dec 24` or `PH` do; months and weekdays do not."""
        return any(
            (rule.holidays or any(not dates.is_months for dates in rule.dates))
            and selects(rule, date, is_public, is_school)
            for rule in self._rules
        )

    def plain_day(self, date: dt.date, *, carry: bool = True) -> tuple[Span, ...]:
        """The spans of a date as if there were no holidays."""
        return self.day(date, never, never, carry=carry)

    def steady_until(self, date: dt.date) -> dt.date | None:
        """A date up to which all days are wholly in one state, as this one is; None is for good.

        The date itself where it has more than one state. Without holidays.
        """
        state = self._whole(date)
        if state is None:
            return date
        for _ in range(_MOST_BOUNDARIES):
            boundary = self._boundary(date, ahead=True)
            if (LAST_DATE - date).days <= _A_WEEK:
                return None
            for step in range(1, _A_WEEK + 1):
                day = date + dt.timedelta(step)
                if boundary and day >= boundary:
                    break
                if self._whole(day) != state:
                    return day
            if boundary is None or boundary > LAST_DATE:
                return None
            if self._whole(boundary) != state:
                return boundary
            date = boundary
        return date

    def steady_since(self, date: dt.date) -> dt.date:
        """A date since which all days are wholly in one state, as this one is.

        The day after where this one has more than one state. Looks back a year. Without holidays.
        """
        state = self._whole(date)
        if state is None:
            return date + _ONE_DAY
        earliest = max(date - dt.timedelta(366), FIRST_DATE + dt.timedelta(_A_WEEK + 1))
        while date > earliest:
            boundary = self._boundary(date, ahead=False) or earliest
            for step in range(1, _A_WEEK + 1):
                day = date - dt.timedelta(step)
                if day < boundary:
                    break
                if self._whole(day) != state:
                    return day + _ONE_DAY
            date = max(boundary, earliest)
            if date == earliest:
                break
            # Hours may run into the first day after a boundary.
            for day in (date, date - _ONE_DAY):
                if self._whole(day) != state:
                    return day + _ONE_DAY
            date -= _ONE_DAY
        return date

    def _whole(self, date: dt.date) -> tuple[State, str] | None:
        spans = self.plain_day(date)
        return (spans[0].state, spans[0].comment) if len(spans) == 1 else None

    def _boundary(self, date: dt.date, *, ahead: bool) -> dt.date | None:
        if self._follows_sun:
            return date + _ONE_DAY if ahead else date
        if self._weekly:
            return None
        find = next_boundary if ahead else last_boundary
        found = [day for rule in self._rules if (day := find(rule, date))]
        return (min if ahead else max)(found, default=None)

    def _selected(self, date: dt.date, is_public: IsHoliday, is_school: IsHoliday) -> int:
        """The rules that are about a date, as bits."""
        if self._weekly:
            return self._weekly[date.weekday()]
        bits = 0
        for number, rule in enumerate(self._rules):
            if selects(rule, date, is_public, is_school):
                bits |= 1 << number
        return bits

    def _painted(self, today: int, before: int, date: dt.date) -> tuple[Span, ...]:
        spans: list[Span] = list(CLOSED_DAY)
        first: list[Span] | None = None  # what stands before a fallback
        for number, rule in enumerate(self._rules):
            if first is not None and rule.separator is not Separator.ADDITIONAL:
                spans, first = _with_fallback(first, spans), None
            if rule.separator is Separator.FALLBACK:
                first, spans = spans, list(CLOSED_DAY)
            is_today = today >> number & 1
            replaces = rule.state is not State.CLOSED or not rule.times
            if is_today and replaces and rule.separator is Separator.NORMAL:
                spans = list(CLOSED_DAY)
            if before >> number & 1:
                for span in self._of(number, date - _ONE_DAY):
                    if span.end_min > MINUTES_PER_DAY:
                        start, end = (
                            max(bound - MINUTES_PER_DAY, 0)
                            for bound in (span.start_min, span.end_min)
                        )
                        spans = painted(spans, Span(start, end, span.state, span.comment))
            if is_today:
                for span in self._of(number, date):
                    spans = painted(spans, span)
        return merged(spans if first is None else _with_fallback(first, spans))

    def _of(self, number: int, date: dt.date) -> tuple[Span, ...]:
        rule = self._rules[number]
        if self._follows_sun and rule.follows_sun:
            return hours_of(rule, date, self._place)
        spans = self._hours.get(number)
        if spans is None:
            spans = self._hours[number] = hours_of(rule, date, self._place)
        return spans


def _with_fallback(first: list[Span], fallback: list[Span]) -> list[Span]:
    """The spans of a day with those of a fallback where the first ones are CLOSED."""
    spans = first
    for span in fallback:
        if span.state is not State.CLOSED or span.comment:
            spans = painted(spans, span, where_closed=True)
    return spans


def _weekly(rules: tuple[Rule, ...]) -> tuple[int, ...]:
    """The rules of each weekday as bits, Monday first; empty where dates matter too."""
    days = [0] * 7
    for number, rule in enumerate(rules):
        bits = weekday_bits(rule)
        if bits is None:
            return ()
        for weekday in range(7):
            if bits >> weekday & 1:
                days[weekday] |= 1 << number
    return tuple(days)
