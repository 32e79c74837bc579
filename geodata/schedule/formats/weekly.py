"""A week of hours and dated special days: what every format but OSM's consists of."""

import collections
import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from geodata.schedule.day_hours import RuledSpan
from geodata.schedule.formats.report import Loss
from geodata.schedule.grammar import WEEKDAYS
from geodata.schedule.model import (
    ALL_DAY,
    MINUTES_PER_DAY,
    DatedException,
    Rule,
    RuleKind,
    Schedule,
    State,
    TimeRange,
)
from geodata.schedule.timeline import Timeline

Ranges = tuple[TimeRange, ...]
Week = tuple[Ranges | None, ...]
"""The hours that begin on Monday to Sunday: none is closed, None is not told."""

DAYS_AHEAD = 364
"""For how long hours that are not the same every week are written as dates."""


@dataclass(frozen=True, slots=True)
class WeekAndDates:
    """A schedule as the same week for ever, but for some dates."""

    week: Week
    exceptions: tuple[DatedException, ...]
    """One for each date."""
    losses: tuple[Loss, ...]


def week_expression(week: Week) -> str:
    """The week in OSM grammar; empty if no day is told."""
    if all(ranges is None for ranges in week):
        return ""
    if all(ranges == (ALL_DAY,) for ranges in week):
        return "24/7"
    if not any(week) and None not in week:
        return "off"
    groups: dict[Ranges | None, list[int]] = collections.defaultdict(list)
    for weekday, ranges in enumerate(week):
        groups[ranges].append(weekday)
    unknown = groups.pop(None, [])
    groups.pop((), None)
    rules = [f'{_days(unknown)} unknown "not known"'] if unknown else []
    rules += [
        f"{_days(days)} {','.join(map(str, ranges or ()))}" for ranges, days in groups.items()
    ]
    # After ';' a day's rule would end the hours that run into it from the day before.
    overnight = any(r.closes_min > MINUTES_PER_DAY for ranges in groups for r in ranges or ())
    return (", " if overnight else "; ").join(rules)


def week_and_dates(schedule: Schedule, first: dt.date) -> WeekAndDates:
    """The usual week of a schedule, and the dates from `first` on whose hours differ from it."""
    days = _days_of(Timeline(schedule), first)
    usual: list[Ranges | None] = []
    for weekday in range(7):
        counts = collections.Counter(
            day.ranges for date, day in days.items() if date.weekday() == weekday and day.told
        )
        usual.append(counts.most_common(1)[0][0] if counts else None)
    exceptions: list[DatedException] = []
    losses: set[Loss] = set()
    last = first + dt.timedelta(DAYS_AHEAD - 1)
    for date, day in days.items():
        losses.update(day.losses)
        special = day.rule.kind in (RuleKind.EXCEPTION, RuleKind.CLOSURE)
        if day.told and (special or day.ranges != usual[date.weekday()]):
            label = day.rule.name
            exceptions.append(
                DatedException(first_date=date, last_date=date, ranges=day.ranges, label=label)
            )
            if not special:
                why = f"what is not the same every week is written as dates until {last}"
                losses.add(Loss("expression", why))
    if any(exception.last_date > last for exception in schedule.exceptions):
        losses.add(Loss("exceptions", f"those after {last} are left out"))
    return WeekAndDates(tuple(usual), merged_dates(exceptions), tuple(sorted(losses, key=str)))


def hours_by_day(stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, TimeRange]]:
    """The day number and hours of open stretches, given in minutes since midnight of day 0.

    Less than 24 hours stay whole, on the day they begin; longer ones are cut at each midnight.
    """
    for start, end in stretches:
        begin = start
        while begin < end:
            day, opens_min = divmod(begin, MINUTES_PER_DAY)
            midnight = (day + 1) * MINUTES_PER_DAY
            stop = end if end - start < MINUTES_PER_DAY else min(end, midnight)
            yield day, TimeRange(opens_min, opens_min + stop - begin)
            begin = stop


def merged_dates(exceptions: Iterable[DatedException]) -> tuple[DatedException, ...]:
    """Exceptions in order of dates, with alike ones of following dates made one."""
    merged: list[DatedException] = []
    for exception in exceptions:
        if merged:
            last = merged[-1]
            alike = (last.ranges, last.label) == (exception.ranges, exception.label)
            if alike and last.last_date == exception.first_date - dt.timedelta(1):
                exception = dataclasses.replace(exception, first_date=merged.pop().first_date)
        merged.append(exception)
    return tuple(merged)


@dataclass(slots=True)
class _Day:
    told: bool
    rule: Rule
    losses: list[Loss]
    ranges: Ranges = ()


def _days_of(timeline: Timeline, first: dt.date) -> dict[dt.date, _Day]:
    """The hours that begin on each date, with those after midnight where they belong."""
    days: dict[dt.date, _Day] = {}
    runs: list[tuple[int, int, Rule]] = []
    for number in range(-1, DAYS_AHEAD + 1):
        date = first + dt.timedelta(number)
        spans = timeline.day(date)
        told = any(span.state is not State.UNKNOWN for span in spans)
        days[date] = _Day(told, spans[-1].rule, _unwritten(spans))
        for span in spans:
            if span.state is not State.OPEN:
                continue
            start = number * MINUTES_PER_DAY + span.start_min
            end = number * MINUTES_PER_DAY + span.end_min
            if runs and runs[-1][1:] == (start, span.rule):
                start = runs.pop()[0]
            runs.append((start, end, span.rule))
    for number, hours in hours_by_day((start, end) for start, end, _ in runs):
        days[first + dt.timedelta(number)].ranges += (hours,)
    return dict(list(days.items())[1:-1])


def _unwritten(spans: tuple[RuledSpan, ...]) -> list[Loss]:
    losses = []
    for span in spans:
        if span.state is State.UNKNOWN:
            losses.append(
                Loss("expression", f"hours that are UNKNOWN are left out: {span.comment}")
            )
        elif span.comment:
            losses.append(Loss("expression", f"a comment is left out: {span.comment}"))
    return losses


def _days(weekdays: list[int]) -> str:
    """`Mo-We,Fr` of weekday numbers in order."""
    stretches: list[list[int]] = []
    for weekday in weekdays:
        if stretches and stretches[-1][-1] == weekday - 1:
            stretches[-1].append(weekday)
        else:
            stretches.append([weekday])
    return ",".join(
        WEEKDAYS[days[0]] + (f"-{WEEKDAYS[days[-1]]}" if len(days) > 1 else "")
        for days in stretches
    )
