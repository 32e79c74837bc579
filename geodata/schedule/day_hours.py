"""The hours of one local date: which rule decides it, and its spans of wall-clock time."""

import datetime as dt
import itertools
import zoneinfo
from typing import NamedTuple

from geodata.instants import FIRST_DATE
from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import Expression, follows_holidays
from geodata.schedule.hours import Span
from geodata.schedule.model import (
    MINUTES_PER_DAY,
    DatedException,
    HolidayRules,
    Rule,
    RuleKind,
    Schedule,
    State,
)
from geodata.schedule.selection import never
from geodata.schedule.special_days import SpecialDays

REGULAR = Rule(RuleKind.REGULAR)
_SPECIAL_RULES = (RuleKind.HOLIDAY, RuleKind.EXCEPTION)
_ONE_DAY = dt.timedelta(1)
_ONE_YEAR = dt.timedelta(366)
_DAYS_KEPT = 16


class RuledSpan(NamedTuple):
    """A stretch of one local day, in minutes since midnight, and the rule that decided it."""

    start_min: int
    end_min: int
    state: State
    comment: str
    rule: Rule


class DayHours:
    """The dates of a schedule. Its closures, which end at instants, are left to the caller."""

    def __init__(self, schedule: Schedule, zone: zoneinfo.ZoneInfo) -> None:
        self._schedule = schedule
        self._expression, self._unknown = _expression(schedule)
        self._special = SpecialDays(schedule, self._expression, zone)
        self._host = DayHours(schedule.host, zone) if schedule.host else None
        self._days: dict[dt.date, tuple[RuledSpan, ...]] = {}
        self._steady = (dt.date.max, dt.date.min)

    def of(self, date: dt.date) -> tuple[RuledSpan, ...]:
        """The spans of a date, from midnight to midnight without a gap."""
        spans = self._days.get(date)
        if spans is None:
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
            spans = self._days[date] = self._decided(date)
        return spans

    def steady_until(self, label: dt.datetime) -> dt.datetime | None:
        """A wall-clock label up to which nothing changes after `label`; None is for good."""
        if self._is_constant:
            return None
        date = label.date()
        if date < FIRST_DATE:
            return dt.datetime.combine(FIRST_DATE, dt.time())
        special = self._next_special(date)
        if special == date:
            return label
        if not self._steady[0] <= date < self._steady[1]:
            self._steady = (date, self._expression.steady_until(date) or dt.date.max)
        until = self._steady[1]
        if until == date:
            return label
        if special:
            until = min(until, special)
        return None if until == dt.date.max else dt.datetime.combine(until, dt.time())

    def steady_since(self, label: dt.datetime) -> dt.datetime:
        """A wall-clock label since which nothing changes before `label`; at most a year back."""
        if self._is_constant:
            return label - _ONE_YEAR
        date = (label - dt.timedelta(microseconds=1)).date()
        special = self._last_special(date)
        if special == date or date < FIRST_DATE:
            return label
        since = self._expression.steady_since(date)
        if since > date:
            return label
        if special:
            since = max(since, special + _ONE_DAY)
        return dt.datetime.combine(since, dt.time())

    @property
    def _is_constant(self) -> bool:
        """True if all dates are alike."""
        schedule = self._schedule
        if schedule.status or not schedule.time_zone:
            return True
        return self._expression.is_never_open and not schedule.exceptions and not schedule.host

    def _decided(self, date: dt.date) -> tuple[RuledSpan, ...]:
        schedule = self._schedule
        if schedule.status:
            return _whole_day(State.CLOSED, "", Rule(RuleKind.STATUS, schedule.status))
        if not schedule.time_zone:
            return _whole_day(State.UNKNOWN, "no time zone", REGULAR)
        if date < FIRST_DATE:
            return _whole_day(State.CLOSED, "", REGULAR)
        yesterday = date - _ONE_DAY
        exception = self._special.exception(date)
        shut = self._special.is_shut(yesterday)
        before = None if shut else self._special.exception(yesterday)
        if exception:
            rule = Rule(RuleKind.EXCEPTION, exception.label, date)
            spans = _whole_day(State.CLOSED, "", rule)
            for hours in exception.ranges:
                spans = overlaid(
                    spans, RuledSpan(hours.opens_min, hours.closes_min, State.OPEN, "", rule)
                )
        else:
            spans = self._regular(date, carry=not shut and before is None)
        if before and exception in (before, None):
            rule = Rule(RuleKind.EXCEPTION, before.label, yesterday)
            for hours in before.ranges:
                end_min = hours.closes_min - MINUTES_PER_DAY
                spans = overlaid(spans, RuledSpan(0, end_min, State.OPEN, "", rule))
        return spans if self._host is None else self._within_host(date, spans, exception)

    def _within_host(
        self, date: dt.date, spans: tuple[RuledSpan, ...], exception: DatedException | None
    ) -> tuple[RuledSpan, ...]:
        """The hours of a service in a store, closed while a special day of the store closes it."""
        assert self._host
        is_public, is_school = self._special.public.__contains__, self._special.school.__contains__
        if exception or self._expression.names(date, is_public, is_school):
            return spans
        for span in self._host.of(date):
            if span.state is State.CLOSED and span.rule.kind in _SPECIAL_RULES:
                spans = overlaid(spans, span)
        return spans

    def _next_special(self, date: dt.date) -> dt.date | None:
        days = [self._special.next_from(date)]
        if self._host:
            days.append(self._host._next_special(date))
        return min((day for day in days if day), default=None)

    def _last_special(self, date: dt.date) -> dt.date | None:
        days = [self._special.last_until(date)]
        if self._host:
            days.append(self._host._last_special(date))
        return max((day for day in days if day), default=None)

    def _regular(self, date: dt.date, *, carry: bool) -> tuple[RuledSpan, ...]:
        followed = list(self._special.holidays(date))
        yesterday_followed = any(self._special.holidays(date - _ONE_DAY))
        unsure = self._special.school_unknown(date)
        if not (followed or yesterday_followed or unsure) and carry:
            return self._ruled(self._expression.plain_day(date), REGULAR)
        if carry and yesterday_followed:
            # A holiday closed at midnight has nothing to carry into this day, though in OSM the
            # regular hours that it replaced still would.
            carry = self._spans(date - _ONE_DAY)[-1].state is not State.CLOSED
        spans = self._spans(date, carry=carry)
        rule = REGULAR
        if followed and (
            spans != self._expression.plain_day(date) or all(s.state is State.CLOSED for s in spans)
        ):
            calendar, holiday = followed[0]
            rule = Rule(RuleKind.HOLIDAY, calendar.name(holiday), holiday)
        return self._ruled(spans, rule)

    def _spans(self, date: dt.date, *, carry: bool = True) -> tuple[Span, ...]:
        is_public = self._special.public.__contains__
        is_school = self._special.school.__contains__
        if not self._special.school_unknown(date):
            return self._expression.day(date, is_public, is_school, carry=carry)
        in_term = self._expression.day(date, is_public, never, carry=carry)
        on_holiday = self._expression.day(date, is_public, _always, carry=carry)
        return _perhaps_open(in_term, on_holiday, "school holidays are not known")

    def _ruled(self, spans: tuple[Span, ...], rule: Rule) -> tuple[RuledSpan, ...]:
        return tuple(
            RuledSpan(
                span.start_min,
                span.end_min,
                span.state,
                span.comment or (self._unknown if span.state is State.UNKNOWN else ""),
                rule,
            )
            for span in spans
        )


