"""A week of hours and dated special days, of which every format but OSM's consists."""

import collections
import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from geodata.schedule.day_hours import RuledSpan
from geodata.schedule.formats.report import Loss
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
from geodata.schedule.syntax import WEEKDAYS
from geodata.schedule.timeline import Timeline

Ranges = tuple[TimeRange, ...]
Week = tuple[Ranges | None, ...]
"""The hours that begin on Monday to Sunday: none is closed, None is not told."""

DAYS_AHEAD = 364
"""For how long hours that are not the same every week are written as dates."""
PLANS_KEPT = 1024
"""The most recent schedules; one takes up to 20 ms, because it looks at every day of a year."""


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


def unsure_days(week: Sequence[Ranges | None], unsure: Collection[int]) -> Week:
    """The week with days made unknown of which an entry is not understood.

    An entry of an unknown day may be of any: `unsure` then has all days, and those without hours
    are unknown.
    """
    spare = set(unsure) >= set(range(7))
    return tuple(
        None
        if day in unsure and (not spare or not ranges)
        else (None if ranges is None else tuple(sorted(ranges)))
        for day, ranges in enumerate(week)
    )


@lru_cache(maxsize=PLANS_KEPT)
def week_and_dates(schedule: Schedule, first: dt.date) -> WeekAndDates:
    """The usual week of a schedule, and the dates from `first` on whose hours differ from it."""
    days = [_Day(spans) for spans in _spans(Timeline(schedule), first)]
    runs = list(_open_runs(days))
    hours = _by_day(hours_by_day(runs))
    numbers = range(1, DAYS_AHEAD + 1)
    usual: list[Ranges | None] = []
    for weekday in range(7):
        counts = collections.Counter(
            hours[number]
            for number in numbers
            if _date(first, number).weekday() == weekday and days[number].told
        )
        usual.append(counts.most_common(1)[0][0] if counts else None)

    unusual: set[int] = set()
    for number in reversed(numbers):
        expected = usual[_date(first, number).weekday()]
        if number + 1 in unusual and expected and not days[number].is_special:
            # The next day has all its hours itself, so that this one has none after midnight.
            same = _cut(hours[number]) == _cut(expected)
        else:
            same = hours[number] == expected
        if days[number].told and (days[number].is_special or not same):
            unusual.add(number)
    cut_hours = _by_day(hours_by_day(runs, unusual))
    exceptions = [
        DatedException(
            first_date=_date(first, number),
            last_date=_date(first, number),
            ranges=cut_hours[number],
            label=days[number].rule.name,
        )
        for number in sorted(unusual)
    ]

    last = _date(first, DAYS_AHEAD)
    losses = {loss for number in numbers for loss in days[number].losses()}
    if any(not days[number].is_special for number in unusual):
        why = f"what is not the same every week is written as dates until {last}"
        losses.add(Loss("expression", why))
    if any(exception.last_date > last for exception in schedule.exceptions):
        losses.add(Loss("exceptions", f"those after {last} are left out"))
    return WeekAndDates(tuple(usual), merged_dates(exceptions), tuple(sorted(losses, key=str)))


def hours_by_day(
    stretches: Iterable[tuple[int, int]], cut_before: Collection[int] = ()
) -> Iterator[tuple[int, TimeRange]]:
    """The day number and hours of open stretches, given in minutes since midnight of day 0.

    Less than 24 hours stay whole, on the day they begin; longer ones are cut at each midnight, and
    all of them at the midnights before the days of `cut_before`.
    """
    for start, end in stretches:
        begin = start
        while begin < end:
            day, opens_min = divmod(begin, MINUTES_PER_DAY)
            midnight = (day + 1) * MINUTES_PER_DAY
            is_whole = end - start < MINUTES_PER_DAY and day + 1 not in cut_before
            stop = end if is_whole else min(end, midnight)
            yield day, TimeRange(opens_min, opens_min + stop - begin)
            begin = stop


def merged_dates(exceptions: Iterable[DatedException]) -> tuple[DatedException, ...]:
    """Exceptions in order of dates, with alike ones of following dates made one.

    Hours past midnight, which the next exception would cut, are kept: it gets them.
    """
    merged: list[DatedException] = []
    for exception in exceptions:
        if merged:
            last = merged[-1]
            follows = last.last_date == exception.first_date - dt.timedelta(1)
            if follows and exception.ranges:
                after = tuple(
                    TimeRange(0, hours.closes_min - MINUTES_PER_DAY)
                    for hours in last.ranges
                    if hours.closes_min > MINUTES_PER_DAY
                )
                merged[-1] = last = dataclasses.replace(last, ranges=_cut(last.ranges))
                exception = dataclasses.replace(exception, ranges=(*after, *exception.ranges))
            if follows and (last.ranges, last.label) == (exception.ranges, exception.label):
                exception = dataclasses.replace(exception, first_date=merged.pop().first_date)
        merged.append(exception)
    return tuple(merged)


class _Day:
    """A local date as it is, from which its hours are taken."""

    def __init__(self, spans: tuple[RuledSpan, ...]) -> None:
        self.spans = spans
        self.told = any(span.state is not State.UNKNOWN for span in spans)
        # The hours after midnight may be the day before's: the last ones are its own.
        self.rule = spans[-1].rule
        self.is_special = self.rule.kind in (RuleKind.EXCEPTION, RuleKind.CLOSURE)

    def losses(self) -> Iterator[Loss]:
        for span in self.spans:
            if span.state is State.UNKNOWN:
                yield Loss("expression", f"hours that are UNKNOWN are left out: {span.comment}")
            elif span.comment:
                yield Loss("expression", f"a comment is left out: {span.comment}")


def _spans(timeline: Timeline, first: dt.date) -> Iterator[tuple[RuledSpan, ...]]:
    """The dates from the one before the first, day 0, to the one after the last."""
    for number in range(DAYS_AHEAD + 2):
        yield timeline.day(_date(first, number))


def _open_runs(days: list[_Day]) -> Iterator[tuple[int, int]]:
    """Open stretches in minutes since midnight of day 0; a change of rule parts them."""
    last: tuple[int, int, Rule] | None = None
    for number, day in enumerate(days):
        for span in day.spans:
            if span.state is not State.OPEN:
                continue
            start = number * MINUTES_PER_DAY + span.start_min
            if last and last[1:] == (start, span.rule):
                start = last[0]
            elif last:
                yield last[:2]
            last = start, number * MINUTES_PER_DAY + span.end_min, span.rule
    if last:
        yield last[:2]


def _by_day(hours: Iterable[tuple[int, TimeRange]]) -> collections.defaultdict[int, Ranges]:
    found: collections.defaultdict[int, Ranges] = collections.defaultdict(tuple)
    for number, one in hours:
        found[number] += (one,)
    return found


def _date(first: dt.date, number: int) -> dt.date:
    return first + dt.timedelta(number - 1)


def _cut(ranges: Ranges) -> Ranges:
    """The hours ended at midnight."""
    return tuple(
        TimeRange(hours.opens_min, min(hours.closes_min, MINUTES_PER_DAY)) for hours in ranges
    )


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
