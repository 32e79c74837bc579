"""A week of hours to draw: regular days and special ones, on the local clock."""

import datetime as dt
from dataclasses import dataclass

from geodata.schedule.day_hours import RuledSpan
from geodata.schedule.holiday_calendar import public_holidays
from geodata.schedule.model import Rule, State
from geodata.schedule.timeline import Timeline
from geodata.schedule.words import rule_name


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One local date of a week."""

    date: dt.date
    spans: tuple[RuledSpan, ...]
    """From midnight to midnight without a gap, hours from the night before included."""
    rule: Rule
    """The rule that decides the day."""
    name: str
    """The name of the special day, empty on a regular one."""
    holiday: str
    """The public holiday it is, also where the regular hours apply."""

    @property
    def hours(self) -> tuple[RuledSpan, ...]:
        """The spans that are not CLOSED."""
        return tuple(span for span in self.spans if span.state is not State.CLOSED)


def week(timeline: Timeline, first: dt.date, locale: str = "en") -> tuple[WeekDay, ...]:
    """Seven days from `first` on, holidays named in the language of the locale."""
    rules = timeline.schedule.holidays
    calendar = public_holidays(rules.country, rules.subdivision)
    days = []
    for number in range(7):
        date = first + dt.timedelta(number)
        spans = timeline.day(date)
        # The hours after midnight may still be the day before's: the last ones are its own.
        rule = spans[-1].rule
        name = rule_name(rule, rules, locale)
        days.append(WeekDay(date, spans, rule, name, calendar.name(date, locale)))
    return tuple(days)