def overlaid(spans: tuple[RuledSpan, ...], over: RuledSpan) -> tuple[RuledSpan, ...]:
    """The spans of a day with another one laid over them, cut to the day; it may be empty."""
    over = over._replace(
        start_min=max(over.start_min, 0), end_min=min(over.end_min, MINUTES_PER_DAY)
    )
    if over.end_min <= over.start_min:
        return spans
    parts = [over]
    for span in spans:
        if span.start_min < over.start_min:
            parts.append(span._replace(end_min=min(span.end_min, over.start_min)))
        if span.end_min > over.end_min:
            parts.append(span._replace(start_min=max(span.start_min, over.end_min)))
    return tuple(sorted(parts, key=lambda span: span.start_min))


def _expression(schedule: Schedule) -> tuple[Expression, str]:
    """The expression to evaluate, and why its UNKNOWN hours are unknown."""
    text, reason = schedule.expression.strip(), "the hours say unknown"
    if not text:
        text, reason = "unknown", schedule.unusable or "no hours given"
    rules, place = schedule.holidays, (schedule.time_zone, schedule.location)
    try:
        return Expression(_with_holiday_rule(text, rules), *place), reason
    except ScheduleError as error:
        reason = f"the hours do not parse: {error.message}"
    return Expression(_with_holiday_rule("unknown", rules), *place), reason


def _with_holiday_rule(text: str, rules: HolidayRules) -> str:
    if not rules.on_public_holiday or follows_holidays(text, public=True):
        return text
    return f"{text}; PH {rules.on_public_holiday}"


def _always(_: dt.date) -> bool:
    return True


def _whole_day(state: State, comment: str, rule: Rule) -> tuple[RuledSpan, ...]:
    return (RuledSpan(0, MINUTES_PER_DAY, state, comment, rule),)


def _perhaps_open(
    in_term: tuple[Span, ...], on_holiday: tuple[Span, ...], why: str
) -> tuple[Span, ...]:
    """A day in term, but UNKNOWN where it is CLOSED then and not so in school holidays."""
    starts = sorted({span.start_min for span in (*in_term, *on_holiday)})
    found = []
    for start_min, end_min in itertools.pairwise([*starts, MINUTES_PER_DAY]):
        usual, other = (
            next(span for span in reversed(spans) if span.start_min <= start_min)
            for spans in (in_term, on_holiday)
        )
        is_unsure = usual.state is State.CLOSED is not other.state
        state, comment = (State.UNKNOWN, why) if is_unsure else (usual.state, usual.comment)
        found.append(Span(start_min, end_min, state, comment))
    return tuple(found)
